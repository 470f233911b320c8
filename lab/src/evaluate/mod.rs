//! Measuring models as the field does: on clips, and on streams through the real pipeline.

mod calibrate;
mod clips;
mod compare;
mod compare_page;
pub mod shard;
mod stream;
mod variants;

pub use calibrate::{
    Chosen, ImageCalibration, ImageLimit, LabelShare, Stated, calibrate_images, write_points,
};
pub use clips::{
    ClipList, ClipReport, ClipRow, Column, Curve, CurvePoint, Group, LabelFigures, Scored, Scores, absent,
    check_some, curve, default_columns, evaluate_clips, group, list_clips, score, score_clips,
};
pub use compare::{Compared, Comparison, Paired, compare_clips, compare_streams, paired_bootstrap};
pub use compare_page::{compared_page, compared_text, variants_page, variants_text};
pub use stream::{
    Calibration, Cascade, CascadeOutcome, CascadeReport, Detection, Figures, Incident, Item, Items, Kind,
    Latency, Limit, LinkFigures, Listener, Material, Outcome, Part, PartFigures, Peak, PlaceFigures, Point,
    Points, Rate, Rates, Recorded, Row, SPEAKERS, Scorer, StepFigures, StreamReport, Tally, Worker,
    calibrate, heard_words, incidents, listen, listen_cascade, tally,
};
pub use variants::{Agreement, Variant, variants};

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar over `count` things; nothing is shown where the error output is no terminal.
pub(crate) fn progress(count: usize, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:12} {wide_bar} {pos}/{len} {eta}");
    let bar = ProgressBar::new(count as u64).with_message(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A share in per cent, with two digits behind the point.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A p-value, which is never nothing.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// An interval of shares in per cent.
pub(crate) fn percents(interval: crate::statistics::Interval) -> String {
    format!("{:.1}–{:.1} %", 100.0 * interval.low, 100.0 * interval.high)
}
