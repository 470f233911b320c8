//! Detections in long streams, through the pipeline's own stages: false rejects against false accepts per hour.

mod calibrate;
mod cascade;
mod figures;
mod heard;
mod incident;
mod listener;
mod material;
mod outcome;
mod page;
mod rates;
mod report;
mod run;
mod scorer;
mod tally;
mod truth;
mod worker;

pub use calibrate::{Calibration, Limit, calibrate};
pub use cascade::{
    Cascade, CascadeOutcome, CascadeReport, LinkFigures, PlaceFigures, StepFigures, listen_cascade,
};
pub use figures::{Figures, Latency, PartFigures};
pub use incident::{Incident, Kind, incidents};
pub use listener::{Detection, Listener, Point, Recorded};
pub use material::{Item, Items, Material, Part};
pub use outcome::{Outcome, Points};
pub use rates::{Rate, Rates, SPEAKERS};
pub(super) use report::own;
pub use report::{Row, StreamReport};
pub use run::listen;
pub use scorer::{Peak, Scorer};
pub use tally::{Tally, heard_words, tally};
pub use worker::Worker;
