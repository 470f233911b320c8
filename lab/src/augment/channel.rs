//! What lies between a microphone and the samples: telephones, cheap converters, loudspeakers.
//!
//! Filters are second-order sections by R. Bristow-Johnson's "Cookbook formulae for audio equalizer biquad filter
//! coefficients"; the companding is µ-law of ITU-T G.711, as the continuous curve in 256 steps.

use std::f32::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::audio::RATE;

/// A drawn channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Channel {
    /// A telephone line: 300 to 3400 Hz, 8000 samples a second, µ-law.
    Telephone,
    /// 8000 samples a second, whose highest frequencies are there.
    Narrow,
    /// A small loudspeaker or microphone, or a codec of few bits: only what lies between two frequencies in hertz.
    Band {
        /// Where it begins.
        low: f32,
        /// Where it ends.
        high: f32,
    },
}

impl Channel {
    /// Draws one of the three, each as often as the others. A band begins between 50 and 400 Hz and ends between 3 and
    /// 7.5 kHz.
    #[must_use]
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..3) {
            0 => Self::Telephone,
            1 => Self::Narrow,
            _ => Self::Band { low: rng.random_range(50.0..400.0), high: rng.random_range(3000.0..7500.0) },
        }
    }

    /// Sends samples through it.
    pub fn pass(self, samples: &mut [f32]) {
        match self {
            Self::Telephone => {
                filter(samples, &mut [Section::high_pass(300.0, FLAT)]);
                slow(samples, 3400.0, companded);
            }
            Self::Narrow => slow(samples, 3700.0, |s| s),
            Self::Band { low, high } => {
                let [first, second] = Section::steep_low_pass(high);
                filter(samples, &mut [Section::high_pass(low, FLAT), first, second]);
            }
        }
    }
}

/// Takes every second sample and back again, `each` of these changed; `edge` is where the filters before and after end.
fn slow(samples: &mut [f32], edge: f32, each: impl Fn(f32) -> f32) {
    filter(samples, &mut Section::steep_low_pass(edge));
    for pair in samples.chunks_mut(2) {
        // The filter behind it shares a sample's energy out over two.
        pair[0] = 2.0 * each(pair[0]);
        pair[1..].fill(0.0);
    }
    filter(samples, &mut Section::steep_low_pass(edge));
}

/// To µ-law's 8 bits and back.
fn companded(sample: f32) -> f32 {
    const MU: f32 = 255.0;
    let curve = (MU * sample.abs().min(1.0)).ln_1p() / MU.ln_1p();
    let step = (curve * 127.0).round() / 127.0;
    sample.signum() * (step * MU.ln_1p()).exp_m1() / MU
}

/// Quality of a single section without a peak (Butterworth).
const FLAT: f32 = std::f32::consts::FRAC_1_SQRT_2;
/// Qualities of the two sections of a Butterworth filter of fourth order.
const STEEP: [f32; 2] = [0.541_196_1, 1.306_563];

/// A filter of second order, in the transposed second direct form.
struct Section {
    b: [f32; 3],
    a: [f32; 2],
    state: [f32; 2],
}

impl Section {
    fn steep_low_pass(hertz: f32) -> [Self; 2] {
        STEEP.map(|quality| Self::low_pass(hertz, quality))
    }

    fn low_pass(hertz: f32, quality: f32) -> Self {
        let (sine, cosine) = (TAU * hertz / RATE as f32).sin_cos();
        let edge = (1.0 - cosine) / 2.0;
        Self::new([edge, 2.0 * edge, edge], cosine, sine / (2.0 * quality))
    }

    fn high_pass(hertz: f32, quality: f32) -> Self {
        let (sine, cosine) = (TAU * hertz / RATE as f32).sin_cos();
        let edge = (1.0 + cosine) / 2.0;
        Self::new([edge, -2.0 * edge, edge], cosine, sine / (2.0 * quality))
    }

    fn new(b: [f32; 3], cosine: f32, alpha: f32) -> Self {
        let scale = 1.0 / (1.0 + alpha);
        Self { b: b.map(|b| b * scale), a: [-2.0 * cosine * scale, (1.0 - alpha) * scale], state: [0.0; 2] }
    }

    fn step(&mut self, sample: f32) -> f32 {
        let out = self.b[0] * sample + self.state[0];
        self.state =
            [self.b[1] * sample - self.a[0] * out + self.state[1], self.b[2] * sample - self.a[1] * out];
        out
    }
}

/// All sections one behind the other: sample by sample, so that they overlap in the processor.
fn filter<const N: usize>(samples: &mut [f32], sections: &mut [Section; N]) {
    for sample in samples {
        *sample = sections.iter_mut().fold(*sample, |s, section| section.step(s));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::rms;

    /// What is left of a tone, in dB; the filters' first tenth of a second is left out.
    fn left(channel: Channel, hertz: f32) -> f32 {
        let tone: Vec<f32> = (0..16_000).map(|n| 0.3 * (TAU * hertz * n as f32 / 16_000.0).sin()).collect();
        let mut heard = tone.clone();
        channel.pass(&mut heard);
        20.0 * (rms(&heard[1600..]) / rms(&tone[1600..])).log10()
    }

    #[test]
    fn a_telephone_passes_its_band_alone() {
        for (hertz, low, high) in
            [(100.0, -30.0, -15.0), (1000.0, -0.5, 0.5), (2500.0, -1.0, 0.5), (6500.0, -90.0, -20.0)]
        {
            let found = left(Channel::Telephone, hertz);
            assert!((low..high).contains(&found), "{hertz} Hz: {found} dB");
        }
    }

    #[test]
    fn bands_end_where_they_say() {
        let band = Channel::Band { low: 200.0, high: 5000.0 };
        for (hertz, wanted) in [(200.0, -3.0), (1000.0, 0.0), (5000.0, -3.0)] {
            assert!((left(band, hertz) - wanted).abs() < 0.3, "{hertz} Hz: {} dB", left(band, hertz));
        }
        assert!(left(Channel::Narrow, 7000.0) < -20.0);
        assert!(left(Channel::Narrow, 500.0).abs() < 0.2);
    }

    #[test]
    fn companding_keeps_small_samples_finer_than_large_ones() {
        let off = |s: f32| (companded(s) - s).abs();
        assert_eq!(companded(0.0), 0.0);
        assert!((companded(1.0) - 1.0).abs() < 1e-5 && (companded(-1.0) + 1.0).abs() < 1e-5);
        let worst = |from: f32, to: f32| {
            (0..1000).map(|i| off(from + (to - from) * i as f32 / 1000.0)).fold(0.0, f32::max)
        };
        assert!(worst(0.0, 0.01) < 4e-4, "{}", worst(0.0, 0.01));
        assert!(worst(0.5, 1.0) > 5e-3 && worst(0.5, 1.0) < 0.03, "{}", worst(0.5, 1.0));
    }
}
