//! Writes pipelines as firmware of a board that is this computer, for `tests/firmware.rs` to compile and run.

use std::path::Path;

use kws_engine::firmware::{self, Board, Core, Failure, Firmware};
use kws_engine::{Pipeline, Registry};

/// Pipelines, by the name of their module.
const PIPELINES: [(&str, &str); 1] = [("yes_no", "../pipelines/yes_no.toml")];

fn main() -> Result<(), Failure> {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    firmware::bind(&mut registry);
    let board = Board {
        name: "host-test".to_owned(),
        about: "This computer".to_owned(),
        core: Core::Host,
        clock_hz: 1_000_000_000,
        ram: 1 << 30,
        flash: 1 << 30,
        pipeline: None,
    };
    println!("cargo::rerun-if-changed=../pipelines");
    let out = std::env::var("OUT_DIR").map_err(|error| Failure::new(error.to_string()))?;
    for (name, path) in PIPELINES {
        let firmware = Firmware::new(&Pipeline::read(Path::new(path))?, &board, &registry)?;
        let to = Path::new(&out).join(format!("{name}.rs"));
        std::fs::write(&to, firmware.source).map_err(|error| Failure::new(error.to_string()))?;
    }
    Ok(())
}
