//! The mean of a few figures.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Interval;

/// The mean of figures that scatter, such as those of runs with different seeds, and its interval of 95 % by Student's
/// t. None of fewer than two figures, which say nothing of how they scatter.
#[must_use]
pub fn mean_interval(figures: &[f64]) -> Option<(f64, Interval)> {
    let count = figures.len() as f64;
    if figures.len() < 2 {
        return None;
    }
    let mean = figures.iter().sum::<f64>() / count;
    let variance = figures.iter().map(|f| (f - mean) * (f - mean)).sum::<f64>() / (count - 1.0);
    let t = StudentsT::new(0.0, 1.0, count - 1.0).ok()?.inverse_cdf(0.975);
    let reach = t * (variance / count).sqrt();
    Some((mean, Interval { low: mean - reach, high: mean + reach }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        let (mean, interval) = mean_interval(&[1.0, 2.0, 3.0]).unwrap();
        // t of 2 degrees of freedom is 4.302653, the standard error 1/√3.
        let reach = 4.302_653 / 3f64.sqrt();
        assert_eq!(mean, 2.0);
        assert!((interval.high - 2.0 - reach).abs() < 1e-5 && (2.0 - interval.low - reach).abs() < 1e-5);
        assert!(mean_interval(&[1.0]).is_none());
    }
}
