//! How well a score tells one label from the others, at every threshold.

use serde::Serialize;

use crate::statistics::{Interval, delong};

/// What a threshold lets through and what it holds back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Scores of at least this count as the label.
    pub threshold: f32,
    /// Share of the other clips that count as the label.
    pub false_accepts: f64,
    /// Share of the label's clips that do not.
    pub false_rejects: f64,
}

/// A label's ROC and DET curve: one set of points seen in two ways.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// One for each score that occurs, from the highest threshold down; before them, one that lets nothing through.
    pub points: Vec<CurvePoint>,
    /// Area under the ROC curve: how often a clip of the label scores above another clip, ties counted half.
    pub auc: f64,
    /// Its interval, 95 %, by DeLong's method.
    pub auc_interval: Interval,
    /// Where false accepts and false rejects are equally frequent.
    pub equal_error: f64,
}

/// The curve of scores, each with whether it belongs to the label. None without a clip on either side.
#[must_use]
pub fn curve(scores: &[(f32, bool)]) -> Option<Curve> {
    let of_label = scores.iter().filter(|s| s.1).count();
    let others = scores.len() - of_label;
    if of_label == 0 || others == 0 {
        return None;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut points = vec![CurvePoint { threshold: f32::INFINITY, false_accepts: 0.0, false_rejects: 1.0 }];
    let (mut accepted, mut found) = (0, 0);
    let (mut auc, mut equal_error) = (0.0, None);
    let mut placements = [Vec::with_capacity(of_label), Vec::with_capacity(others)];
    for same in sorted.chunk_by(|a, b| a.0 == b.0) {
        let hits = same.iter().filter(|s| s.1).count();
        (accepted, found) = (accepted + same.len() - hits, found + hits);
        let last = points[points.len() - 1];
        let misses = same.len() - hits;
        // Ties count half: of the other clips those that score lower, of the label's those that score higher.
        let below = (others - accepted) as f64 + misses as f64 / 2.0;
        placements[0].extend(std::iter::repeat_n(below / others as f64, hits));
        let above = found as f64 - hits as f64 / 2.0;
        placements[1].extend(std::iter::repeat_n(above / of_label as f64, misses));
        let point = CurvePoint {
            threshold: same[0].0,
            false_accepts: accepted as f64 / others as f64,
            false_rejects: 1.0 - found as f64 / of_label as f64,
        };
        let width = point.false_accepts - last.false_accepts;
        auc += width * (1.0 - (point.false_rejects + last.false_rejects) / 2.0);
        if equal_error.is_none() && point.false_accepts >= point.false_rejects {
            equal_error = Some(crossing(last, point));
        }
        points.push(point);
    }
    let auc_interval = delong(auc, &placements);
    Some(Curve { points, auc, auc_interval, equal_error: equal_error.unwrap_or(0.0) })
}

/// Where the line between two points has as many false accepts as false rejects.
fn crossing(a: CurvePoint, b: CurvePoint) -> f64 {
    let (before, after) = (a.false_rejects - a.false_accepts, b.false_rejects - b.false_accepts);
    let part = if before > after { before / (before - after) } else { 0.0 };
    a.false_accepts + part * (b.false_accepts - a.false_accepts)
}
