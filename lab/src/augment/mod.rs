//! Distortions of clips, features and images that make a small corpus stand for a large world.

mod channel;
mod features;
mod image;
mod level;
mod measured;
mod room;
mod time;

pub use channel::Channel;
pub use features::{mask, warp};
pub use image::AugmentView;
pub use level::{gain, loudest, mix, rms, tilt};
pub use measured::{Convolver, MeasuredRoom};
pub use room::{Distance, Room};
pub use time::{overlay, stretch};

use anyhow::{Result, ensure};
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
    /// Share of the noises that are music, where `data.music` names any.
    pub music: f64,
    /// Share of clips that are heard in a room.
    pub room: f64,
    /// Share of these rooms that are measured ones, where `data.rooms` names any; the others are simulated.
    pub measured_room: f64,
    /// Share of clips whose speaker is far away: always in a room, and softer by `far_db`.
    pub far: f64,
    /// Range of the level of who is far away, in dB, beside `gain_db`.
    pub far_db: [f32; 2],
    /// Share of clips that come through a telephone, 8 kHz or a band that ends early; see [`Channel`].
    pub codec: f64,
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
            music: 0.3,
            room: 0.2,
            measured_room: 0.5,
            far: 0.0,
            far_db: [-24.0, -8.0],
            codec: 0.0,
            tilt: [0.0, 0.0],
            neighbour: 0.3,
            pause_ms: [30.0, 600.0],
            warp: [1.0, 1.0],
            time_mask: 4,
            frequency_mask: 4,
        }
    }
}

impl Augment {
    /// Checks that shares are shares and that ranges begin below their end.
    pub(crate) fn check(&self) -> Result<()> {
        for (name, share) in [
            ("noise", self.noise),
            ("music", self.music),
            ("room", self.room),
            ("measured_room", self.measured_room),
            ("far", self.far),
            ("codec", self.codec),
            ("neighbour", self.neighbour),
        ] {
            ensure!(
                (0.0..=1.0).contains(&share),
                "`augment.{name}` is {share}, expected a share from 0 to 1"
            );
        }
        for (name, [from, to]) in [
            ("gain_db", self.gain_db),
            ("speed", self.speed),
            ("snr_db", self.snr_db),
            ("far_db", self.far_db),
            ("tilt", self.tilt),
            ("pause_ms", self.pause_ms),
            ("warp", self.warp),
        ] {
            ensure!(from <= to, "`augment.{name}` is [{from}, {to}], expected the lower end first");
        }
        for (name, [from, _]) in [("speed", self.speed), ("warp", self.warp)] {
            ensure!(from > 0.0, "`augment.{name}` begins at {from}, expected a factor above 0");
        }
        Ok(())
    }
}

/// Whether something with this share happens. What never happens draws nothing, so that a new distortion changes no
/// run that does not ask for it.
pub(crate) fn happens(share: f64, rng: &mut ChaCha8Rng) -> bool {
    share > 0.0 && rng.random_bool(share)
}

/// Draws uniformly from a closed range; both ends may be equal.
pub(crate) fn draw(range: [f32; 2], rng: &mut ChaCha8Rng) -> f32 {
    range[0] + (range[1] - range[0]) * rng.random::<f32>()
}
