//! Enrolment of a word by a few clips: what a computer, the lab and a page share, so that all three make the same word.
//!
//! Only sums, products and roots of float64 decide what an enrolled word is, and these are the same on every machine.

mod align;
mod bank;
mod file;
mod level;
mod linear;
mod number;
mod recorder;
mod take;
mod word;

pub use align::{Unplaced, place, word};
pub use bank::{Row, WordBank};
pub use file::{Enrolled, WordFile};
pub use level::Levels;
pub use linear::{Covariance, dot, mean, quantile};
pub use number::Digits;
pub use recorder::{Prompt, Recorder, TAKES};
pub use take::{BadTake, FEWEST, Take, rooms};
pub use word::{OF_WORDS, Prototype, Words};

/// Samples per second of what is enrolled.
pub const RATE: u32 = 16_000;

/// Samples of a clip: one second, the word in its middle.
pub const CLIP: usize = RATE as usize;
