//! Clips of what was before an event, judged by second stages that are written like any others.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use kws::{Output, Plan};
use kws_engine::Buffer;
use kws_tests::listening::{detections, missed, recording};
use kws_tests::root;

/// The front ends, as they stand behind a microphone or a `capture`.
const FRONT_ENDS: [&str; 4] = [
    "kind = 'window'\nlength_ms = 30\nhop_ms = 20\n[[stage]]\nkind = 'fft'\nsize = 512\n\
     [[stage]]\nkind = 'mel'\n[[stage]]\nkind = 'log'\n[[stage]]\nkind = 'dct'\n[[stage]]\nname = 'end'\n\
     kind = 'quantise'\nscale = 0.1\nzero_point = 3\n",
    "name = 'end'\nkind = 'mfcc'\nhop_ms = 20\n",
    "name = 'end'\nkind = 'micro_frontend'\nhop_ms = 20\n",
    "kind = 'lfbe'\nlength_ms = 40\nhop_ms = 20\n[[stage]]\nname = 'end'\nkind = 'stack'\nframes = 5\nhop = 2\n",
];

/// A first stage of the tiny model's suspicions.
fn first(label: &str, capture: &str) -> String {
    let toml = std::fs::read_to_string(root().join("tests/pipelines/second_stage.toml")).unwrap();
    let (front, _) = toml.split_once("[[stage]]\nkind = \"capture\"").unwrap();
    format!("{front}[[stage]]\nname = '{label}'\nkind = 'capture'\n{capture}")
}

fn parse(toml: &str) -> Plan {
    kws::parse(toml, root().join("tests/pipelines")).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

fn refused(toml: &str) -> String {
    match kws::parse(toml, root().join("tests/pipelines")) {
        Ok(_) => panic!("it is planned:\n{toml}"),
        Err(error) => error.to_string(),
    }
}

/// Every block of some stages, in order.
fn blocks(plan: &Plan, stages: &[&str], samples: &[i16]) -> Vec<Vec<(u64, Buffer)>> {
    let mut session = plan.session().unwrap();
    stages.iter().for_each(|stage| session.tap(stage).unwrap());
    let mut found = vec![Vec::new(); stages.len()];
    let mut note = |output: Output<'_>| {
        if let Some(stage) = stages.iter().position(|stage| *stage == output.stage) {
            found[stage].push((output.at, output.block.clone()));
        }
    };
    session.push("mic", samples, &mut note).unwrap();
    session.finish(&mut note).unwrap();
    found
}

/// One buffer after another.
fn joined(blocks: &[(u64, Buffer)]) -> Vec<f32> {
    let items = |block: &Buffer| -> Vec<f32> {
        match block {
            Buffer::I8(items) => items.iter().map(|item| f32::from(*item)).collect(),
            Buffer::F32(items) => items.to_vec(),
            other => panic!("{other:?}"),
        }
    };
    blocks.iter().flat_map(|(_, block)| items(block)).collect()
}

/// What a front end makes of a clip is what it makes of a recording of the clip.
#[test]
fn features_of_a_clip_are_those_of_its_recording() {
    for front_end in FRONT_ENDS {
        let capture = "inputs = ['mic', 'suspicion']\nlength_ms = 1000\n";
        let plan = parse(&format!("{}[[stage]]\n{front_end}", first("clip", capture)));
        let found = blocks(&plan, &["clip", "end"], &recording());
        let alone = parse(&format!("[[stage]]\nkind = 'mic'\n[[stage]]\n{front_end}"));
        assert!(found[0].len() >= 5, "{} clips", found[0].len());
        assert_eq!(found[0].len(), found[1].len());
        for ((at, clip), (end, features)) in found[0].iter().zip(&found[1]) {
            let Buffer::I16(samples) = clip else { panic!("{clip:?}") };
            assert_eq!((samples.len(), at), (16_000, end));
            let expected = joined(&blocks(&alone, &["end"], samples)[0]);
            assert_eq!(joined(&[(*end, features.clone())]), expected, "{front_end}");
        }
    }
}

/// The samples of a clip are the last ones, silence before the stream began.
#[test]
fn a_clip_is_what_was_last() {
    let samples = recording();
    for (length, after) in [(1000, 0), (2500, 250), (0, 30)] {
        let capture = format!(
            "inputs = ['mic', 'suspicion']\nlength_ms = {length}\nafter_ms = {after}\nlabel = 'yes'\n"
        );
        let plan = parse(&first("clip", &capture));
        let found = blocks(&plan, &["clip", "suspicion"], &samples);
        let period = plan.stage("mic").unwrap().output.as_ref().unwrap().period;
        for (at, clip) in &found[0] {
            let Buffer::I16(clip) = clip else { panic!("{clip:?}") };
            assert_eq!(clip.len() as u64, (length * 16).max(period));
            let end = *at as usize;
            let known = end.min(clip.len());
            let (silence, sound) = clip.split_at(clip.len() - known);
            assert!(silence.iter().all(|sample| *sample == 0));
            assert_eq!(sound, &samples[end - known..end]);
        }
        let events = found[1].iter().filter(|(_, block)| match block {
            Buffer::Event(events) => events.iter().any(|event| event.is_some() && event.label == 2),
            _ => false,
        });
        let wait = (after * 16_u64).next_multiple_of(period);
        let due: Vec<u64> =
            events.map(|(at, _)| at + wait).filter(|at| *at <= samples.len() as u64).collect();
        assert_eq!(found[0].iter().map(|(at, _)| *at).collect::<Vec<_>>(), due);
        assert!(due.len() >= 3, "{due:?}");
    }
}

/// The large model finds in the clips what it finds in the stream, for it is written in the same way.
#[test]
fn a_second_stage_judges_what_the_first_suspects() {
    let expected = detections(
        &kws::read(root().join("pipelines/yes_no.toml")).unwrap_or_else(|error| panic!("{error}")),
        &recording(),
    );
    let toml = std::fs::read_to_string(root().join("tests/pipelines/second_stage.toml")).unwrap();
    let found = detections(&parse(&toml), &recording());
    assert_eq!(missed(&expected, &found), [], "{found:?} of {expected:?}");
    assert_eq!(missed(&found, &expected), [], "{found:?} of {expected:?}");
}

/// An event passes a gate when the clip before it is judged to hold the word.
#[test]
fn a_verdict_opens_a_gate_for_the_event_itself() {
    let toml = std::fs::read_to_string(root().join("tests/pipelines/second_stage.toml")).unwrap();
    let (front, _) = toml.split_once("[[stage]]\nkind = \"classifier\"\nstreaming = true\nhop = 2\nmodel = \"../../pipelines/models/yes_no/").unwrap();
    let gated = format!(
        "{}[[stage]]\nkind = 'stack'\nframes = 49\n[[stage]]\nname = 'verdict'\nkind = 'classifier'\n\
         model = '../../pipelines/models/yes_no/model.tflite'\n\
         [[stage]]\nkind = 'gate'\ninputs = ['suspicion', 'verdict']\nlabel = 'yes'\nwithin_ms = 0\n\
         [[stage]]\nkind = 'print'\n",
        front.replace("length_ms = 2000\nafter_ms = 300", "length_ms = 1000")
    );
    let plan = parse(&gated);
    assert_eq!(
        plan.stage("verdict").unwrap().output.as_ref().unwrap().shape,
        [4],
        "one verdict on each clip"
    );
    let all = blocks(&plan, &["suspicion", "verdict", "gate"], &recording());
    assert_eq!(all[0].len(), all[1].len(), "a verdict for each event, at its tick");
    assert!(!all[2].is_empty() && all[2].len() < all[0].len(), "{} of {}", all[2].len(), all[0].len());
}

#[test]
fn what_cannot_be_done_with_clips_is_refused() {
    let clip = first("clip", "inputs = ['mic', 'suspicion']\n");
    let text =
        refused(&format!("{clip}[[stage]]\nkind = 'gate'\ninputs = ['suspicion', 'clip']\nlabel = 'yes'\n"));
    assert!(text.contains("cannot read the clips that `clip` writes"), "{text}");
    let text = refused(&format!("{clip}[[stage]]\nkind = 'capture'\ninputs = ['clip', 'suspicion']\n"));
    assert!(text.contains("cannot read the clips that `clip` writes"), "{text}");
    let text = refused(&format!("{clip}[[stage]]\nkind = 'mfcc'\n[[stage]]\nkind = 'stack'\nframes = 60\n"));
    assert!(text.contains("writes nothing in a clip of 49 blocks"), "{text}");
    let text = refused(&first("clip", "inputs = ['mic', 'first']\n"));
    assert!(text.contains("expected events as the second input"), "{text}");
    let text = refused(&first("clip", "inputs = ['mic', 'suspicion']\nlabel = 'maybe'\n"));
    assert!(text.contains("expected one of `silence`, `unknown`, `yes`, `no`"), "{text}");
    let early = format!(
        "{clip}[[stage]]\nkind = 'gate'\ninputs = ['suspicion', 'first']\nlabel = 'yes'\nbefore_ms = 100\n"
    );
    let text = refused(&early);
    assert!(text.contains("writes blocks now and then"), "{text}");
}

/// Work that is done on events only is no part of what every second costs.
#[test]
fn the_cost_of_an_event_is_reported_by_itself() {
    let toml = std::fs::read_to_string(root().join("tests/pipelines/second_stage.toml")).unwrap();
    let plan = parse(&toml);
    let (front, _) = toml.split_once("[[stage]]\nkind = \"capture\"").unwrap();
    assert_eq!(plan.macs_per_second(), parse(front).macs_per_second());
    let large = plan.stage("classifier").unwrap().cost.macs;
    assert!(plan.macs_per_event() > large && large > 1_000_000, "{large} of {}", plan.macs_per_event());
}
