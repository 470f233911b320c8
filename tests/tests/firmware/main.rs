//! Pipelines written as firmware, compiled for this computer, against the threaded runner: the same events, the same
//! bits at the same ticks and the same gaps, from a microphone that stalls and overruns.
#![allow(clippy::unwrap_used, reason = "this is test code")]
#![allow(unreachable_pub, reason = "what is written is for any crate")]

extern crate self as my_stages;

mod golden;
mod kinds;
mod lanes;
mod microphone;
mod output;
#[path = "../../../engine/examples/own_stage.rs"]
#[allow(dead_code, reason = "its `main` is that of a program of its own")]
mod own_stage;

use std::path::PathBuf;
use std::sync::Mutex;

use kws_engine::run::RunOptions;
use kws_engine::{Flow, Pipeline, Plan, Stage, node};
use kws_tests::root;

use output::WRITTEN;

pub use microphone::Mic;
pub use output::Output;
pub use own_stage::Gain;

/// What pipelines write by way of statics belongs to one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// What a run has left.
#[derive(Debug, Default, PartialEq)]
struct Run {
    lines: String,
    kept: kinds::Kept,
    /// Stage, last tick and ticks lost, stage by stage.
    gaps: Vec<(String, u64, u64)>,
}

impl Run {
    fn take(lines: String, mut gaps: Vec<(String, u64, u64)>) -> Self {
        gaps.sort();
        Run { lines, kept: std::mem::take(&mut *kinds::KEPT.lock().unwrap()), gaps }
    }
}

/// The pipeline of a file run by threads, or in one lane, its microphone and sinks replaced.
fn on_host(path: &str, one_lane: bool) -> Run {
    let mut pipeline = Pipeline::read(&root().join(path)).unwrap();
    let events = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("firmware.jsonl");
    let prints = pipeline.stages.iter().filter(|stage| stage.kind == "print");
    let prints: Vec<String> = prints.map(|stage| stage.name.clone()).collect();
    for print in &prints {
        pipeline.replace(print, "jsonl", &serde_json::json!({"path": events}), "a test's events");
    }
    // A recording in its own name: what a device hears, or what stands in for it, marks its events.
    let mics = pipeline.stages.iter().filter(|stage| stage.kind == "mic");
    let mics: Vec<_> = mics.map(|stage| (stage.name.clone(), stage.params.to_json())).collect();
    for (mic, mut params) in mics {
        let of_file = params.as_object_mut().unwrap();
        let recording = of_file.remove("fallback").unwrap();
        of_file.insert("path".to_owned(), recording);
        pipeline.replace(&mic, "audio_file", &params, "a test's recording");
    }
    let mut registry = kws_host::registry();
    kinds::register(&mut registry);
    own_stage::register(&mut registry);
    let plan = Plan::new(&pipeline, &registry).unwrap_or_else(|error| panic!("{error}"));
    let options = RunOptions { one_lane, ..RunOptions::default() };
    let running = plan.start_with(options, |stage, made| match stage.kind.as_str() {
        "audio_file" => node(Mic::<0>::new()),
        _ => made,
    });
    let outcome = running.unwrap().wait();
    assert_eq!(outcome.fault, None);
    let lines = if prints.is_empty() { String::new() } else { std::fs::read_to_string(&events).unwrap() };
    Run::take(lines, outcome.gaps.into_iter().map(|gap| (gap.stage, gap.at, gap.lost)).collect())
}

/// The same driven by hand as one session, which learns from the microphone's own flow what it is pushed.
fn in_a_session(path: &str) -> Run {
    let mut registry = kws::registry();
    kinds::register(&mut registry);
    own_stage::register(&mut registry);
    let plan = Plan::read(root().join(path), &registry).unwrap_or_else(|error| panic!("{error}"));
    let mut session = plan.session().unwrap();
    let port = session.sources().next().unwrap().1.clone();
    let (mut mic, mut block, mut lines) = (Mic::<0>::new(), vec![0; port.len()], String::new());
    let mut note = |output: kws::Output<'_>| {
        output.detections().for_each(|detection| lines.push_str(&format!("{}\n", detection.json())));
    };
    loop {
        match mic.process((), &mut block).unwrap() {
            // In two pieces, of which the first is no whole block.
            Flow::Emit => {
                let (begin, rest) = block.split_at(port.len() / 3);
                assert_eq!(session.push("mic", begin, &mut note), Ok(begin.len()));
                assert_eq!(session.push("mic", rest, &mut note), Ok(rest.len()));
            }
            Flow::Lost(lost) => session.lose("mic", lost).unwrap(),
            Flow::Skip => {}
            flow => {
                assert_eq!(flow, Flow::End);
                break;
            }
        }
    }
    session.finish(&mut note).unwrap();
    Run::take(lines, Vec::new())
}

/// The modules of written pipelines, and the function that runs each.
macro_rules! written {
    ($($name:ident $(($output:ident))?: $path:literal),*) => {$(
        #[allow(missing_docs)]
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".rs"));
        }

        #[test]
        fn $name() {
            let _turn = TURN.lock();
            let mut memory = Box::new($name::Memory::new());
            let mut pipeline = $name::Pipeline::new(&mut memory, Mic::new() $(, $output)?);
            pipeline.start();
            let mut gaps = Vec::new();
            loop {
                let flow = pipeline.tick().unwrap_or_else(|failed| panic!("{failed}"));
                pipeline.gaps(|gap| gaps.push((gap.stage.to_owned(), gap.at, gap.lost)));
                if flow == Flow::End {
                    break;
                }
            }
            pipeline.finish().unwrap_or_else(|failed| panic!("{failed}"));
            let found = Run::take(std::mem::take(&mut *WRITTEN.lock().unwrap()), gaps);
            // Only a pipeline that is given an output writes lines.
            let outputs: &[Output] = &[$($output)?];
            assert_eq!(found.lines.len() > 100, !outputs.is_empty(), "{}", found.lines);
            // Of clips there are as many as events.
            let most = found.kept.values().map(Vec::len).max().unwrap_or(0);
            assert!(!found.gaps.is_empty() && found.kept.values().all(|kept| kept.len() > 50.min(most / 4)));
            assert!(most == 0 || most > 10, "{most}");
            for one_lane in [false, true] {
                assert_same(&found, &on_host($path, one_lane));
            }
            assert_same(&Run { gaps: Vec::new(), ..found }, &in_a_session($path));
        }
    )*};
}

fn assert_same(found: &Run, expected: &Run) {
    assert_eq!(found.lines, expected.lines);
    assert_eq!(found.gaps, expected.gaps);
    assert_eq!(found.kept.keys().collect::<Vec<_>>(), expected.kept.keys().collect::<Vec<_>>());
    for (name, kept) in &expected.kept {
        let differs = found.kept[name].iter().zip(kept).position(|(a, b)| a != b);
        assert_eq!(
            differs,
            None,
            "block of `{name}`: {:?} and {:?}",
            found.kept[name][differs.unwrap_or(0)],
            kept[differs.unwrap_or(0)]
        );
        assert_eq!(found.kept[name].len(), kept.len(), "blocks of `{name}`");
    }
}

written! {
    yes_no(Output): "pipelines/yes_no.toml",
    yes_no_tiny(Output): "pipelines/yes_no_tiny.toml",
    commands(Output): "pipelines/commands.toml",
    features: "tests/tests/firmware/pipelines/features.toml",
    joins: "tests/tests/firmware/pipelines/joins.toml",
    merge(Output): "tests/tests/firmware/pipelines/merge.toml",
    clips(Output): "tests/tests/firmware/pipelines/clips.toml"
}

#[cfg(shared_models)]
written! {
    wake_word(Output): "tests/tests/firmware/pipelines/wake_word.toml"
}

#[cfg(not(shared_models))]
#[test]
fn wake_word() {
    kws_tests::skipped("it needs `../shared/data/models`, which was not here when the tests were built");
}
