#![doc = include_str!("../README.md")]

mod inbox;
mod samples;
mod stream;

use std::path::Path;

pub use inbox::{Block, Heard};
pub use kws_engine::run::RunError;
pub use kws_engine::{
    Assets, Buffer, Detection, Element, Event, Health, Item, Knob, Output, Pipeline, Plan, PlanError, Port,
    Registry, Session, SessionError, StageState,
};
pub use kws_stages::decide::is_word;
pub use samples::Samples;
pub use stream::Stream;

/// The kinds that a program's pipelines may name: every stage that needs no hardware, and the devices that the program
/// stands for, `mic` and `camera` as sources, `print` and `jsonl` as sinks. Add your own to it.
#[must_use]
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    kws_devices::bind(&mut registry);
    registry
}

/// Reads and plans a pipeline file.
///
/// # Errors
/// When the file cannot be read, is no pipeline, or cannot be planned: what is wrong, its place, and what to do.
pub fn read(path: impl AsRef<Path>) -> Result<Plan, PlanError> {
    Plan::read(path.as_ref(), &registry())
}

/// Plans a pipeline from its text; the paths that it names start from `folder`.
///
/// # Errors
/// As [`read`].
pub fn parse(toml: &str, folder: impl AsRef<Path>) -> Result<Plan, PlanError> {
    Plan::new(&Pipeline::parse(toml, "pipeline", folder.as_ref())?, &registry())
}

/// Plans a pipeline from its text, with the files that it names from the program's own memory: nothing is read from disk.
///
/// # Errors
/// As [`read`].
pub fn from_memory(toml: &str, assets: &Assets) -> Result<Plan, PlanError> {
    Plan::from_assets(&Pipeline::parse(toml, "pipeline", Path::new(""))?, &registry(), assets)
}
