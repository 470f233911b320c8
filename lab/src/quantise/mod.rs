//! From float networks to int8: ranges, rounding during training, and the integer model.

mod affine;
mod calibrate;
mod fake;
mod model;
mod steps;

pub use affine::Affine;
pub use calibrate::{Calibration, calibrate};
pub use fake::Fake;
pub use model::{IntLayer, IntModel, quantise};
pub(crate) use steps::factor;
