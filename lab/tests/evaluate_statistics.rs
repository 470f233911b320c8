//! Intervals and tests against SciPy (`tests/vectors/statistics/make.py`).

use kws_lab::statistics::{
    Interval, chi_square, clopper_pearson, fisher_exact, holm, hours_needed, mcnemar_exact, poisson_rate,
    poisson_upper, rate_ratio_exact, wilson,
};
use serde_json::Value;

fn expected(name: &str) -> Value {
    let text = include_str!("../../tests/vectors/statistics/scipy.json");
    serde_json::from_str::<Value>(text).unwrap()[name].clone()
}

fn rows(name: &str) -> Vec<Vec<f64>> {
    serde_json::from_value(expected(name)).unwrap()
}

fn near(found: f64, expected: f64, what: &str) {
    let room = 1e-8 * expected.abs().max(1e-3);
    assert!((found - expected).abs() <= room, "{what}: found {found}, expected {expected}");
}

#[test]
fn intervals_of_shares() {
    for (name, interval) in
        [("wilson", wilson as fn(usize, usize) -> Interval), ("clopper_pearson", clopper_pearson)]
    {
        for row in rows(name) {
            let found = interval(row[0] as usize, row[1] as usize);
            near(found.low, row[2], name);
            near(found.high, row[3], name);
        }
    }
}

#[test]
fn intervals_of_rates() {
    for row in rows("poisson") {
        let found = poisson_rate(row[0] as usize, row[1]);
        near(found.low, row[2], "low");
        near(found.high, row[3], "high");
        near(poisson_upper(row[0] as usize, row[1]), row[4], "upper");
    }
    // The rule of three: nothing in 0.17 hours supports no claim below 17.6 per hour.
    assert!((poisson_upper(0, 0.17) - 17.6).abs() < 0.05);
    assert!((hours_needed(0.5) - 6.0).abs() < 0.01);
}

#[test]
fn tests_of_shares_and_rates() {
    let whole = |row: &[f64]| -> Vec<usize> { row.iter().map(|v| *v as usize).collect() };
    for row in rows("fisher") {
        let n = whole(&row[..4]);
        near(fisher_exact((n[0], n[1]), (n[2], n[3])), row[4], "fisher");
    }
    for row in rows("mcnemar") {
        near(mcnemar_exact(row[0] as usize, row[1] as usize), row[2], "mcnemar");
    }
    for row in rows("rates") {
        near(rate_ratio_exact([row[0] as usize, row[2] as usize], [row[1], row[3]]), row[4], "rates");
    }
    for (groups, p) in
        serde_json::from_value::<Vec<(Vec<(usize, usize)>, f64)>>(expected("chi_square")).unwrap()
    {
        near(chi_square(&groups).unwrap(), p, "chi-square");
    }
    assert_eq!(chi_square(&[(1, 3), (2, 3)]), None, "too few for the approximation");
}

#[test]
fn several_tests_are_corrected() {
    let lists = rows("holm");
    for (found, expected) in holm(&lists[0]).into_iter().zip(&lists[1]) {
        near(found, *expected, "holm");
    }
}
