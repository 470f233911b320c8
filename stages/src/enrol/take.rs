//! A clip of a word that somebody hands in, or says.

use alloc::vec::Vec;
use core::fmt;

use super::{CLIP, Digits, Levels, RATE, Unplaced, place, word};

/// The fewest clips of an enrolment.
pub const FEWEST: usize = 3;

/// The quietest word, in dB under full scale.
const SILENT_DB: f64 = -50.0;

/// Share of samples at full scale from which on a clip counts as clipped.
const CLIPPED: f64 = 0.001;

/// The shortest word, in seconds.
const SHORTEST: f64 = 0.12;

/// How far the quiet parts of two clips may lie apart, in dB.
const ROOMS_DB: f64 = 20.0;

/// Levels below this count as this: a quiet room, digital silence, or a microphone that is gated.
const QUIET_DB: f64 = -60.0;

/// A clip of one word, checked.
#[derive(Clone, Debug)]
pub struct Take {
    /// One second, the word in its middle.
    pub samples: Vec<i16>,
    levels: Levels,
}

/// What is wrong with a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BadTake {
    /// How loud its loud parts are, in dB.
    Silent(f64),
    /// Share of samples at full scale.
    Clipped(f64),
    /// Seconds that stand out of those of the clip.
    Short(f64, f64),
    /// It has no word, or one too long.
    Unplaced(Unplaced),
}

impl fmt::Display for BadTake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(db) => {
                let under = Digits::<0>(-db);
                write!(f, "silent: its loud parts are {under} dB under full scale; speak louder or nearer")
            }
            Self::Clipped(share) => {
                write!(
                    f,
                    "clipped: {} % of its samples are at full scale; speak less loudly",
                    Digits::<1>(100.0 * share)
                )
            }
            Self::Short(spoken, of) => {
                let [spoken, of] = [spoken, of].map(|seconds| Digits::<2>(*seconds));
                write!(f, "too short: {spoken} s stand out of {of} s; record the whole word")
            }
            Self::Unplaced(why) => write!(f, "it is no clip of one word: {why}"),
        }
    }
}

impl core::error::Error for BadTake {}

impl Take {
    /// Checks a clip at [`RATE`].
    ///
    /// # Errors
    /// When it is silent, clipped, too short or too long, or nothing stands out of it.
    pub fn of(samples: &[i16]) -> Result<Self, BadTake> {
        let levels = Levels::of(samples);
        if levels.loud_db < SILENT_DB {
            return Err(BadTake::Silent(levels.loud_db));
        }
        if levels.clipped > CLIPPED {
            return Err(BadTake::Clipped(levels.clipped));
        }
        let spoken = word(samples).len() as f64 / f64::from(RATE);
        if levels.seconds < 2.0 * SHORTEST || spoken < SHORTEST {
            return Err(BadTake::Short(spoken, levels.seconds));
        }
        Ok(Self { samples: place(samples, CLIP).map_err(BadTake::Unplaced)?, levels })
    }

    fn quiet_db(&self) -> f64 {
        self.levels.quiet_db.max(QUIET_DB)
    }
}

/// What tells that clips come from several rooms, or microphones: how loud it is when nobody speaks. The loudest and the quietest
/// of these, and the dB between them.
#[must_use]
pub fn rooms(takes: &[Take]) -> Option<(usize, usize, f64)> {
    let by_level = |a: &(usize, &Take), b: &(usize, &Take)| a.1.quiet_db().total_cmp(&b.1.quiet_db());
    let (least, quietest) = takes.iter().enumerate().min_by(by_level)?;
    let (most, loudest) = takes.iter().enumerate().max_by(by_level)?;
    let apart = loudest.quiet_db() - quietest.quiet_db();
    (apart > ROOMS_DB).then_some((most, least, apart))
}
