//! Resampling by rubato.

use anyhow::{Result, anyhow, ensure};
use rubato::Resampler as _;
use rubato::audioadapter_buffers::direct::SequentialSlice;

use super::Recording;

/// Highest rate in hertz that is believed; more is a damaged header.
const HIGHEST: u32 = 768_000;

/// Input samples that are filtered at once, about: more make a steeper filter.
const CHUNK: usize = 1024;

impl Recording {
    /// The same sound at another rate in hertz: sample `k` is the input at time `k / rate`, and `n` samples become
    /// `ceil(n × rate / self.rate)`.
    ///
    /// # Errors
    /// When the recording states an impossible rate.
    pub fn resampled(self, rate: u32) -> Result<Self> {
        let from = self.rate;
        ensure!((1..=HIGHEST).contains(&from), "it states a sample rate of {from} Hz");
        if from == rate {
            return Ok(self);
        }
        let failed =
            |why: &dyn std::fmt::Display| anyhow!("cannot resample from {from} Hz to {rate} Hz: {why}");
        let mut filter = kws_spectral::resampler(from, rate, CHUNK).map_err(|why| failed(&why))?;
        let frames = self.samples.len();
        let input = SequentialSlice::new(&self.samples, 1, frames).map_err(|why| failed(&why))?;
        let output = filter.process_all(&input, frames, None).map_err(|why| failed(&why))?;
        Ok(Self { samples: output.take_data(), rate })
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn tone(hz: f64, rate: u32, samples: usize) -> Recording {
        let sample = |n: usize| (0.5 * (TAU * hz * n as f64 / f64::from(rate)).sin()) as f32;
        Recording { samples: (0..samples).map(sample).collect(), rate }
    }

    #[test]
    fn keeps_time_and_shape_of_a_tone() {
        for from in [8_000, 22_050, 44_100, 48_000] {
            let output = tone(440.0, from, from as usize).resampled(16_000).unwrap().samples;
            assert_eq!(output.len(), 16_000, "from {from} Hz");
            let expected = tone(440.0, 16_000, 16_000).samples;
            // The ends lack what was before and comes after.
            let worst = (1000..15_000).map(|n| (output[n] - expected[n]).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-3, "from {from} Hz: off by {worst}");
        }
    }

    #[test]
    fn a_length_that_fills_no_chunk_is_kept() {
        assert_eq!(tone(440.0, 22_050, 333).resampled(16_000).unwrap().samples.len(), 242);
    }

    #[test]
    fn an_impossible_rate_is_refused() {
        let error = Recording { samples: vec![0.0], rate: 0 }.resampled(16_000).err().unwrap().to_string();
        assert!(error.contains("0 Hz"), "{error}");
    }
}
