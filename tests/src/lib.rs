//! What the integration tests of kws share: where things are, and running a pipeline to its events.

pub mod listening;

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

use kws_engine::run::RunOptions;
use kws_engine::{Pipeline, Plan};
use serde_json::json;

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Says that this test was not run, and why. The harness has no word for it and counts the test as passed; so the line
/// goes past the harness, which would show it for a failed test only, and `.ci/run` counts such lines.
pub fn skipped(why: impl Display) {
    let thread = std::thread::current();
    let line = format!("SKIPPED: {}: {why}\n", thread.name().unwrap_or("test"));
    // Where standard error is closed, nobody reads it.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A folder of the data that developers have beside the repository. Where it is missing, says so and returns `None`:
/// the test then has nothing to test.
pub fn shared_data(folder: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    skipped(format_args!("it needs `../shared/data/{folder}`, which is missing"));
    None
}

/// One of the shipped pipelines, its source replaced by a recording and its sinks by a file of JSON Lines.
///
/// # Panics
/// When the pipeline cannot be read.
pub fn over_recording(pipeline: &str, recording: &Path, repeat: u32, events: &Path) -> Pipeline {
    let mut pipeline = Pipeline::read(&root().join("pipelines").join(pipeline)).expect("the pipeline parses");
    let params = json!({"path": recording, "repeat": repeat});
    let source = pipeline.stages[0].name.clone();
    pipeline.replace(&source, "audio_file", &params, "a test's recording");
    let sinks: Vec<String> = pipeline
        .stages
        .iter()
        .filter(|stage| stage.kind == "print")
        .map(|stage| stage.name.clone())
        .collect();
    for sink in sinks {
        let params = json!({"path": events});
        pipeline.replace(&sink, "jsonl", &params, "a test's events");
    }
    pipeline
}

/// What [`share_lanes`] takes to put all stages into one lane; smaller numbers are the other ways, 0 a lane for each.
pub fn one_lane(pipeline: &Pipeline) -> u32 {
    (1 << (pipeline.stages.len() - 1)) - 1
}

/// Puts stages into lanes: one bit for each stage but the first says whether it shares the lane of the one before. Depths
/// of rings vary with it.
///
/// # Panics
/// When a stage has no such settings.
pub fn share_lanes(pipeline: &mut Pipeline, shares: u32) {
    let stages: Vec<String> = pipeline.stages.iter().map(|stage| stage.name.clone()).collect();
    let mut lane = 0;
    for (index, stage) in stages.iter().enumerate() {
        lane += usize::from(index > 0 && shares >> (index - 1) & 1 == 0);
        for setting in [format!("{stage}.lane=\"lane {lane}\""), format!("{stage}.depth={}", 1 + shares % 5)]
        {
            pipeline.set(&setting).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

/// Runs a pipeline to its end.
///
/// # Panics
/// When it cannot be planned, or a stage fails.
pub fn run(pipeline: &Pipeline, options: RunOptions) {
    let plan = Plan::new(pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    let outcome = plan.start(options).unwrap_or_else(|fault| panic!("{fault}")).wait();
    assert!(outcome.fault.is_none(), "{:?}", outcome.fault);
    assert!(outcome.gaps.is_empty(), "{:?}", outcome.gaps);
}
