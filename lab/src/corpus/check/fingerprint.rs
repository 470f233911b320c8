//! Fingerprints of recordings, by which copies are found that were re-encoded, trimmed or made louder.
//!
//! After J. Haitsma and T. Kalker, "A Highly Robust Audio Fingerprinting System" (ISMIR 2002): for each frame one bit
//! for each band, which says whether the difference between neighbouring bands grew or fell since the frame before.

use std::collections::HashMap;
use std::sync::Arc;

use realfft::RealToComplex;

/// Samples of a frame: 128 ms, so that frames overlap nearly whole and a shift hardly changes them.
const FRAME: usize = 2048;
/// Samples from one frame to the next: 10 ms.
const HOP: usize = 160;
/// Edges of 33 bands from 300 to 3000 Hz, evenly spaced in pitch.
const BANDS: usize = 33;
/// Frames quieter than this share of the loudest one's energy have no say: 40 dB.
const QUIET: f32 = 1e-4;
/// Frames that must be compared before two recordings can be called the same.
const FEWEST: usize = 20;
/// Bits that may differ between copies. Different recordings differ in half of them.
const DIFFERENT: f64 = 0.25;

/// Recordings that may share a frame's bits before these are too common to propose anything.
const COMMON: usize = 100;

/// What is left of a recording: a word of 32 bits for each frame, none where the frame is quiet.
pub(super) type Fingerprint = Vec<Option<u32>>;

/// Takes fingerprints; one for each thread.
pub(super) struct Fingerprinter {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    edges: [usize; BANDS + 1],
}

impl Fingerprinter {
    pub(super) fn new() -> Self {
        let step = std::f32::consts::TAU / FRAME as f32;
        let edge = |i: usize| 300.0 * 10f64.powf(i as f64 / BANDS as f64) / (16_000.0 / FRAME as f64);
        Self {
            fft: kws_spectral::forward(FRAME),
            window: (0..FRAME).map(|i| 0.5 - 0.5 * (i as f32 * step).cos()).collect(),
            edges: std::array::from_fn(|i| edge(i).round() as usize),
        }
    }

    pub(super) fn take(&self, samples: &[i16]) -> Fingerprint {
        let frames = samples.windows(FRAME).step_by(HOP);
        let bands: Vec<[f32; BANDS]> = frames.map(|frame| self.bands(frame)).collect();
        let loudest = bands.iter().map(|b| b.iter().sum::<f32>()).fold(0.0, f32::max);
        bands
            .windows(2)
            .map(|pair| {
                let loud = loudest > 0.0 && pair[1].iter().sum::<f32>() >= loudest * QUIET;
                let grew = |m: usize| pair[1][m] - pair[1][m + 1] > pair[0][m] - pair[0][m + 1];
                let bits = (0..BANDS - 1).fold(0, |bits, m| bits << 1 | u32::from(grew(m)));
                // Nothing grows where nothing changes: a constant, or zeros. All such recordings would be the same.
                (loud && bits != 0).then_some(bits)
            })
            .collect()
    }

    fn bands(&self, frame: &[i16]) -> [f32; BANDS] {
        let mut input: Vec<f32> = frame.iter().zip(&self.window).map(|(&s, w)| f32::from(s) * w).collect();
        let mut spectrum = self.fft.make_output_vec();
        self.fft
            .process(&mut input, &mut spectrum)
            .expect("both buffers have the lengths that the FFT asks for");
        std::array::from_fn(|b| spectrum[self.edges[b]..self.edges[b + 1]].iter().map(|c| c.norm_sqr()).sum())
    }
}

/// Pairs `(earlier, later)` of recordings that are nearly the same, each later one with the first it resembles.
///
/// Frames that two recordings have in common, bit by bit, propose how one lies on the other; the share of bits that
/// then differ decides.
pub(super) fn copies(prints: &[Fingerprint]) -> Vec<(usize, usize)> {
    let mut index: HashMap<u32, Vec<(usize, usize)>> = HashMap::new();
    let mut copies = Vec::new();
    for (later, print) in prints.iter().enumerate() {
        let mut votes: HashMap<(usize, i64), usize> = HashMap::new();
        for (at, bits) in heard(print) {
            for &(earlier, there) in index.get(&bits).into_iter().flatten().take(COMMON) {
                *votes.entry((earlier, there as i64 - at as i64)).or_default() += 1;
            }
        }
        let mut proposals: Vec<_> = votes.into_iter().filter(|&(_, votes)| votes >= 2).collect();
        proposals
            .sort_unstable_by_key(|&((earlier, shift), votes)| (std::cmp::Reverse(votes), earlier, shift));
        let same = |&((earlier, shift), _): &((usize, i64), usize)| {
            differing(&prints[earlier], print, shift) <= DIFFERENT
        };
        if let Some(&((earlier, _), _)) = proposals.iter().take(8).find(|p| same(p)) {
            copies.push((earlier, later));
        }
        for (at, bits) in heard(print) {
            index.entry(bits).or_default().push((later, at));
        }
    }
    copies
}

fn heard(print: &Fingerprint) -> impl Iterator<Item = (usize, u32)> {
    print.iter().enumerate().filter_map(|(at, bits)| bits.map(|bits| (at, bits)))
}

/// Share of bits that differ where both are heard; 1 where that is too little to tell, or one of them has much that the
/// other lacks.
fn differing(a: &Fingerprint, b: &Fingerprint, shift: i64) -> f64 {
    let pairs = b.iter().enumerate().filter_map(|(at, b)| {
        let a = a.get(usize::try_from(at as i64 + shift).ok()?)?;
        Some((*a)? ^ (*b)?)
    });
    let (frames, bits) = pairs.fold((0, 0), |(frames, bits), x| (frames + 1, bits + x.count_ones()));
    let fewest = heard(a).count().min(heard(b).count());
    if frames < FEWEST || frames * 4 < fewest * 3 { 1.0 } else { f64::from(bits) / (32 * frames) as f64 }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Half a second of a gliding, trembling tone in noise, different for each seed.
    fn word(seed: u64) -> Vec<i16> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut phase, mut hz) = (0.0f64, rng.random_range(100.0..250.0f64));
        let mut voice = |i: usize, rng: &mut ChaCha8Rng| {
            if i.is_multiple_of(800) {
                hz = (hz * rng.random_range(0.8..1.25)).clamp(80.0, 400.0);
            }
            phase += std::f64::consts::TAU * hz / 16_000.0;
            (1..20).map(|k| (phase * f64::from(k)).sin() / f64::from(k)).sum::<f64>() * 3000.0
        };
        (0..16_000)
            .map(|i| if (4000..12_000).contains(&i) { voice(i, &mut rng) } else { 0.0 } as i16 + rng.random_range(-8..8))
            .collect()
    }

    #[test]
    fn copies_are_found_when_trimmed_louder_or_noisier_and_others_are_not() {
        let fingerprinter = Fingerprinter::new();
        let mut clips: Vec<Vec<i16>> = (0..30).map(word).collect();
        clips.push(clips[3][1234..].iter().map(|s| s * 2).collect());
        clips.push(clips[7].iter().enumerate().map(|(i, s)| s / 2 + (i * 7919 % 41) as i16 - 20).collect());
        clips.push(vec![0; 16_000]);
        clips.push(vec![0; 100]);
        clips.extend([vec![0; 16_000], vec![1; 16_000], vec![2; 16_000]]);
        let prints: Vec<_> = clips.iter().map(|c| fingerprinter.take(c)).collect();
        assert_eq!(copies(&prints), [(3, 30), (7, 31)]);
    }
}
