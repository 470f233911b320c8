//! Writes pipelines as firmware of a board that is this computer, for `tests/firmware` to compile and run.

use std::path::Path;

use kws_engine::firmware::{self, Board, BuildError, Core, Firmware};
use kws_engine::{Pipeline, Registry};

#[path = "tests/firmware/kinds.rs"]
#[allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub, reason = "tests run them")]
mod kinds;
#[path = "../engine/examples/own_stage.rs"]
#[allow(dead_code, unreachable_pub, reason = "its `main` is that of a program of its own")]
mod own_stage;

/// Models that developers have beside the repository.
const MODELS: &str = "../../shared/data/models";

fn main() -> Result<(), BuildError> {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    firmware::bind(&mut registry);
    kinds::register(&mut registry);
    own_stage::register(&mut registry);
    let shipped = ["yes_no", "yes_no_tiny", "commands"].map(|name| (name, "../pipelines"));
    let own =
        ["features", "joins", "merge", "lanes", "pictures"].map(|name| (name, "tests/firmware/pipelines"));
    println!("cargo::rerun-if-changed=../pipelines");
    println!("cargo::rerun-if-changed=tests/firmware");
    println!("cargo::rerun-if-changed={MODELS}");
    println!("cargo::rustc-check-cfg=cfg(shared_models)");
    if Path::new(MODELS).is_dir() {
        println!("cargo::rustc-cfg=shared_models");
        write("wake_word", "tests/firmware/pipelines", &registry)?;
    }
    for (name, folder) in shipped.into_iter().chain(own) {
        write(name, folder, &registry)?;
    }
    Ok(())
}

fn write(name: &str, folder: &str, registry: &Registry) -> Result<(), BuildError> {
    let board = Board {
        name: "host-test".to_owned(),
        about: "This computer".to_owned(),
        core: Core::Host,
        clock_hz: 1_000_000_000,
        ram: 1 << 30,
        flash: 1 << 30,
        pipeline: None,
    };
    let pipeline = Pipeline::read(&Path::new(folder).join(name).with_extension("toml"))?;
    let firmware = Firmware::new(&pipeline, &board, registry)?;
    let out = std::env::var("OUT_DIR").map_err(|error| BuildError::new(error.to_string()))?;
    std::fs::write(Path::new(&out).join(name).with_extension("rs"), firmware.source)
        .map_err(|error| BuildError::new(error.to_string()))
}
