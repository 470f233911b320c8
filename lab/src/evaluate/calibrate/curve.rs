//! What other thresholds gave than the chosen one.

use kws_engine::{Accepted, CurvePoint};

/// Most points of a curve.
const MOST: usize = 12;
/// Most false accepts at a curve's loose end: per hour, and as a share of other images.
const LOOSEST: (f64, f64) = (30.0, 0.5);
/// Largest share of missed words or images at a curve's strict end.
const STRICTEST: f64 = 0.5;

/// The thresholds of one label that anybody may want, with the chosen one among them: each gives other figures than the
/// one before it, so that every step along them can be noticed. `all` has the lowest score first.
pub(in crate::evaluate) fn curve(all: &[CurvePoint], chosen: usize) -> Vec<CurvePoint> {
    let bearable = |point: &CurvePoint| match point.accepted {
        Accepted::PerHour(rate) => rate <= LOOSEST.0,
        Accepted::OfOthers(share) => share <= LOOSEST.1,
    };
    let first = (0..=chosen).find(|&i| bearable(&all[i])).unwrap_or(chosen);
    let last = (chosen..all.len()).rev().find(|&i| all[i].missed <= STRICTEST).unwrap_or(chosen);
    let figures = |i: usize| (all[i].accepted, all[i].missed);
    let steps: Vec<usize> = (first..=last).filter(|&i| i == first || figures(i) != figures(i - 1)).collect();
    let every = steps.len().div_ceil(MOST - 2).max(1);
    let mut kept: Vec<usize> = steps.into_iter().step_by(every).chain([chosen, last]).collect();
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter().map(|i| all[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_where_nobody_wants_to_go() {
        // False accepts fall from 45 an hour to none, misses rise from none to 18 of 20.
        let all: Vec<CurvePoint> = (0..19)
            .map(|i| CurvePoint {
                on: f64::from(i + 1) / 20.0,
                missed: f64::from(i) / 20.0,
                accepted: Accepted::PerHour(f64::from(18 - i) * 2.5),
            })
            .collect();
        let curve = curve(&all, 8);
        assert!(curve.len() <= MOST + 1 && curve.contains(&all[8]));
        assert_eq!(curve[0], all[6], "30 an hour");
        assert_eq!(curve.last().map(|point| point.missed), Some(0.5));
    }
}
