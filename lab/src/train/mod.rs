//! Fitting networks: what to draw, the loop, and what is kept of it.

mod batches;
mod checkpoint;
mod config;
mod fit;
mod material;
mod metrics;
mod run;
mod sample;
mod scene;

pub use batches::Batch;
pub(crate) use batches::centre;
pub(crate) use checkpoint::{load, save};
pub use config::Config;
pub use material::Material;
pub use metrics::{Confusion, largest};
pub use run::{Trained, assess, train};
