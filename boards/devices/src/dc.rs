//! Removal of a constant offset.

/// Follows the mean of a stream and takes it away: a high-pass of first order in integers.
///
/// `y = x − mean`, `mean += (x − mean) / 2^SHIFT`; its corner is at `rate / (2π · 2^SHIFT)`, with `SHIFT` 9 and 16 kHz at
/// 5 Hz. The first sample is taken for the mean, so that the stream does not begin with a step.
///
/// # Example
/// ```
/// use kws_devices::Dc;
///
/// let mut dc = Dc::new();
/// assert_eq!(dc.remove(2048), 0);
/// assert_eq!(dc.remove(2148), 100);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Dc {
    /// The mean, times `2^SHIFT`; `None` before the first sample.
    sum: Option<i64>,
}

const SHIFT: u32 = 9;

impl Dc {
    /// Nothing has come.
    pub const fn new() -> Self {
        Dc { sum: None }
    }

    /// The sample without the mean of those before it.
    pub fn remove(&mut self, sample: i32) -> i32 {
        let sample = i64::from(sample);
        let sum = self.sum.get_or_insert(sample << SHIFT);
        let above = sample - ((*sum + (1 << (SHIFT - 1))) >> SHIFT);
        *sum += above;
        above as i32
    }
}

/// To 16 bits; what does not fit is limited.
pub(crate) fn limit(sample: i32) -> i16 {
    sample.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_goes_and_a_tone_stays() {
        let mut dc = Dc::new();
        let tone = |n: i32| (f64::from(n) * core::f64::consts::TAU / 16.0).sin() * 8000.0;
        // The offset steps from 100 to 3000 after the first sample.
        dc.remove(100);
        let found: Vec<i32> = (0..16_000).map(|n| dc.remove(tone(n).round() as i32 + 3000)).collect();
        let last = &found[8000..];
        let mean = last.iter().sum::<i32>() as f64 / last.len() as f64;
        assert!(mean.abs() < 1.0, "{mean}");
        let power = last.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>() / last.len() as f64;
        assert!((power.sqrt() * core::f64::consts::SQRT_2 - 8000.0).abs() < 10.0, "{}", power.sqrt());
    }
}
