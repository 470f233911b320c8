//! Decisions on wake words, and the manifests that they come from.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use kws_engine::{Block, Event, Flow, Stage};
use kws_stages::decide::{Sliding, VoicedWakeWord, WakePace, WakeWord};
use kws_stages::nn::Manifest;

const PACE: WakePace = WakePace { stride: 3, period: 3, warm_up: 10 };

fn sliding(cutoff: u8) -> Sliding<Vec<u8>> {
    Sliding::new(cutoff, vec![0; 2])
}

fn stored(probability: u8) -> [i8; 1] {
    [(i16::from(probability) - 128) as i8]
}

/// Ticks of the detections in probabilities that come every third frame, a tick a frame.
fn detections(probabilities: &[u8]) -> Vec<u64> {
    let mut stage = WakeWord::new(sliding(200), None, PACE);
    let mut found = Vec::new();
    for (at, probability) in (1..).map(|step| 3 * step).zip(probabilities) {
        let mut event = [Event::NONE];
        if stage.process(Block { at, items: &stored(*probability) }, &mut event) == Ok(Flow::Emit) {
            assert_eq!((event[0].start, event[0].end), (at - 3, at));
            found.push(at);
        }
    }
    found
}

/// The same, with a voice activity model beside it.
fn voiced(probabilities: &[u8], voice: &[u8]) -> Vec<u64> {
    let mut stage = VoicedWakeWord(WakeWord::new(sliding(200), Some(sliding(100)), PACE));
    let mut found = Vec::new();
    for (at, (probability, voice)) in (1..).map(|step| 3 * step).zip(probabilities.iter().zip(voice)) {
        let (word, voice) = (stored(*probability), stored(*voice));
        let read = (Block { at, items: &word[..] }, Some(Block { at, items: &voice[..] }));
        if stage.process(read, &mut [Event::NONE]) == Ok(Flow::Emit) {
            found.push(at);
        }
    }
    found
}

#[test]
fn the_mean_must_be_above_the_cutoff_after_the_warm_up() {
    // Ten frames of warm-up pass under three low probabilities and one frame of the fourth.
    assert_eq!(detections(&[0, 0, 0, 0, 255, 255]), [18]);
    assert_eq!(detections(&[0, 0, 255, 255, 255, 255]), [0; 0]);
    assert_eq!(detections(&[0, 0, 0, 0, 200, 200, 201, 201]), [21]);
}

#[test]
fn one_utterance_is_detected_once() {
    let mut probabilities = vec![0; 4];
    probabilities.extend([255; 30]);
    assert_eq!(detections(&probabilities), [18]);
    probabilities.extend([0; 4]);
    probabilities.extend([255; 3]);
    assert_eq!(detections(&probabilities), [18, 120]);
}

#[test]
fn both_must_agree_where_there_is_a_voice_model() {
    let word = [0, 0, 0, 0, 255, 255, 255, 255];
    assert_eq!(voiced(&word, &[0; 8]), [0; 0]);
    assert_eq!(voiced(&word, &[0, 0, 0, 0, 0, 0, 201, 0]), [21]);
}

#[test]
fn version_1_says_less_in_other_words() {
    let text = r#"{"type": "micro", "wake_word": "okay nabu", "model": "okay_nabu.tflite", "version": 1,
        "micro": {"probability_cutoff": 0.5, "sliding_window_average_size": 10}}"#;
    let manifest = Manifest::parse(text).unwrap();
    assert_eq!((manifest.cutoff(), manifest.sliding_window, manifest.step_ms), (127, 10, 20));
}

#[test]
fn what_is_no_manifest_is_reported() {
    let error = Manifest::parse("{}").unwrap_err();
    assert!(error.contains("not a microWakeWord manifest"), "{error}");
    let text = r#"{"type": "micro", "wake_word": "x", "model": "x.tflite", "version": 3,
        "micro": {"probability_cutoff": 0.5, "sliding_window_size": 10}}"#;
    let error = Manifest::parse(text).unwrap_err();
    assert!(error.contains("version 3, expected"), "{error}");
}
