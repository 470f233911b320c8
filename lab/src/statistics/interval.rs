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

/// Interval of an area under the ROC curve: of each example of either side the share of the other side's that it is told
/// apart from. On the scale of its logit, so that it stays between 0 and 1; where no share differs from another, the
/// method sees no spread, and it is that of as many coins.
///
/// Source: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
/// operating characteristic curves", 1988.
#[must_use]
pub fn delong(area: f64, placements: &[Vec<f64>; 2]) -> Interval {
    let spread = |shares: &Vec<f64>| {
        let count = shares.len() as f64;
        let squares: f64 = shares.iter().map(|share| (share - area) * (share - area)).sum();
        squares / (count - 1.0).max(1.0) / count
    };
    let variance: f64 = placements.iter().map(spread).sum();
    if variance <= 0.0 || area <= 0.0 || area >= 1.0 {
        let trials = placements.iter().map(Vec::len).min().unwrap_or(0);
        return wilson((area * trials as f64).round() as usize, trials);
    }
    let z = Normal::standard().inverse_cdf(1.0 - ALPHA / 2.0);
    let reach = z * variance.sqrt() / (area * (1.0 - area));
    let logit = (area / (1.0 - area)).ln();
    let share = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    Interval { low: share(logit - reach), high: share(logit + reach) }
}

fn gamma(shape: usize, p: f64) -> f64 {
    Gamma::new(shape as f64, 1.0).expect("shapes are at least 1").inverse_cdf(p)
}
