//! Where in its clip the word lies, and how to place it in the middle.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::RATE;
use super::level::Levels;
use super::number::{Digits, ascending};

/// Length of the blocks whose energy is compared, in samples: 10 ms.
const BLOCK: usize = RATE as usize / 100;

/// The energy of 25 dB below 1.
const FAR: f64 = 0.003_162_277_660_168_379_5;

/// Samples between the first and the last block that is loud: less than 25 dB below the loudest one and at least
/// 6 dB above the median one. The whole clip when that leaves less than 50 ms.
///
/// A pause of up to 200 ms inside a word does not end it; a click before it does not begin it.
#[must_use]
pub fn word(samples: &[i16]) -> Range<usize> {
    let energy =
        |block: &[i16]| block.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() / block.len() as f64;
    let energies: Vec<f64> = samples.chunks(BLOCK).map(energy).collect();
    let sorted = ascending(energies.iter().copied());
    let (Some(&loudest), Some(&median)) = (sorted.last(), sorted.get(sorted.len() / 2)) else { return 0..0 };
    let floor = (loudest * FAR).max((median * 4.0).min(loudest * 0.25));
    let Some(peak) = energies.iter().position(|&e| e == loudest) else { return 0..samples.len() };
    let (first, last) = (reach(&energies[..=peak], floor, true), reach(&energies[peak..], floor, false));
    let range = (peak - first) * BLOCK..((peak + last + 1) * BLOCK).min(samples.len());
    if range.len() < 5 * BLOCK { 0..samples.len() } else { range }
}

/// Blocks from the peak to the farthest loud one, with pauses of up to 20 blocks between.
fn reach(energies: &[f64], floor: f64, backwards: bool) -> usize {
    let mut farthest = 0;
    let outwards: Box<dyn Iterator<Item = &f64>> =
        if backwards { Box::new(energies.iter().rev()) } else { Box::new(energies.iter()) };
    for (distance, &energy) in outwards.enumerate() {
        if energy >= floor {
            farthest = distance;
        } else if distance - farthest > 20 {
            break;
        }
    }
    farthest
}

/// How far, in dB, a clip's loud parts stand at least above its quiet ones where it holds a word.
const CONTRAST_DB: f64 = 6.0;

/// Why a clip has no word that could be placed in its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unplaced {
    /// Nothing stands out of the background: how far the loud parts do, in dB.
    NoWord {
        /// Decibels between the loud and the quiet parts.
        contrast: f64,
    },
    /// The word is too long.
    Long {
        /// Its seconds.
        found: f64,
        /// Seconds of a clip.
        most: f64,
    },
}

impl fmt::Display for Unplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWord { contrast } => write!(
                f,
                "no word is recognisable: the loud parts are only {} dB above the quiet ones",
                Digits::<1>(*contrast)
            ),
            Self::Long { found, most } => {
                write!(
                    f,
                    "the word lasts {} s, longer than the clip of {} s",
                    Digits::<2>(*found),
                    Digits::<2>(*most)
                )
            }
        }
    }
}

impl core::error::Error for Unplaced {}

/// Cuts `length` samples with the word in their middle, as Speech Commands' `extract_loudest_section` cut its
/// recordings. Where the recording does not reach so far, the background beside the word goes on, mirrored.
///
/// # Errors
/// When nothing stands out of the background, or the word is longer than `length`.
pub fn place(samples: &[i16], length: usize) -> Result<Vec<i16>, Unplaced> {
    let contrast = Levels::of(samples).contrast_db();
    if contrast < CONTRAST_DB {
        return Err(Unplaced::NoWord { contrast });
    }
    let word = word(samples);
    let seconds = |samples: usize| samples as f64 / f64::from(RATE);
    let (found, most) = (seconds(word.len()), seconds(length));
    if word.len() > length {
        return Err(Unplaced::Long { found, most });
    }
    let start = (word.start + word.len() / 2) as i64 - (length / 2) as i64;
    let (before, after) = (&samples[..word.start], &samples[word.end..]);
    let sample = |at: i64| match usize::try_from(at) {
        Err(_) => mirrored(before.iter(), at.unsigned_abs() as usize - 1),
        Ok(at) if at < samples.len() => samples[at],
        Ok(at) => mirrored(after.iter().rev(), at - samples.len()),
    };
    Ok((start..start + length as i64).map(sample).collect())
}

/// Sample `beyond` the end of a background that goes on to and fro; silence where there is less than 20 ms of it.
fn mirrored<'a>(background: impl ExactSizeIterator<Item = &'a i16>, beyond: usize) -> i16 {
    let length = background.len();
    if length < 2 * BLOCK {
        return 0;
    }
    let phase = beyond % (2 * length);
    let index = phase.min(2 * length - 1 - phase);
    background.into_iter().nth(index).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone_at(at: Range<usize>, length: usize) -> Vec<i16> {
        let noise = |i: usize| (i * 7919 % 13) as i16 - 6;
        let tone = |i: usize| if i % 20 < 10 { 4000 } else { -4000 };
        (0..length).map(|i| if at.contains(&i) { tone(i) } else { noise(i) }).collect()
    }

    #[test]
    fn the_word_comes_to_the_middle_of_longer_and_shorter_clips() {
        for (at, length) in [(30_000..36_000, 48_000), (400..6400, 7200), (1600..7600, 16_000)] {
            let placed = place(&tone_at(at, length), 16_000).unwrap();
            assert_eq!(placed.len(), 16_000);
            let found = word(&placed);
            assert!(
                found.start.abs_diff(5000) <= 200 && found.end.abs_diff(11_000) <= 200,
                "found {found:?}"
            );
            // The background goes on to the edges.
            assert!(placed[..400].iter().any(|&s| s != 0) && placed[15_600..].iter().any(|&s| s != 0));
            assert!(placed[..4000].iter().chain(&placed[12_000..]).all(|s| s.abs() <= 6));
        }
    }

    #[test]
    fn what_cannot_be_placed_says_why() {
        let why = |samples: &[i16]| place(samples, 16_000).unwrap_err().to_string();
        assert!(why(&tone_at(0..0, 16_000)).contains("no word"));
        assert!(why(&[]).contains("no word"));
        assert!(why(&tone_at(8000..40_000, 64_000)).contains("lasts 2.0"));
    }

    #[test]
    fn finds_a_tone_between_pauses() {
        let mut samples = vec![3i16; 16_000];
        for (i, s) in samples[5000..9000].iter_mut().enumerate() {
            *s = if i % 20 < 10 { 4000 } else { -4000 };
        }
        let found = word(&samples);
        assert!(found.start.abs_diff(5000) <= 160 && found.end.abs_diff(9000) <= 160, "found {found:?}");
    }

    #[test]
    fn silence_is_kept_whole() {
        assert_eq!(word(&[0; 16_000]).len(), 16_000);
        assert_eq!(word(&[]), 0..0);
    }
}
