//! Fitting networks: what to draw, the loop, and what is kept of it.

mod assess;
mod batches;
mod checkpoint;
mod config;
mod curves;
mod fit;
mod history;
mod material;
mod metrics;
mod origin;
mod outline;
mod progress;
mod run;
mod sample;
mod scene;
mod schedule;
mod start;
mod store;
mod subset;
mod suggest;
mod survey;

pub use assess::assess;
pub use batches::Batch;
pub(crate) use batches::centre;
pub use config::Config;
pub use curves::curves;
pub use history::{Epoch, Phase};
pub use material::Material;
pub use metrics::{Confusion, largest};
pub use origin::Earlier;
pub use outline::{LayerOutline, Outline};
pub use run::{Trained, Workplace, train};
pub use start::{Part, Start};
pub(crate) use store::{load, save};
pub use survey::{Count, Survey};
