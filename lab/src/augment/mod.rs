//! Distortions of clips, features and pictures that make a small corpus stand for a large world.

mod features;
mod level;
mod picture;
mod room;
mod time;

pub use features::{mask, warp};
pub use level::{gain, loudest, mix, rms, tilt};
pub use picture::AugmentView;
pub use room::Room;
pub use time::{overlay, stretch};

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Which distortions are drawn, and from what ranges.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Least time between the end of a word and the end of its window, in milliseconds. The word lies anywhere
    /// before, as it does in a stream while the window moves over it.
    pub margin_ms: f32,
    /// Largest distance of a word's middle from its window's, in milliseconds, for networks too small to know a word
    /// wherever it lies. Without it only the margin counts.
    pub reach_ms: Option<f32>,
    /// Range of the level change, in dB.
    pub gain_db: [f32; 2],
    /// Range of the playing speed.
    pub speed: [f32; 2],
    /// Share of clips that get noise.
    pub noise: f64,
    /// Range of the signal-to-noise ratio, in dB.
    pub snr_db: [f32; 2],
    /// Share of clips that are heard in a simulated room.
    pub room: f64,
    /// Range of a filter's slope, from brighter (down to -1) to duller (up to 1), for microphones that differ.
    pub tilt: [f32; 2],
    /// Share of words that have another word before them, and share of those that have one after.
    pub neighbour: f64,
    /// Range of the pause between a word and its neighbour, in milliseconds; short ones are as frequent as long.
    pub pause_ms: [f32; 2],
    /// Range of the factor by which bands are moved, as if another vocal tract spoke. Only where the coefficients are
    /// bands: after a `dct` it must be `[1, 1]`.
    pub warp: [f32; 2],
    /// Most frames that one time mask covers; two are drawn.
    pub time_mask: usize,
    /// Most coefficients that the frequency mask covers.
    pub frequency_mask: usize,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            margin_ms: 50.0,
            reach_ms: None,
            gain_db: [-10.0, 6.0],
            speed: [0.9, 1.1],
            noise: 0.7,
            snr_db: [0.0, 25.0],
            room: 0.2,
            tilt: [0.0, 0.0],
            neighbour: 0.3,
            pause_ms: [30.0, 600.0],
            warp: [1.0, 1.0],
            time_mask: 4,
            frequency_mask: 4,
        }
    }
}

/// Draws uniformly from a closed range; both ends may be equal.
pub(crate) fn draw(range: [f32; 2], rng: &mut ChaCha8Rng) -> f32 {
    range[0] + (range[1] - range[0]) * rng.random::<f32>()
}
