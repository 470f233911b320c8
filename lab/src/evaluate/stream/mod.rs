//! Detections in long streams, through the pipeline's own stages: false rejects against false accepts per hour.

mod calibrate;
mod figures;
mod listener;
mod material;
mod page;
mod report;
mod tally;

pub use calibrate::{Calibration, Chosen, Limit, calibrate, write_points};
pub use figures::{Figures, Latency, PartFigures};
pub use listener::{Detection, Listener, Point, Recorded};
pub use material::{Material, Part};
pub(super) use report::own_detections;
pub use report::{Row, StreamReport};
pub use tally::{Tally, heard_words, tally};
