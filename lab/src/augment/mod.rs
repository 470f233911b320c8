//! Distortions of clips and features that make a small corpus stand for a large world.

mod features;
mod level;
mod room;
mod time;

pub use features::mask;
pub use level::{gain, mix, rms};
pub use room::Room;
pub use time::{place, stretch};

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Which distortions are drawn, and from what ranges.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Largest shift of a word in either direction, in milliseconds.
    pub shift_ms: f32,
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
    /// Share of clips that have another word's end or beginning beside them.
    pub neighbour: f64,
    /// Most frames that one time mask covers; two are drawn.
    pub time_mask: usize,
    /// Most coefficients that the frequency mask covers.
    pub frequency_mask: usize,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            shift_ms: 100.0,
            gain_db: [-10.0, 6.0],
            speed: [0.9, 1.1],
            noise: 0.7,
            snr_db: [0.0, 25.0],
            room: 0.2,
            neighbour: 0.2,
            time_mask: 4,
            frequency_mask: 4,
        }
    }
}

/// Draws uniformly from a closed range; both ends may be equal.
pub(crate) fn draw(range: [f32; 2], rng: &mut ChaCha8Rng) -> f32 {
    range[0] + (range[1] - range[0]) * rng.random::<f32>()
}
