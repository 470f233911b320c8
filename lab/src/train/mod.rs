//! Fitting networks: what to draw, the loop, and what is kept of it.

mod ablation;
mod config;
mod data;
mod figures;
mod kept;
mod run;

pub use ablation::{Ablated, PARTS};
pub use config::{CEPSTRAL, Config, Fit, Keep, Mix, Prior, Teaching, Weights};
pub use data::batches::Batch;
pub(crate) use data::batches::centre;
pub use data::material::Material;
pub use data::survey::{Count, Survey};
pub use figures::assess::assess;
pub use figures::confidence::Confidence;
pub use figures::curves::curves;
pub use figures::metrics::{Confusion, largest};
pub use figures::outline::{LayerOutline, Outline};
pub use kept::history::{Epoch, Phase};
pub use kept::origin::Earlier;
pub(crate) use kept::store::{load, save};
pub use run::phases::{Trained, Workplace, train};
pub use run::start::{Part, Start};
