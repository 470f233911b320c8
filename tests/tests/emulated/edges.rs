//! What passes between stages, on the board and here.

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::Pipeline;

use super::emulator::{MACHINES, emulate};
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

fn compared(pipeline: &Path, stages: &[&str]) -> Vec<Edge> {
    let (machine, path, wav) = (MACHINES[0], tapped(pipeline, stages), recording("yes_no"));
    let taps = folder().join("taps");
    fs::create_dir_all(&taps).unwrap();
    emulate(machine, &path, &wav, &[&format!("taps={}", taps.display())]);
    let mut pipeline = Pipeline::read(&path).unwrap();
    let source = pipeline.stages[0].name.clone();
    pipeline.replace(&source, "audio_file", &serde_json::json!({"path": wav}), "a test's recording");
    let mut edges = host::edges(&pipeline);
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

/// The Fourier transform and the logarithm are other implementations than the host's: features differ by rounding.
#[test]
#[ignore = "`.ci/firmware` runs it"]
fn float_features_differ_by_rounding() {
    const TOLERANCE: f32 = 1e-3;
    let edges = compared(&pipelines().join("yes_no_tiny.toml"), &["log", "dct", "classifier"]);
    let floats = |bytes: &[u8]| -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
    };
    for Edge { stage, here, there } in edges {
        if stage == "classifier" {
            let differ = here.iter().zip(&there).filter(|(a, b)| a != b).count();
            println!("`{stage}`: {differ} of {} bytes differ", here.len());
            continue;
        }
        let most = floats(&here).iter().zip(floats(&there)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("`{stage}`: features differ by {most:e} at most");
        assert!(most <= TOLERANCE, "`{stage}` differs by {most}");
    }
}
