//! MLPerf Tiny's streaming wakeword reference as a pipeline: its recording of ten seconds, and what streaming saves.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;

use kws_engine::run::RunOptions;
use kws_engine::{Pipeline, Plan};
use kws_tests::{root, run, shared_data};
use serde_json::{Value, json};

/// Seconds after a word in which a detection counts as that word's.
const LATE: f64 = 1.0;

/// End of each detection, in seconds, that the pipeline tells of.
fn detections(pipeline: &Pipeline) -> Vec<f64> {
    let mut pipeline = pipeline.clone();
    let events = tempfile::NamedTempFile::new().unwrap();
    pipeline.replace("print", "jsonl", &json!({"path": events.path()}), "a test's events");
    run(&pipeline, RunOptions::default());
    let text = fs::read_to_string(events.path()).unwrap();
    println!("{text}");
    let end = |line: &str| serde_json::from_str::<Value>(line).unwrap()["end"].as_f64();
    text.lines().filter_map(end).collect()
}

#[test]
fn two_of_three_words_are_found_as_by_the_reference() {
    let Some(data) = shared_data("models") else { return };
    let pipeline = Pipeline::read(&root().join("tests/pipelines/mlperf_sww.toml")).unwrap();
    let truth = fs::read_to_string(data.join("mlperf_sww_wav/sww_short_test.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let words: Vec<(f64, f64)> = truth[0]["detection_windows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| (word[0].as_f64().unwrap(), word[1].as_f64().unwrap()))
        .collect();
    let found = detections(&pipeline);
    let within = |at: f64, (start, end): (f64, f64)| (start..=end + LATE).contains(&at);
    let true_positives = words.iter().filter(|word| found.iter().any(|at| within(*at, **word))).count();
    let false_positives = found.iter().filter(|at| !words.iter().any(|word| within(**at, *word))).count();
    println!("{found:?}: {true_positives} of {} words, {false_positives} more", words.len());
    assert_eq!((words.len(), true_positives, false_positives), (3, 2, 0));
}

#[test]
fn streaming_finds_what_whole_windows_find() {
    if shared_data("models").is_none() {
        return;
    }
    let path = root().join("tests/pipelines/mlperf_sww.toml");
    let streaming = fs::read_to_string(&path).unwrap();
    let stack = "[[stage]]\nkind = \"stack\"\nframes = 30\n\n[[stage]]\nkind = \"classifier\"";
    let whole =
        streaming.replace("[[stage]]\nkind = \"classifier\"", stack).replace("streaming = true\n", "");
    assert_eq!(whole.matches("stack").count(), 1);
    let folder = path.parent().unwrap();
    let parse = |text: &str| Pipeline::parse(text, "mlperf_sww.toml", folder).unwrap();
    assert_eq!(detections(&parse(&whole)), detections(&parse(&streaming)));
}

#[test]
fn the_planner_says_what_it_saved() {
    if shared_data("models").is_none() {
        return;
    }
    let path = root().join("tests/pipelines/mlperf_sww.toml");
    let plan = Plan::read(&path, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    let classifier = plan.stage("classifier").unwrap();
    assert_eq!(classifier.cost.macs, 46_040);
    let remark = classifier.remark().unwrap();
    assert!(remark.starts_with("an arena of ") && remark.contains(" bytes with the "), "{remark}");
    assert!(remark.contains("46040 MACs for 1 new of 30 frames") && remark.contains("826368"), "{remark}");
}
