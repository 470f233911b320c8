//! A cascade as one detector: what each of its steps lets through, and what its links and boards take for that.

mod page;
mod path;
mod power;
mod report;
mod run;

pub use path::Cascade;
pub use report::{CascadeReport, LinkFigures, PlaceFigures, StepFigures};
pub use run::{CascadeOutcome, listen_cascade};
