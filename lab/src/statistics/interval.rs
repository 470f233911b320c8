//! Confidence intervals, two-sided and of 95 % unless said otherwise.

use serde::Serialize;
use statrs::distribution::{Beta, ContinuousCDF, Gamma, Normal};

/// Share of intervals that miss the truth.
const ALPHA: f64 = 0.05;

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Interval of a share by the score test, for `hits` of `trials`: its coverage is near 95 % on average.
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
#[must_use]
pub fn wilson(hits: usize, trials: usize) -> Interval {
    if trials == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let z = Normal::standard().inverse_cdf(1.0 - ALPHA / 2.0);
    let (n, share) = (trials as f64, hits as f64 / trials as f64);
    let middle = share + z * z / (2.0 * n);
    let reach = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    Interval { low: ((middle - reach) / scale).max(0.0), high: ((middle + reach) / scale).min(1.0) }
}

/// Exact interval of a share, for `hits` of `trials`: its coverage is at least 95 %.
///
/// Source: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits", 1934.
#[must_use]
pub fn clopper_pearson(hits: usize, trials: usize) -> Interval {
    let beta = |a: usize, b: usize, p: f64| {
        Beta::new(a as f64, b as f64).expect("shapes are at least 1").inverse_cdf(p)
    };
    let misses = trials - hits;
    Interval {
        low: if hits == 0 { 0.0 } else { beta(hits, misses + 1, ALPHA / 2.0) },
        high: if misses == 0 { 1.0 } else { beta(hits + 1, misses, 1.0 - ALPHA / 2.0) },
    }
}

/// Exact interval of the rate per hour of what came `count` times in `hours`.
///
/// Source: F. Garwood, "Fiducial limits for the Poisson distribution", 1936.
#[must_use]
pub fn poisson_rate(count: usize, hours: f64) -> Interval {
    let low = if count == 0 { 0.0 } else { gamma(count, ALPHA / 2.0) / hours };
    Interval { low, high: gamma(count + 1, 1.0 - ALPHA / 2.0) / hours }
}

/// The highest rate per hour that can still be believed with 95 % (one-sided) after `count` events in `hours`: what a
/// claim "at most so many per hour" needs.
#[must_use]
pub fn poisson_upper(count: usize, hours: f64) -> f64 {
    gamma(count + 1, 1.0 - ALPHA) / hours
}

/// Hours without an event after which a rate of at most `limit` per hour can be claimed.
#[must_use]
pub fn hours_needed(limit: f64) -> f64 {
    gamma(1, 1.0 - ALPHA) / limit
}

fn gamma(shape: usize, p: f64) -> f64 {
    Gamma::new(shape as f64, 1.0).expect("shapes are at least 1").inverse_cdf(p)
}
