//! Where in its clip the word lies.

use std::ops::Range;

use crate::audio::RATE;

/// Length of the blocks whose energy is compared, in samples: 10 ms.
const BLOCK: usize = RATE as usize / 100;

/// Samples between the first and the last block that is loud: less than 25 dB below the loudest one and at least
/// 6 dB above the median one. The whole clip when that leaves less than 50 ms.
///
/// A pause of up to 200 ms inside a word does not end it; a click before it does not begin it.
#[must_use]
pub fn word(samples: &[i16]) -> Range<usize> {
    let energy =
        |block: &[i16]| block.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() / block.len() as f64;
    let energies: Vec<f64> = samples.chunks(BLOCK).map(energy).collect();
    let mut sorted = energies.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let (Some(&loudest), Some(&median)) = (sorted.last(), sorted.get(sorted.len() / 2)) else { return 0..0 };
    let floor = (loudest * 10f64.powf(-2.5)).max((median * 4.0).min(loudest * 0.25));
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

#[cfg(test)]
mod tests {
    use super::*;

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
