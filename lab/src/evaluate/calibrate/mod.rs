//! Operating points of a model: choosing them, what `model.toml` keeps of them, and what other thresholds gave.

mod curve;
mod file;
mod images;
mod stated;

use kws_engine::CurvePoint;
use serde::Serialize;

pub(super) use curve::curve;
pub use file::write_points;
pub use images::{ImageCalibration, ImageLimit, LabelShare, calibrate_images};
pub use stated::Stated;

/// A label's threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    /// The label.
    pub label: String,
    /// Score at which a detection begins.
    pub on: f64,
    /// Score below which it ends.
    pub off: f64,
    /// What other thresholds gave on the same streams, the lowest first: what `sensitivity` goes along.
    pub curve: Vec<CurvePoint>,
}

/// The thresholds that may be chosen, the lowest first.
pub(super) fn grid() -> Vec<f64> {
    (5..200).map(|i| f64::from(i) / 200.0).collect()
}

/// Three digits, as `model.toml` states them.
pub(super) fn round(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

/// The score at which a detection that began at `on` ends where nobody has chosen one.
pub(super) fn off(on: f64) -> f64 {
    round(on * 0.75)
}
