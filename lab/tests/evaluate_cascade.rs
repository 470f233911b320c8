//! The shipped cascade measured as one, on the recording that comes with it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use kws_engine::Pipeline;
use kws_lab::audio::read_16k;
use kws_lab::corpus::Word;
use kws_lab::evaluate::{Cascade, CascadeReport, Listener};

fn pipelines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines")
}

fn cascade() -> Cascade {
    Cascade::open(&pipelines().join("cascade.toml")).unwrap()
}

#[test]
fn what_has_several_detectors_or_places_is_a_cascade() {
    let is_one = |name: &str| Cascade::is_one(&Pipeline::read(&pipelines().join(name)).unwrap());
    assert!(is_one("cascade.toml"));
    assert!(!is_one("yes_no.toml") && !is_one("commands.toml"));
}

#[test]
fn its_steps_its_links_and_its_boards_are_counted() {
    let (samples, cascade) = (read_16k(&pipelines().join("recordings/yes_no.flac")).unwrap(), cascade());
    assert_eq!(cascade.words(), ["yes", "no"]);
    let heard = cascade.hear("recording", &samples, &[]).unwrap();
    let [first, last] = heard.detections[..] else { panic!("{heard:?}") };
    assert!(first >= last && last > 0, "{heard:?}");
    assert_eq!(
        (heard.steps[0].false_accepts, heard.steps[1].false_accepts),
        (first, last),
        "nothing is said"
    );
    let report = CascadeReport::new("cascade", &cascade, &[heard]);
    let [node, hub] = &report.steps[..] else { panic!("{report:?}") };
    assert_eq!((node.step.as_str(), node.place.as_str(), node.is_judged), ("suspicion", "node", true));
    assert_eq!((hub.step.as_str(), hub.place.as_str(), hub.is_judged), ("verdict", "hub", false));
    assert!((node.hears - 1.0).abs() < 1e-9 && hub.hears < 1.0, "the hub hears clips only");
    // A clip of 1.5 s is 48 kB, and each makes the hub hear that much.
    let clips = &report.links[0];
    assert_eq!((clips.from.as_str(), clips.to.as_str(), clips.role.as_str()), ("node", "hub", "samples"));
    let hours = samples.len() as f64 / 16_000.0 / 3600.0;
    let bytes = clips.bytes_per_hour * hours / (clips.blocks_per_hour * hours);
    assert!((48_000.0..50_000.0).contains(&bytes), "{bytes} bytes of a clip");
    let reached = clips.blocks_per_hour * hours * 24_000.0 / samples.len() as f64;
    assert!((hub.hears - reached).abs() < 1e-6, "{} and {reached}", hub.hears);
    let board = &report.places[0];
    assert_eq!(board.board.as_deref(), Some("nano33ble"));
    assert!(board.awake.unwrap() > 0.0 && board.joules_a_day.unwrap() > 0.0, "{board:?}");
    assert!(report.places[1].joules_a_day.is_none(), "a computer has no battery here");
    assert!(report.text().contains("after each step"));
}

#[test]
fn a_word_is_missed_once_and_its_delay_is_to_when_the_verdict_is_out() {
    let samples = read_16k(&pipelines().join("recordings/yes_no.flac")).unwrap();
    let listener = Listener::open(&pipelines().join("yes_no.toml"), None).unwrap();
    let single = listener.detections(&listener.record(&samples).unwrap()).unwrap();
    // What the larger model alone finds stands for the truth.
    let word = |found: &kws_lab::evaluate::Detection| Word {
        label: found.label.clone(),
        start: (found.at as usize).saturating_sub(12_000),
        end: found.at as usize,
    };
    let truth: Vec<Word> = single.iter().map(word).collect();
    let heard = cascade().hear("recording", &samples, &truth).unwrap();
    for tally in &heard.steps {
        assert_eq!(tally.said, truth.len());
        assert_eq!(tally.latencies.len(), tally.heard);
    }
    assert!(heard.steps[1].heard > 0);
    // The clip ends 200 ms after the suspicion, and a serial line takes 0.48 s for it.
    assert!(heard.steps[1].latencies.iter().all(|late| *late > 16 * 480), "{:?}", heard.steps[1].latencies);
}
