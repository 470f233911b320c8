//! Writes pipelines as firmware of a board that is this computer, for `tests/firmware` to compile and run.

use std::path::Path;

use kws_engine::firmware::{Board, BuildError, Core, Firmware, Instructions};
use kws_engine::{Pipeline, Registry};

#[path = "tests/graphs/graph.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, reason = "tests lay them out")]
mod graph;
#[path = "tests/graphs/kinds/mod.rs"]
#[allow(
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    reason = "tests run them"
)]
mod graph_kinds;
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
    kws_devices::bind(&mut registry);
    kinds::register(&mut registry);
    own_stage::register(&mut registry);
    let shipped = ["yes_no", "yes_no_tiny", "commands"].map(|name| (name, "../pipelines"));
    let own = ["features", "joins", "merge", "clips", "lanes", "images"]
        .map(|name| (name, "tests/firmware/pipelines"));
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
    write_graphs()
}

/// Random graphs, and a list of them for `tests/graphs`.
fn write_graphs() -> Result<(), BuildError> {
    println!("cargo::rerun-if-changed=tests/graphs");
    let mut registry = Registry::new();
    graph_kinds::register(&mut registry);
    let mut names = [String::new(), String::new()];
    for number in 0..graph::GRAPHS {
        let graph = graph::graph(number);
        let name = format!("graph_{number}");
        let toml = graph.on_board(number);
        write_pipeline(&name, &Pipeline::parse(&toml, &name, Path::new(""))?, &registry)?;
        names[usize::from(graph.two_lanes())] += &format!(" {name}");
    }
    let [one, two] = names;
    write_out("graphs", &format!("written! {{ one:{one}; two:{two} }}\n"))
}

fn write(name: &str, folder: &str, registry: &Registry) -> Result<(), BuildError> {
    write_pipeline(name, &Pipeline::read(&Path::new(folder).join(name).with_extension("toml"))?, registry)
}

fn write_pipeline(name: &str, pipeline: &Pipeline, registry: &Registry) -> Result<(), BuildError> {
    let board = Board {
        name: "host-test".to_owned(),
        about: "This computer".to_owned(),
        core: Core {
            kernels: "plain".to_owned(),
            instructions: Instructions { float: 2.0, integer: 4.0, model: 0.2 },
        },
        clock_hz: 1_000_000_000,
        ram: 1 << 30,
        flash: 1 << 30,
        pipeline: None,
        serial: None,
        power: None,
    };
    write_out(name, &Firmware::new(pipeline, &board, registry)?.source)
}

fn write_out(name: &str, text: &str) -> Result<(), BuildError> {
    let out = std::env::var("OUT_DIR").map_err(|error| BuildError::new(error.to_string()))?;
    std::fs::write(Path::new(&out).join(name).with_extension("rs"), text)
        .map_err(|error| BuildError::new(error.to_string()))
}
