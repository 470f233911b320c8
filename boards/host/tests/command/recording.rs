//! `--record` and the folder that it leaves.

use crate::bench::{features, spotting};

#[test]
fn a_recording_replays() {
    let bench = spotting();
    let run = bench.run(&["spotting.toml", "--json", "--record", "take"]).well();
    let replayed = bench.run(&["take/pipeline.toml", "--json"]).well();
    assert!(!run.out.is_empty());
    assert_eq!(run.out, replayed.out);
}

#[test]
fn every_edge_is_recorded_or_those_chosen_and_the_sources() {
    let bench = features();
    bench.run(&["features.toml", "--record", "all"]).well();
    for name in ["mic.wav", "window.npy", "fft.npy", "pipeline.toml"] {
        assert!(bench.path("all").join(name).is_file(), "{name}");
    }
    bench.run(&["features.toml", "--record", "some", "--edges", "fft"]).well();
    assert!(bench.path("some/mic.wav").is_file() && bench.path("some/fft.npy").is_file());
    assert!(!bench.path("some/window.npy").exists());
}

#[test]
fn a_recording_is_the_same_when_it_is_replayed_from_elsewhere() {
    let bench = features();
    bench.run(&["features.toml", "--record", "one"]).well();
    std::fs::rename(bench.path("one"), bench.path("moved")).unwrap();
    std::fs::remove_file(bench.path("sound.raw")).unwrap();
    bench.run(&["moved/pipeline.toml", "--record", "two"]).well();
    let bytes = |name: &str| std::fs::read(bench.path(name)).unwrap();
    for name in ["mic.wav", "window.npy", "fft.npy", "fft.ticks.npy"] {
        assert!(bytes(&format!("moved/{name}")) == bytes(&format!("two/{name}")), "{name}");
    }
}

#[test]
fn a_recording_is_not_written_over_the_pipeline_that_it_replays() {
    let bench = features();
    bench.run(&["features.toml", "--record", "one"]).well();
    bench.run(&["one/pipeline.toml", "--record", "one"]).badly(2, &["--record one"]);
    bench.run(&["one/pipeline.toml"]).well();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let bench = features();
    bench
        .run(&["features.toml", "--record", "sound.raw/x"])
        .badly(1, &["cannot write the recording", "sound.raw/x"]);
}

/// What planning read of a model goes along, and nothing else of its folder.
#[test]
fn the_files_of_a_model_are_copied() {
    let bench = features();
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines");
    let (pipeline, source) =
        (format!("{models}/yes_no_tiny.toml"), format!("file:{models}/recordings/yes_no.flac"));
    let run = bench.run(&[&pipeline, "--source", &source, "--json", "--record", "take"]).well();
    let copies = std::fs::read_dir(bench.path("take/files/1-yes_no_tiny")).unwrap();
    let mut names: Vec<String> =
        copies.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["model.tflite", "model.toml"]);
    assert_eq!(bench.run(&["take/pipeline.toml", "--json"]).well().out, run.out);
}
