//! What a closed gate withholds is a gap: what follows starts over, and nothing joins what was never adjacent.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::path::Path;

use kws::{Output, Plan};
use kws_tests::listening::{detections, missed, recording};
use kws_tests::root;

fn read(path: impl AsRef<Path>) -> Plan {
    kws::read(root().join(path)).unwrap_or_else(|error| panic!("{error}"))
}

/// The large model's average forgets what was before a closed gate, and so finds each word that the small one lets
/// through.
#[test]
fn a_cascade_finds_what_the_large_model_finds() {
    let all = detections(&read("pipelines/yes_no.toml"), &recording());
    let found = detections(&read("tests/pipelines/cascade.toml"), &recording());
    let yes: Vec<(String, f64)> = all.into_iter().filter(|(label, _)| label == "yes").collect();
    assert_eq!(missed(&yes, &found), [], "{found:?} of {yes:?}");
}

#[test]
fn an_event_opens_a_gate_for_some_time() {
    let all = detections(&read("pipelines/yes_no.toml"), &recording());
    let expected: Vec<(String, f64)> = all
        .iter()
        .filter(|(_, now)| all.iter().any(|(label, at)| label == "yes" && (0.0..=3.0).contains(&(now - at))))
        .cloned()
        .collect();
    assert_eq!(detections(&read("tests/pipelines/yes_then_no.toml"), &recording()), expected);
    assert!(expected.iter().any(|(label, _)| label == "no") && expected.len() < all.len(), "{expected:?}");
}

/// Samples that pass a gate come with what came before it opened, and frames are of adjacent samples alone.
#[test]
fn samples_behind_a_gate_are_adjacent_or_come_after_a_gap() {
    let toml = std::fs::read_to_string(root().join("tests/pipelines/cascade.toml")).unwrap();
    let (front, _) = toml.split_once("[[stage]]\nkind = \"stack\"\ninput = \"log\"").unwrap();
    let gated = format!(
        "{front}[[stage]]\nkind = \"gate\"\ninputs = [\"mic\", \"tiny\"]\nlabel = \"yes\"\non = 0.2\nwithin_ms = 500\n\
         before_ms = 400\n"
    );
    let plan = kws::parse(&gated, root().join("tests/pipelines")).unwrap_or_else(|error| panic!("{error}"));
    let mut session = plan.session().unwrap();
    session.tap("gate").unwrap();
    let (samples, mut last, mut gaps, mut blocks) = (recording(), 0_u64, 0, 0);
    let delay = 16_000 * 400 / 1000;
    let note = |output: Output<'_>| {
        let block = output.items::<i16>().unwrap();
        let length = block.len() as u64;
        assert_eq!(output.at, last + output.lost + length, "what is missing is what the block says");
        let end = (output.at - delay) as usize;
        assert_eq!(block, &samples[end - block.len()..end], "the block of so long ago");
        gaps += u32::from(output.lost > 0);
        blocks += 1;
        last = output.at;
    };
    session.push("mic", &samples, note).unwrap();
    assert!(gaps >= 3 && blocks > 100, "{gaps} gaps, {blocks} blocks");
}
