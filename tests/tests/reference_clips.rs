//! MLPerf Tiny's keyword spotting reference, as a pipeline, over the test clips of Speech Commands.
//!
//! The split is the manifest's own, speaker-disjoint, and not the official one: the figure is not MLPerf's.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::testing::Capture;
use kws_engine::{Pipeline, Plan, Registry};
use kws_tests::{root, shared_data};

/// The share of clips that must be understood.
const TOP_1: f64 = 0.90;

/// Index of the label that the pipeline gives a clip.
fn understood(pipeline: &Pipeline, registry: &Registry, clip: &Path) -> usize {
    let mut pipeline = pipeline.clone();
    pipeline.set(&format!("audio_file.path={:?}", clip.display().to_string())).unwrap();
    let plan = Plan::new(&pipeline, registry).unwrap_or_else(|error| panic!("{error}"));
    let posteriors = Capture::<i8>::new();
    plan.run_here(|stage, made| match stage.kind.as_str() {
        "smooth" => posteriors.instead::<f32>(),
        _ => made,
    })
    .unwrap_or_else(|fault| panic!("{}: {fault}", clip.display()));
    // That of the clip's second, before the silence that follows it.
    let (_, posterior) = posteriors.blocks().remove(0);
    // The first of the greatest, as NumPy's argmax.
    (0..posterior.len()).rev().max_by_key(|&label| posterior[label]).unwrap()
}

#[test]
fn nine_of_ten_are_understood() {
    let Some(data) = shared_data("speech_commands") else { return };
    let pipeline = Pipeline::read(&root().join("tests/pipelines/mlperf_kws.toml")).unwrap();
    let registry = kws_host::registry();
    let labels: Vec<String> = pipeline
        .stage("classifier")
        .unwrap()
        .params
        .get("labels")
        .unwrap()
        .to_json()
        .as_array()
        .unwrap()
        .iter()
        .map(|label| label.as_str().unwrap().to_owned())
        .collect();
    let manifest = fs::read_to_string(data.join("manifest.csv")).unwrap();
    let clips: Vec<(PathBuf, usize)> = manifest
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let (path, word, split) = (fields[0], fields[1].trim_matches('_'), fields[4]);
            let expected = labels.iter().position(|label| label == word).unwrap_or(labels.len() - 1);
            (split == "test").then(|| (data.join(path), expected))
        })
        .collect();
    let all = clips.len();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = |part: &[(PathBuf, usize)]| {
        part.iter().filter(|(clip, expected)| understood(&pipeline, &registry, clip) == *expected).count()
    };
    let right: usize = std::thread::scope(|scope| {
        let parts = clips.chunks(all.div_ceil(cores).max(1));
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| count(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let share = right as f64 / all as f64;
    println!("{right} of {all} clips: top-1 {share:.4}");
    assert!(all >= 200, "{all} clips");
    assert!(share >= TOP_1, "top-1 {share:.4} over {all} clips, expected at least {TOP_1}");
}
