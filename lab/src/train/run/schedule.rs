//! The learning rate over a phase.

use crate::train::config::Fit;

/// Learning rate of a step: up in a line over the first twentieth, down along half a cosine.
pub(crate) fn rate(fit: &Fit, step: usize) -> f64 {
    let steps = (fit.epochs * (fit.clips / fit.batch)) as f64;
    let (at, warm) = (step as f64 + 1.0, (steps / 20.0).max(1.0));
    if at < warm {
        return fit.rate * at / warm;
    }
    fit.rate * 0.5 * (1.0 + (std::f64::consts::PI * (at - warm) / (steps - warm).max(1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_rises_peaks_and_ends_at_zero() {
        let fit: Fit = toml::from_str("epochs = 10\nclips = 100\nbatch = 10\nrate = 0.5").unwrap();
        assert!((rate(&fit, 4) - 0.5).abs() < 1e-9);
        assert!(rate(&fit, 0) < 0.2);
        assert!(rate(&fit, 99) < 1e-9);
    }
}
