//! What passes between stages, on the board and here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::Pipeline;
use kws_tests::root;
use serde_json::json;

use super::emulator::{M4F, SMALL, emulate};
use super::host::{self, folder, pipelines, recording, wake_word};

/// A shipped pipeline with taps after some stages, its paths absolute.
fn tapped(pipeline: &Path, stages: &[&str]) -> PathBuf {
    let mut text = fs::read_to_string(pipeline).unwrap();
    let models = std::path::absolute(pipelines()).unwrap().join("models");
    text = text.replace("model = \"models/", &format!("model = \"{}/", models.display()));
    for stage in stages {
        text += &format!("\n[[stage]]\nkind = \"tap\"\nname = \"tap of {stage}\"\ninput = \"{stage}\"\n");
    }
    let path = folder().join(format!("tapped_{}", pipeline.file_name().unwrap().to_string_lossy()));
    fs::write(&path, text).unwrap();
    path
}

/// What an edge carried: here, and on the board.
struct Edge {
    stage: String,
    here: Vec<u8>,
    there: Vec<u8>,
}

/// What taps read on this computer over a recording.
fn here(pipeline: &Path, wav: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut pipeline = Pipeline::read(pipeline).unwrap();
    let source = pipeline.stages[0].name.clone();
    pipeline.replace(&source, "audio_file", &json!({"path": wav}), "a test's recording");
    host::edges(&pipeline)
}

fn compared(pipeline: &Path, stages: &[&str]) -> Vec<Edge> {
    let (path, wav) = (tapped(pipeline, stages), recording("yes_no"));
    let taps = folder().join("taps");
    fs::create_dir_all(&taps).unwrap();
    emulate(M4F, &path, &wav, &[&format!("taps={}", taps.display())]);
    let mut edges = here(&path, &wav);
    let edge = |stage: &&str| {
        let here = edges.remove(*stage).unwrap();
        let there = fs::read(taps.join(stage).with_extension("raw")).unwrap();
        assert!(
            !here.is_empty() && here.len() == there.len(),
            "{stage}: {} and {} bytes",
            here.len(),
            there.len()
        );
        Edge { stage: (*stage).to_owned(), here, there }
    };
    stages.iter().map(edge).collect()
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn integer_features_and_their_posteriors_are_equal() {
    let Some(pipeline) = wake_word() else { return };
    for Edge { stage, here, there } in compared(&pipeline, &["micro_frontend", "alexa", "vad"]) {
        assert_eq!(here, there, "`{stage}`");
    }
}

/// Every operation is rounded as IEEE asks, in an order that the source fixes.
#[test]
#[ignore = "`.ci/firmware` runs it"]
fn float_features_and_their_posteriors_are_equal() {
    for Edge { stage, here, there } in
        compared(&pipelines().join("yes_no_tiny.toml"), &["log", "dct", "classifier"])
    {
        assert_eq!(here, there, "`{stage}`");
    }
}

/// What the choice of the default front end rests on: both in the same frames, on a core with a floating-point unit.
#[test]
#[ignore = "`.ci/firmware` runs it"]
fn front_ends_compute_the_hosts_features() {
    for kind in ["speech_features", "micro_frontend"] {
        let text = format!(
            "name = \"{kind}\"\n\n[[stage]]\nkind = \"mic\"\n\n[[stage]]\nkind = \"{kind}\"\nhop_ms = 20\n\n[[stage]]\nkind = \"tap\"\n"
        );
        let pipeline = folder().join(format!("{kind}.toml"));
        fs::write(&pipeline, text).unwrap();
        hashes_are_equal(M4F, &pipeline, kind);
    }
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn a_machine_of_16_kb_computes_the_hosts_features() {
    hashes_are_equal(SMALL, &root().join("boards/qemu/features.toml"), "micro_frontend");
}

/// Runs a pipeline that ends in a tap of the features of `stage`, on a machine and here.
fn hashes_are_equal(machine: &str, pipeline: &Path, stage: &str) {
    let wav = recording("yes_no");
    let emulation = emulate(machine, pipeline, &wav, &[]);
    emulation.record(machine, &format!("features_{stage}"));
    let features = &here(pipeline, &wav)[stage];
    let printed = format!(" blocks of hash {:08x}\n", hash(features));
    assert!(emulation.events.ends_with(&printed), "{}, expected{printed}", emulation.events);
}

/// Fowler, Noll and Vo's hash FNV-1a of 32 bits.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
