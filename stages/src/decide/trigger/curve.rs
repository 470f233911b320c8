//! The thresholds of an operating point, from the strictest to the loosest.

use kws_engine::{Accepted, CurvePoint};

/// An operating point and what was measured around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    /// The operating point's score that starts a detection.
    on: f64,
    /// The operating point's score below which a detection ends.
    off: f64,
    /// The lowest score first. Where nothing was measured: half of `on`, `on`, and halfway from there to 1.
    scores: Vec<f64>,
    measured: Vec<CurvePoint>,
    /// Whether the pipeline states `on` itself, so that what was measured with the model does not apply.
    pub(super) stated: bool,
}

impl Curve {
    /// The curve of an operating point that was measured; `measured` has the lowest score first.
    pub(super) fn new(on: f64, off: f64, measured: &[CurvePoint]) -> Self {
        let mut scores: Vec<f64> = measured.iter().map(|point| point.on).collect();
        if scores.is_empty() {
            scores = vec![0.5 * on, 0.5 * (1.0 + on)];
        }
        let place = scores.partition_point(|score| *score < on);
        if scores.get(place) != Some(&on) {
            scores.insert(place, on);
        }
        Curve { on, off, scores, measured: measured.to_vec(), stated: false }
    }

    /// The curve of an operating point that the pipeline states.
    pub(super) fn stated(on: f64, off: f64) -> Self {
        Curve { stated: true, ..Curve::new(on, off, &[]) }
    }

    /// The scores at a sensitivity: at 0.5 the operating point's own; from there to 1 down through the measured ones to the
    /// lowest, to 0 up to the highest, each step from one measured score to the next as long as the others.
    pub(super) fn at(&self, sensitivity: f64) -> (f64, f64) {
        let place = self.scores.partition_point(|score| *score < self.on);
        let far = 2.0 * sensitivity - 1.0;
        let steps = if far > 0.0 { place } else { self.scores.len() - 1 - place };
        let place = place as f64 - far * steps as f64;
        let (below, above) = (self.scores[place.floor() as usize], self.scores[place.ceil() as usize]);
        let on = below + place.fract() * (above - below);
        let off = if self.on > 0.0 { self.off * (on / self.on) } else { self.off };
        (on, off.min(on))
    }

    /// What was measured at a score, between the two nearest.
    pub(super) fn measured(&self, score: f64) -> Option<CurvePoint> {
        let last = self.measured.len().checked_sub(1)?;
        let above = self.measured.partition_point(|point| point.on < score).min(last);
        let (a, b) = (self.measured[above.saturating_sub(1)], self.measured[above]);
        let part = if b.on > a.on { ((score - a.on) / (b.on - a.on)).clamp(0.0, 1.0) } else { 1.0 };
        let between = |a: f64, b: f64| a + part * (b - a);
        let accepted = match (a.accepted, b.accepted) {
            (Accepted::PerHour(a), Accepted::PerHour(b)) => Accepted::PerHour(between(a, b)),
            (Accepted::OfOthers(a), Accepted::OfOthers(b)) => Accepted::OfOthers(between(a, b)),
            // Nobody writes such a curve; it has nothing between these two.
            (_, b) => b,
        };
        Some(CurvePoint { on: score, missed: between(a.missed, b.missed), accepted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: [CurvePoint; 4] = [
        CurvePoint { on: 0.2, missed: 0.0, accepted: Accepted::PerHour(20.0) },
        CurvePoint { on: 0.4, missed: 0.0, accepted: Accepted::PerHour(8.0) },
        CurvePoint { on: 0.8, missed: 0.02, accepted: Accepted::PerHour(1.0) },
        CurvePoint { on: 0.9, missed: 0.10, accepted: Accepted::PerHour(0.0) },
    ];

    fn near(found: (f64, f64), expected: (f64, f64)) -> bool {
        (found.0 - expected.0).abs() < 1e-12 && (found.1 - expected.1).abs() < 1e-12
    }

    #[test]
    fn the_middle_is_the_operating_point_and_the_ends_are_those_of_what_was_measured() {
        let curve = Curve::new(0.8, 0.6, &MEASURED);
        assert_eq!(curve.at(0.5), (0.8, 0.6), "exactly");
        assert!(near(curve.at(1.0), (0.2, 0.15)) && near(curve.at(0.0), (0.9, 0.675)));
        // Two steps down and one up: each measured score is as far from the next as the others.
        assert!(near(curve.at(0.75), (0.4, 0.3)) && near(curve.at(0.25), (0.85, 0.6375)));
    }

    #[test]
    fn an_operating_point_between_the_measured_ones_is_a_step_of_its_own() {
        let curve = Curve::new(0.6, 0.6, &MEASURED);
        assert_eq!(curve.at(0.5), (0.6, 0.6));
        assert!(near(curve.at(0.25), (0.8, 0.8)) && near(curve.at(0.75), (0.4, 0.4)));
    }

    #[test]
    fn where_nothing_was_measured_it_goes_to_half_and_halfway_to_one() {
        let curve = Curve::new(0.8, 0.6, &[]);
        assert!(near(curve.at(1.0), (0.4, 0.3)) && near(curve.at(0.0), (0.9, 0.675)));
        assert_eq!(curve.measured(0.8), None);
        assert_eq!(Curve::new(0.0, 0.0, &[]).at(1.0), (0.0, 0.0));
    }

    #[test]
    fn what_a_score_means_lies_between_the_measured_ones() {
        let point = Curve::new(0.8, 0.6, &MEASURED).measured(0.6).unwrap();
        let Accepted::PerHour(faph) = point.accepted else { panic!("{point:?}") };
        assert!((faph - 4.5).abs() < 1e-9 && (point.missed - 0.01).abs() < 1e-9, "{point:?}");
    }
}
