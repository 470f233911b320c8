//! The shipped pipeline with each of its edges disturbed.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::path::PathBuf;

use kws_engine::run::{Outcome, RunOptions};
use kws_engine::{Pipeline, Plan};
use kws_tests::{over_recording, root};

/// The pipeline over the repository's recording, with a `fault` stage after the stage of this index.
fn disturbed(name: &str, after: usize, disturbance: &str) -> (Pipeline, PathBuf) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("faults");
    fs::create_dir_all(&folder).unwrap();
    let events = folder.join(format!("{name}{after}.jsonl"));
    let recording = root().join("pipelines/recordings/yes_no.flac");
    let sound = over_recording("yes_no.toml", &recording, 1, &events);
    let text = sound.to_toml();
    let mut stages: Vec<&str> = text.split("\n[[stage]]\n").collect();
    let fault = format!("kind = \"fault\"\nname = \"disturbance\"\nlane = \"disturbance\"\n{disturbance}\n");
    // The first piece is what stands before all stages.
    stages.insert(after + 2, &fault);
    let text = stages.join("\n[[stage]]\n");
    (Pipeline::parse(&text, "disturbed.toml", &root().join("pipelines")).unwrap(), events)
}

fn ran(pipeline: &Pipeline) -> Outcome {
    let plan = Plan::new(pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    plan.start(RunOptions::default()).unwrap_or_else(|fault| panic!("{fault}")).wait()
}

/// Edges before the events: what is put behind the trigger sees blocks only when a word is heard.
const EDGES: usize = 7;

#[test]
fn a_lane_that_fails_or_panics_anywhere_ends_the_run_and_is_named() {
    for after in 0..EDGES {
        for disturbance in ["fault_at_ms = 9000", "panic_at_ms = 9000"] {
            let (pipeline, events) = disturbed("killed", after, disturbance);
            let fault = ran(&pipeline).fault.unwrap();
            assert_eq!(fault.stage, "disturbance", "after stage {after}");
            let key = disturbance.split(' ').next().unwrap();
            assert!(fault.to_string().ends_with(&format!("`{key}` was reached")), "{fault}");
            // What was on its way is still worked off: the words of the first seconds are reported.
            assert!(fs::read_to_string(&events).unwrap().lines().count() >= 2, "after stage {after}");
        }
    }
}

#[test]
fn a_stream_that_ends_early_anywhere_ends_the_run_in_order() {
    for after in 0..EDGES {
        let (pipeline, events) = disturbed("ended", after, "end_at_ms = 9000");
        let outcome = ran(&pipeline);
        assert_eq!(outcome.fault, None);
        assert!(fs::read_to_string(&events).unwrap().lines().count() >= 2, "after stage {after}");
    }
}

#[test]
fn gaps_anywhere_are_counted_and_words_after_them_are_found() {
    for after in 0..EDGES {
        let (pipeline, events) = disturbed("gaps", after, "gaps = [{ at_ms = 10000, length_ms = 600 }]");
        let outcome = ran(&pipeline);
        assert_eq!(outcome.fault, None);
        let gaps: Vec<u64> =
            outcome.gaps.iter().filter(|gap| gap.stage == "disturbance").map(|gap| gap.lost).collect();
        assert_eq!(gaps, [9600], "after stage {after}");
        let events = fs::read_to_string(&events).unwrap();
        assert!(events.lines().any(|line| line.contains("\"time\":30.")), "after stage {after}:\n{events}");
    }
}

#[test]
fn a_sink_that_stalls_delays_and_loses_nothing() {
    let (pipeline, events) = disturbed("stalled", 7, "stalls = [{ at_ms = 3000, length_ms = 300 }]");
    let outcome = ran(&pipeline);
    assert_eq!((outcome.fault, outcome.gaps.len()), (None, 0));
    let sound = events.with_file_name("sound.jsonl");
    let recording = root().join("pipelines/recordings/yes_no.flac");
    kws_tests::run(&over_recording("yes_no.toml", &recording, 1, &sound), RunOptions::default());
    // Events bear the name of the stage that hands them to the sink.
    let found = fs::read_to_string(events).unwrap().replace("\"disturbance\"", "\"trigger\"");
    assert_eq!(found, fs::read_to_string(sound).unwrap());
}
