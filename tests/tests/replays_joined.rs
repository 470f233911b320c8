//! A microphone and a camera in one pipeline: the same events every time, whatever the lanes and the source's blocks, and
//! from recordings.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use kws_engine::run::RunOptions;
use kws_engine::{Pipeline, Plan};
use kws_tests::{one_lane, root, run, share_lanes, skipped};
use serde_json::json;

const RUNS: u32 = 10;

/// A pipeline with a microphone and a camera.
struct Joined {
    path: &'static str,
    /// Size of its camera's images.
    size: [u32; 2],
}

static LIGHT: Joined = Joined { path: "tests/pipelines/word_in_the_light.toml", size: [96, 96] };
static PERSON: Joined = Joined { path: "pipelines/person_and_word.toml", size: [320, 240] };

/// Those that can be planned here.
fn all_joined() -> Vec<&'static Joined> {
    let mut all = vec![&LIGHT];
    if root().join("pipelines/models/person/model.tflite").exists() {
        all.push(&PERSON);
    } else {
        skipped(format_args!("`{}`: its model is missing", PERSON.path));
    }
    all
}

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("replays_joined").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

impl Joined {
    /// A little over half a minute of the repository's recording and images, events in a file.
    fn over_recordings(&self, name: &str) -> (Pipeline, PathBuf) {
        let stem = Path::new(self.path).file_stem().unwrap().to_string_lossy();
        let events = folder(&format!("{stem}, {name}")).join("events.jsonl");
        let mut pipeline = Pipeline::read(&root().join(self.path)).unwrap();
        let at = |path: &str| fs::canonicalize(root().join(path)).unwrap();
        let sound = json!({"path": at("pipelines/recordings/yes_no.flac")});
        pipeline.replace("mic", "audio_file", &sound, "a test's recording");
        let [width, height] = self.size;
        let images = json!({
            "path": at("pipelines/images"), "fps": 1, "repeat": 2, "width": width, "height": height,
        });
        pipeline.replace("camera", "image_files", &images, "a test's images");
        pipeline.replace("print", "jsonl", &json!({"path": events}), "a test's events");
        (pipeline, events)
    }

    /// The events of one run, made once.
    fn expected(&self) -> Vec<u8> {
        static EXPECTED: Mutex<BTreeMap<&str, Vec<u8>>> = Mutex::new(BTreeMap::new());
        let mut expected = EXPECTED.lock().unwrap();
        let made = || {
            let (pipeline, events) = self.over_recordings("expected");
            run(&pipeline, RunOptions::default());
            fs::read(events).unwrap()
        };
        expected.entry(self.path).or_insert_with(made).clone()
    }
}

fn ticks(events: &Path) -> Vec<u64> {
    let text = fs::read_to_string(events).unwrap();
    let tick =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["tick"].as_u64().unwrap();
    text.lines().map(tick).collect()
}

#[test]
fn words_in_the_dark_do_not_count() {
    let (mut pipeline, events) = LIGHT.over_recordings("all words");
    pipeline.set("seen.on=0").unwrap();
    pipeline.set("seen.within_ms=1e6").unwrap();
    run(&pipeline, RunOptions::default());
    let all = ticks(&events);
    let (pipeline, events) = LIGHT.over_recordings("words in the light");
    run(&pipeline, RunOptions::default());
    let seen = ticks(&events);
    // Image k, of 18, is there from second k + 1 on; those of numbers 12 and 13 are dark, 15 and 16 blown out.
    let lit = |tick: &u64| {
        let second = tick / 16_000;
        second > 0 && ![12, 13, 15, 16].contains(&((second - 1) % 18))
    };
    let expected: Vec<u64> = all.iter().copied().filter(lit).collect();
    assert_eq!(seen, expected, "of {all:?}");
    assert!(seen.len() >= 5 && all.len() >= seen.len() + 2, "{} of {}", seen.len(), all.len());
}

#[test]
fn words_count_where_somebody_is_seen() {
    if !all_joined().iter().any(|joined| joined.path == PERSON.path) {
        return;
    }
    let (mut pipeline, events) = PERSON.over_recordings("all words");
    pipeline.set("escalate.on=0").unwrap();
    pipeline.set("escalate.within_ms=1e6").unwrap();
    run(&pipeline, RunOptions::default());
    let all = ticks(&events);
    let (pipeline, events) = PERSON.over_recordings("words of somebody");
    run(&pipeline, RunOptions::default());
    let seen = ticks(&events);
    assert!(seen.iter().all(|tick| all.contains(tick)), "{seen:?} of {all:?}");
    assert!(all.len() > seen.len(), "{seen:?} of {all:?}");
}

#[test]
fn runs_agree() {
    for joined in all_joined() {
        let expected = joined.expected();
        for number in 0..RUNS {
            let (pipeline, events) = joined.over_recordings("again");
            run(&pipeline, RunOptions { timed: number % 2 == 0, ..RunOptions::default() });
            assert_eq!(fs::read(events).unwrap(), expected, "{}, run {number}", joined.path);
        }
    }
}

#[test]
fn lanes_do_not_matter() {
    for joined in all_joined() {
        let expected = joined.expected();
        let all = one_lane(&joined.over_recordings("lanes").0);
        let step = (all as usize / 6).max(1) | 1;
        for shares in (0..all).step_by(step).chain([all]) {
            let (mut pipeline, events) = joined.over_recordings("lanes");
            share_lanes(&mut pipeline, shares);
            run(&pipeline, RunOptions::default());
            assert_eq!(fs::read(events).unwrap(), expected, "{}, shared lanes {shares:b}", joined.path);
        }
    }
}

#[test]
fn one_lane_on_the_calling_thread_agrees() {
    for joined in all_joined() {
        let expected = joined.expected();
        let (pipeline, events) = joined.over_recordings("here");
        let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap();
        plan.run_here(|_, node| node).unwrap();
        assert_eq!(fs::read(events).unwrap(), expected, "{}", joined.path);
    }
}

#[test]
fn blocks_of_the_microphone_do_not_matter() {
    for joined in all_joined() {
        let expected = joined.expected();
        for block in [80, 320] {
            let (mut pipeline, events) = joined.over_recordings("blocks");
            pipeline.set(&format!("mic.block={block}")).unwrap();
            run(&pipeline, RunOptions::default());
            assert_eq!(fs::read(events).unwrap(), expected, "{}, blocks of {block} samples", joined.path);
        }
    }
}

#[test]
fn a_recording_of_any_edge_replays_to_the_same_events() {
    for joined in all_joined() {
        let expected = joined.expected();
        let (pipeline, _) = joined.over_recordings("recorded");
        // A stage that names its inputs cannot become a source; of the join, both inputs are replayed.
        let writers: Vec<String> = pipeline
            .stages
            .iter()
            .filter(|stage| stage.inputs.len() < 2 && stage.name != "print")
            .map(|stage| stage.name.clone())
            .collect();
        let takes = folder("takes");
        let mut recording = pipeline.clone();
        for stage in &writers {
            let path = takes.join(stage);
            recording.attach(&format!("record {stage}"), "record", stage, &json!({"path": path}), "a test");
        }
        run(&recording, RunOptions::default());
        for stage in &writers {
            let (mut pipeline, events) = joined.over_recordings("replayed");
            pipeline.replace(stage, "replay", &json!({"path": takes.join(stage)}), "a test");
            // Of an edge behind a gate the replay tells of the holes that the gate made.
            let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
            let outcome = plan.start(RunOptions::default()).unwrap_or_else(|fault| panic!("{fault}")).wait();
            assert_eq!(outcome.fault, None);
            assert_eq!(fs::read(events).unwrap(), expected, "{}, replay of `{stage}`", joined.path);
        }
    }
}
