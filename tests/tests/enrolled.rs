//! Words and voices that were enrolled, in pipelines.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use kws_tests::listening::{detections, recording};
use kws_tests::root;

fn heard(name: &str) -> Vec<String> {
    let plan = kws::read(root().join("tests/pipelines").join(name)).unwrap_or_else(|error| panic!("{error}"));
    detections(&plan, &recording()).iter().map(|detection| format!("{detection:?}")).collect()
}

/// The word was enrolled with three of the six clips of the recording; no other word of it passes.
#[test]
fn an_enrolled_word_is_heard() {
    let heard = heard("enrolled_word.toml");
    assert!((4..=8).contains(&heard.len()), "{heard:#?}");
}
