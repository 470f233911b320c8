//! A pipeline whose files are in the program's memory is the one whose files are on disk.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;

use kws::Assets;
use kws_tests::listening::{detections, recording};
use kws_tests::root;

#[test]
fn a_pipeline_from_memory_hears_what_one_from_disk_hears() {
    let pipelines = root().join("pipelines");
    let toml = fs::read_to_string(pipelines.join("yes_no.toml")).unwrap();
    let file = |name: &str| fs::read(pipelines.join("models/yes_no").join(name)).unwrap();
    let assets = Assets::memory()
        .with("models/yes_no/model.tflite", file("model.tflite"))
        .with("models/yes_no/model.toml", file("model.toml"));
    let samples = &recording()[..16_000 * 10];
    let memory = kws::from_memory(&toml, &assets).unwrap_or_else(|error| panic!("{error}"));
    let disk = kws::read(pipelines.join("yes_no.toml")).unwrap_or_else(|error| panic!("{error}"));
    let found = detections(&memory, samples);
    assert!(found.len() >= 3);
    assert_eq!(found, detections(&disk, samples));
}

#[test]
fn a_file_that_is_not_in_memory_is_named() {
    let toml = fs::read_to_string(root().join("pipelines/yes_no.toml")).unwrap();
    let error = kws::from_memory(&toml, &Assets::memory()).err().unwrap().to_string();
    assert!(error.contains("cannot read `models/yes_no/model.tflite`: it is not among the files"), "{error}");
}
