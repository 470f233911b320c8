//! A microphone and a camera in one pipeline: the same events every time, whatever the lanes and the source's blocks, and
//! from recordings.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kws_engine::run::RunOptions;
use kws_engine::{Pipeline, Plan};
use kws_tests::{one_lane, root, run, share_lanes};
use serde_json::json;

const RUNS: u32 = 10;

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("replays_joined").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// A little over half a minute of the repository's recording and pictures, events in a file.
fn joined(name: &str) -> (Pipeline, PathBuf) {
    let events = folder(name).join("events.jsonl");
    let mut pipeline = Pipeline::read(&root().join("tests/pipelines/word_in_the_light.toml")).unwrap();
    let at = |path: &str| fs::canonicalize(root().join(path)).unwrap();
    let sound = json!({"path": at("pipelines/recordings/yes_no.flac")});
    pipeline.replace("mic", "audio_file", &sound, "a test's recording");
    let pictures =
        json!({"path": at("pipelines/pictures"), "fps": 1, "repeat": 2, "width": 96, "height": 96});
    pipeline.replace("camera", "image_files", &pictures, "a test's pictures");
    pipeline.replace("print", "jsonl", &json!({"path": events}), "a test's events");
    (pipeline, events)
}

fn ticks(events: &Path) -> Vec<u64> {
    let text = fs::read_to_string(events).unwrap();
    let tick =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["tick"].as_u64().unwrap();
    text.lines().map(tick).collect()
}

/// The events of one run, made once.
static EXPECTED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (pipeline, events) = joined("expected");
    run(&pipeline, RunOptions::default());
    fs::read(events).unwrap()
});

#[test]
fn words_in_the_dark_do_not_count() {
    let (mut pipeline, events) = joined("all words");
    pipeline.set("seen.on=0").unwrap();
    pipeline.set("seen.within_ms=1e6").unwrap();
    run(&pipeline, RunOptions::default());
    let all = ticks(&events);
    let (pipeline, events) = joined("words in the light");
    run(&pipeline, RunOptions::default());
    let seen = ticks(&events);
    // Picture k, of 18, is there from second k + 1 on; those of numbers 12 and 13 are dark, 15 and 16 blown out.
    let lit = |tick: &u64| {
        let second = tick / 16_000;
        second > 0 && ![12, 13, 15, 16].contains(&((second - 1) % 18))
    };
    let expected: Vec<u64> = all.iter().copied().filter(lit).collect();
    assert_eq!(seen, expected, "of {all:?}");
    assert!(seen.len() >= 5 && all.len() >= seen.len() + 2, "{} of {}", seen.len(), all.len());
}

#[test]
fn runs_agree() {
    for number in 0..RUNS {
        let (pipeline, events) = joined("again");
        run(&pipeline, RunOptions { timed: number % 2 == 0, ..RunOptions::default() });
        assert_eq!(fs::read(events).unwrap(), *EXPECTED, "run {number}");
    }
}

#[test]
fn lanes_do_not_matter() {
    let all = one_lane(&joined("lanes").0);
    for shares in (0..all).step_by(211).chain([all]) {
        let (mut pipeline, events) = joined("lanes");
        share_lanes(&mut pipeline, shares);
        run(&pipeline, RunOptions::default());
        assert_eq!(fs::read(events).unwrap(), *EXPECTED, "shared lanes {shares:b}");
    }
}

#[test]
fn one_lane_on_the_calling_thread_agrees() {
    let (pipeline, events) = joined("here");
    let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap();
    plan.run_here(|_, node| node).unwrap();
    assert_eq!(fs::read(events).unwrap(), *EXPECTED);
}

#[test]
fn blocks_of_the_microphone_do_not_matter() {
    for block in [80, 320] {
        let (mut pipeline, events) = joined("blocks");
        pipeline.set(&format!("mic.block={block}")).unwrap();
        run(&pipeline, RunOptions::default());
        assert_eq!(fs::read(events).unwrap(), *EXPECTED, "blocks of {block} samples");
    }
}

#[test]
fn a_recording_of_any_edge_replays_to_the_same_events() {
    let (pipeline, _) = joined("recorded");
    // A stage that names its inputs cannot become a source; of the join, both inputs are replayed.
    let writers: Vec<String> = pipeline
        .stages
        .iter()
        .filter(|stage| stage.inputs.len() < 2 && stage.name != "print")
        .map(|stage| stage.name.clone())
        .collect();
    let takes = folder("takes");
    let mut recording = pipeline.clone();
    for stage in &writers {
        let path = takes.join(stage);
        recording.attach(&format!("record {stage}"), "record", stage, &json!({"path": path}), "a test");
    }
    run(&recording, RunOptions::default());
    for stage in &writers {
        let (mut pipeline, events) = joined("replayed");
        pipeline.replace(stage, "replay", &json!({"path": takes.join(stage)}), "a test");
        run(&pipeline, RunOptions::default());
        assert_eq!(fs::read(events).unwrap(), *EXPECTED, "replay of `{stage}`");
    }
}
