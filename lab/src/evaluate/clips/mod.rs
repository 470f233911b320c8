//! One prediction for each clip or image, against its label.

mod curve;
mod groups;
mod page;
mod report;
mod score;

pub use curve::{Curve, CurvePoint, curve};
pub use groups::{Column, Group, default_columns, group};
pub use report::{ClipReport, LabelFigures};
pub use score::{ClipList, ClipRow, Scored, Scores, absent, check_some, list_clips, score, score_clips};

use std::path::Path;

use anyhow::Result;

use crate::bundle::Bundle;
use crate::corpus::Split;

/// Scores the clips of corpora, or of one split of them, and sums up.
///
/// # Errors
/// When a corpus cannot be read, or holds no clip for the model.
pub fn evaluate_clips(
    bundle: &mut Bundle,
    corpora: &[impl AsRef<Path>],
    split: Option<Split>,
) -> Result<(ClipReport, Scores)> {
    let scores = score_clips(bundle, corpora, split)?;
    let columns = default_columns(&scores.clips);
    let report = ClipReport::new(bundle, &scores, split, &columns)?;
    Ok((report, scores))
}
