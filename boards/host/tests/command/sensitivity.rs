//! How readily `pipelines/yes_no.toml` fires.

use crate::bench::{Bench, Ended};

const PIPELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/yes_no.toml");
const SOURCE: &str = concat!("file:", env!("CARGO_MANIFEST_DIR"), "/../../pipelines/recordings/yes_no.flac");

fn run(more: &[&str]) -> Ended {
    Bench::new().run(&[&[PIPELINE, "--source", SOURCE, "--json"], more].concat())
}

/// The labels and scores of the events.
fn events(more: &[&str]) -> Vec<(String, f64)> {
    let line = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        (event["label"].as_str().unwrap().to_owned(), event["score"].as_f64().unwrap())
    };
    run(more).well().out.lines().map(line).collect()
}

#[test]
fn half_changes_nothing_and_less_fires_less() {
    let usual = events(&[]);
    assert_eq!(events(&["--sensitivity", "0.5"]), usual);
    // An event tells the score that it began with, of at least the threshold.
    let lowest = |events: &[(String, f64)], label: &str| {
        events.iter().filter(|(of, _)| of == label).map(|(_, score)| *score).fold(1.0, f64::min)
    };
    let (strict, loose) = (events(&["--sensitivity", "0"]), events(&["--sensitivity", "1"]));
    let only_yes = events(&["--sensitivity", "yes=0"]);
    for label in ["yes", "no"] {
        assert!(lowest(&loose, label) < lowest(&usual, label), "{loose:?}");
        assert!(lowest(&strict, label) > lowest(&usual, label), "{strict:?}");
    }
    assert_eq!(lowest(&only_yes, "no"), lowest(&usual, "no"));
    assert_eq!(lowest(&only_yes, "yes"), lowest(&strict, "yes"));
}

#[test]
fn what_it_means_is_reported() {
    let ended = run(&["--sensitivity", "0.7"]).well();
    assert!(ended.err.contains("sensitivity 0.7: `yes` needs a score of 0."), "{ended:#?}");
}

#[test]
fn a_point_can_be_set_where_the_file_has_none() {
    let events = events(&["--set", "trigger.points.0.on=0.9"]);
    assert!(!events.is_empty() && events.iter().all(|(_, score)| *score >= 0.9), "{events:?}");
    run(&["--set", "trigger.points.1.on=0.9"]).badly(1, &["`1` is not an index into an array of 0 items"]);
}

#[test]
fn wrong_values_are_explained() {
    run(&["--sensitivity", "1.5"]).badly(1, &["expected a number from 0 to 1"]);
    run(&["--sensitivity", "loud"]).badly(2, &["`--sensitivity loud`", "LABEL=NUMBER"]);
    run(&["--sensitivity", "0.5", "--sensitivity", "yes=0.5"]).badly(2, &["LABEL=VALUE for each"]);
    run(&["--sensitivity", "yess=0.5"]).badly(1, &["no point detects `yess`", "did you mean `yes`?"]);
}
