//! Tests whether two measurements differ. Each gives a p-value: how often chance alone would show as much.

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, Discrete, DiscreteCDF, Hypergeometric};

/// Tables whose probabilities differ by less than this, relatively, are equally likely: rounding is no evidence.
const SAME: f64 = 1.0 + 1e-7;

/// Fisher's exact test of two shares, `hits` of `trials` each; two-sided, by the likelihood of the table.
#[must_use]
pub fn fisher_exact(a: (usize, usize), b: (usize, usize)) -> f64 {
    let (all, hits) = (a.1 + b.1, a.0 + b.0);
    if a.1 == 0 || b.1 == 0 {
        return 1.0;
    }
    let tables =
        Hypergeometric::new(all as u64, hits as u64, a.1 as u64).expect("parts are no larger than the whole");
    let seen = tables.pmf(a.0 as u64) * SAME;
    let possible = hits.saturating_sub(b.1)..=hits.min(a.1);
    possible.map(|k| tables.pmf(k as u64)).filter(|p| *p <= seen).sum::<f64>().min(1.0)
}

/// Pearson's chi-square test of several shares, `hits` of `trials` each; none where a group is too small for it
/// (an expected count below 5) or where there are fewer than two groups.
#[must_use]
pub fn chi_square(groups: &[(usize, usize)]) -> Option<f64> {
    let (hits, trials) = groups.iter().fold((0, 0), |(h, n), g| (h + g.0, n + g.1));
    let share = hits as f64 / trials as f64;
    let expected = |n: usize| [n as f64 * share, n as f64 * (1.0 - share)];
    if groups.len() < 2 || groups.iter().any(|g| expected(g.1).iter().any(|e| *e < 5.0)) {
        return None;
    }
    let statistic: f64 = groups
        .iter()
        .flat_map(|&(h, n)| [h, n - h].into_iter().zip(expected(n)))
        .map(|(seen, expected)| (seen as f64 - expected).powi(2) / expected)
        .sum();
    ChiSquared::new((groups.len() - 1) as f64).ok().map(|d| d.sf(statistic))
}

/// McNemar's exact test of paired results: `first` pairs where only the first was right, `second` where only the
/// second was.
///
/// Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.
#[must_use]
pub fn mcnemar_exact(first: usize, second: usize) -> f64 {
    let n = (first + second) as u64;
    if n == 0 {
        return 1.0;
    }
    let coin = Binomial::new(0.5, n).expect("a half is a probability");
    (2.0 * coin.cdf(first.min(second) as u64)).min(1.0)
}

/// Exact test of two rates, `counts` events in `hours` each: given their sum, the first count is binomial; two-sided,
/// by likelihood.
#[must_use]
pub fn rate_ratio_exact(counts: [usize; 2], hours: [f64; 2]) -> f64 {
    let n = (counts[0] + counts[1]) as u64;
    let Ok(split) = Binomial::new(hours[0] / (hours[0] + hours[1]), n) else { return 1.0 };
    let seen = split.pmf(counts[0] as u64) * SAME;
    (0..=n).map(|k| split.pmf(k)).filter(|p| *p <= seen).sum::<f64>().min(1.0)
}

/// p-values corrected for there being several: with them, the chance of one false alarm among all tests stays below
/// the level.
///
/// Source: S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![0.0; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max((p.len() - rank) as f64 * p[index]).min(1.0);
        corrected[index] = largest;
    }
    corrected
}
