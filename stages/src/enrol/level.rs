//! How loud a clip is, and how far its word stands out.

use super::RATE;
use super::number::ascending;

/// Length of the blocks whose levels are compared, in samples: 20 ms.
const BLOCK: usize = RATE as usize / 50;

/// Levels below this, in dB under full scale, are silence in 16 bits.
const FLOOR_DB: f64 = -100.0;

/// Samples from here on count as full scale: one step of 7 bits below it, so that a limiter's ripple is seen too.
const FULL: u16 = 32_512;

/// Levels of a clip, in dB relative to full scale (a full-scale square wave has 0 dB).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "std", derive(serde::Serialize))]
pub struct Levels {
    /// Length in seconds.
    pub seconds: f64,
    /// The largest sample.
    pub peak_db: f64,
    /// The loud parts: the level that 5 % of the blocks of 20 ms exceed.
    pub loud_db: f64,
    /// The quiet parts: the level that 85 % of the blocks exceed.
    pub quiet_db: f64,
    /// Share of samples in runs of at least three at full scale.
    pub clipped: f64,
}

impl Levels {
    /// Measures a clip.
    #[must_use]
    pub fn of(samples: &[i16]) -> Self {
        let blocks = ascending(samples.chunks(BLOCK).map(rms_db));
        let at = |share: f64| {
            let index = libm::round(share * blocks.len().saturating_sub(1) as f64) as usize;
            blocks.get(index).copied().unwrap_or(FLOOR_DB)
        };
        let peak = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
        Self {
            seconds: samples.len() as f64 / f64::from(RATE),
            peak_db: db(f64::from(peak) / 32_768.0),
            loud_db: at(0.95),
            quiet_db: at(0.15),
            clipped: clipped(samples),
        }
    }

    /// How far the loud parts stand above the quiet ones, in dB: an estimate of the signal-to-noise ratio from the
    /// clip alone. Steady noise gives 1 to 3, a word in a quiet room 30 and more.
    #[must_use]
    pub fn contrast_db(&self) -> f64 {
        self.loud_db - self.quiet_db
    }
}

pub(super) fn rms_db(block: &[i16]) -> f64 {
    let energy: f64 = block.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    db(libm::sqrt(energy / block.len() as f64) / 32_768.0)
}

fn db(amplitude: f64) -> f64 {
    (20.0 * libm::log10(amplitude)).max(FLOOR_DB)
}

fn clipped(samples: &[i16]) -> f64 {
    let runs = samples.chunk_by(|a, b| (a.unsigned_abs() >= FULL) == (b.unsigned_abs() >= FULL));
    let full =
        runs.filter(|run| run.len() >= 3 && run[0].unsigned_abs() >= FULL).map(<[i16]>::len).sum::<usize>();
    full as f64 / samples.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_a_square_wave_are_its_amplitude() {
        let mut samples = vec![0i16; 16_000];
        let wave = samples[4000..12_000].iter_mut().enumerate();
        wave.for_each(|(i, s)| *s = if i % 20 < 10 { 16_384 } else { -16_384 });
        let levels = Levels::of(&samples);
        assert!((levels.loud_db + 6.02).abs() < 0.01 && (levels.peak_db + 6.02).abs() < 0.01, "{levels:?}");
        assert_eq!((levels.quiet_db, levels.seconds, levels.clipped), (-100.0, 1.0, 0.0));
        assert!((levels.contrast_db() - 93.98).abs() < 0.01);
    }

    #[test]
    fn only_runs_at_full_scale_are_clipped() {
        let clip = [32_767, -32_768, 32_767, 0, 32_767, 0, 32_767, 32_767, 5, -5];
        assert!((Levels::of(&clip).clipped - 0.3).abs() < 1e-9);
        assert_eq!(Levels::of(&[]).clipped, 0.0);
    }
}
