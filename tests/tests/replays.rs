//! The same events every time: whatever the lanes, the source's block and the pace, and from a recording.

#![allow(clippy::unwrap_used, reason = "this is test code")]
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use kws_engine::run::RunOptions;
use kws_engine::{Pipeline, Plan};
use kws_tests::{one_lane, over_recording, root, run, share_lanes};
use serde_json::json;

const RUNS: usize = 20;

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("replays").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// At least two minutes of the repository's recording, its events in a file.
fn two_minutes(name: &str) -> (Pipeline, PathBuf) {
    let events = folder(name).join("events.jsonl");
    let recording = root().join("pipelines/recordings/yes_no.flac");
    (over_recording("yes_no.toml", &recording, 5, &events), events)
}

/// The events of one run, made once: tests run side by side, and each run empties its folder first.
static EXPECTED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (pipeline, events) = two_minutes("expected");
    run(&pipeline, RunOptions::default());
    let found = fs::read(events).unwrap();
    let lines = found.iter().filter(|&&byte| byte == b'\n').count();
    assert!(lines >= 20, "only {lines} events in two minutes");
    found
});

#[test]
fn twenty_runs_agree() {
    for number in 0..RUNS {
        let (pipeline, events) = two_minutes("again");
        run(&pipeline, RunOptions { timed: number % 2 == 0, ..RunOptions::default() });
        assert_eq!(fs::read(events).unwrap(), *EXPECTED, "run {number}");
    }
}

#[test]
fn lanes_do_not_matter() {
    // From each stage in its own lane to all in one, and a spread of those between.
    let all = one_lane(&two_minutes("lanes").0);
    for shares in (0..all).step_by(29).chain([all]) {
        let (mut pipeline, events) = two_minutes("lanes");
        share_lanes(&mut pipeline, shares);
        run(&pipeline, RunOptions::default());
        assert_eq!(fs::read(events).unwrap(), *EXPECTED, "shared lanes {shares:b}");
    }
}

#[test]
fn one_lane_on_the_calling_thread_agrees() {
    let (pipeline, events) = two_minutes("here");
    let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap();
    plan.run_here(|_, node| node).unwrap();
    assert_eq!(fs::read(events).unwrap(), *EXPECTED);
}

#[test]
fn blocks_of_the_source_do_not_matter() {
    for block in [80, 160, 320] {
        let (mut pipeline, events) = two_minutes("blocks");
        let source = pipeline.stages[0].name.clone();
        pipeline.set(&format!("{source}.block={block}")).unwrap();
        run(&pipeline, RunOptions::default());
        assert_eq!(fs::read(events).unwrap(), *EXPECTED, "blocks of {block} samples");
    }
}

#[test]
fn a_block_longer_than_the_hop_is_refused() {
    let (mut pipeline, _) = two_minutes("long_block");
    let source = pipeline.stages[0].name.clone();
    pipeline.set(&format!("{source}.block=640")).unwrap();
    let error = Plan::new(&pipeline, &kws_host::registry()).err().expect("a hop cannot be half a block");
    assert!(error.to_string().contains("hop"), "{error}");
}

#[test]
fn pace_does_not_matter() {
    let (pipeline, events) = two_minutes("fast");
    let shorten = |mut pipeline: Pipeline| {
        let source = pipeline.stages[0].name.clone();
        pipeline.set(&format!("{source}.repeat=1")).unwrap();
        pipeline
    };
    run(&shorten(pipeline), RunOptions::default());
    let expected = fs::read(events).unwrap();
    let (pipeline, events) = two_minutes("paced");
    // In real time this test would last as long as the recording; a stop after a few events compares what has come.
    let plan = Plan::new(&shorten(pipeline), &kws_host::registry()).unwrap();
    let mut running = plan.start(RunOptions { paced: true, ..RunOptions::default() }).unwrap();
    let come = || fs::read(&events).unwrap().iter().filter(|&&byte| byte == b'\n').count();
    loop {
        let report = running.reports().recv_timeout(std::time::Duration::from_millis(10));
        let over = report.is_ok_and(|report| running.note(report));
        if over || come() >= 2 {
            break;
        }
    }
    running.stopper().stop();
    assert!(running.wait().fault.is_none());
    let found = fs::read(&events).unwrap();
    assert!(!found.is_empty(), "it ended without an event");
    assert!(expected.starts_with(&found), "{}", String::from_utf8_lossy(&found));
}

#[test]
fn a_recording_of_any_edge_replays_to_the_same_events() {
    let (pipeline, _) = two_minutes("recorded");
    let inner: Vec<String> =
        pipeline.stages[..pipeline.stages.len() - 1].iter().map(|stage| stage.name.clone()).collect();
    let takes = folder("takes");
    let mut recording = pipeline.clone();
    for stage in &inner {
        let path = takes.join(stage);
        recording.attach(&format!("record {stage}"), "record", stage, &json!({"path": path}), "a test");
    }
    run(&recording, RunOptions::default());
    for stage in &inner {
        let (mut pipeline, events) = two_minutes("replayed");
        pipeline.replace(stage, "replay", &json!({"path": takes.join(stage)}), "a test");
        // What came before the replayed stage now leads nowhere; it may as well run.
        run(&pipeline, RunOptions::default());
        assert_eq!(fs::read(events).unwrap(), *EXPECTED, "replay of `{stage}`");
    }
}
