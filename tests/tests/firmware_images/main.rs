//! Every stage of vision written as firmware, compiled for this computer, against the threaded runner: the same bits at
//! the same ticks, the same lines and the same gaps, from a camera that stalls and loses images.
#![allow(clippy::unwrap_used, reason = "this is test code")]
#![allow(unreachable_pub, reason = "what is written is for any crate")]

#[path = "../firmware/kinds.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod kinds;
#[path = "../firmware/output.rs"]
mod output;

use std::collections::BTreeMap;
use std::path::PathBuf;

use kws_engine::run::RunOptions;
use kws_engine::{Flow, Pipeline, Plan, Stage, StageFault, node};
use kws_tests::root;

pub use output::Output;
use output::WRITTEN;

const PATH: &str = "tests/tests/firmware/pipelines/images.toml";
/// Images that are taken.
const IMAGES: u32 = 120;

/// What firmware is given as its camera: noise on a level that comes and goes.
pub struct Camera<const ITEMS: usize> {
    turn: u32,
    taken: u32,
}

impl<const ITEMS: usize> Camera<ITEMS> {
    fn new() -> Self {
        Camera { turn: 0, taken: 0 }
    }
}

impl<const ITEMS: usize> Stage for Camera<ITEMS> {
    type In = ();
    type Out = u8;

    fn process(&mut self, (): (), output: &mut [u8]) -> Result<Flow, StageFault> {
        self.turn += 1;
        if self.turn.is_multiple_of(7) {
            return Ok(Flow::Skip);
        }
        if self.turn.is_multiple_of(23) {
            return Ok(Flow::Lost(150_000));
        }
        if self.taken == IMAGES {
            return Ok(Flow::End);
        }
        self.taken += 1;
        // Ten images dark, ten good and still, ten good and moving, ten bright.
        let (level, seed) = match self.taken / 10 % 4 {
            0 => (0, 0),
            1 => (110, 1),
            2 => (110, self.taken),
            _ => (240, 2),
        };
        for (place, value) in (0_u32..).zip(output) {
            let noise = (place / 40 + seed).wrapping_mul(2_654_435_761) >> 27;
            *value = (level + noise).min(255) as u8;
        }
        Ok(Flow::Emit)
    }
}

#[allow(missing_docs)]
pub mod images {
    include!(concat!(env!("OUT_DIR"), "/images.rs"));
}

/// What a run has left.
#[derive(Debug, PartialEq)]
struct Run {
    lines: String,
    kept: BTreeMap<String, Vec<(u64, Vec<u32>)>>,
    /// Stage, last tick and ticks lost, stage by stage.
    gaps: Vec<(String, u64, u64)>,
}

impl Run {
    fn take(lines: String, mut gaps: Vec<(String, u64, u64)>) -> Self {
        gaps.sort();
        Run { lines, kept: std::mem::take(&mut *kinds::KEPT.lock().unwrap()), gaps }
    }
}

fn written() -> Run {
    let mut memory = Box::new(images::Memory::new());
    let mut pipeline = images::Pipeline::new(&mut memory, Camera::new(), Output);
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
    Run::take(std::mem::take(&mut *WRITTEN.lock().unwrap()), gaps)
}

fn on_host(one_lane: bool) -> Run {
    let mut pipeline = Pipeline::read(&root().join(PATH)).unwrap();
    let events = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("firmware_images.jsonl");
    pipeline.replace("print", "jsonl", &serde_json::json!({"path": events}), "a test's events");
    let shown = std::fs::canonicalize(root().join("pipelines/images")).unwrap();
    let shown = serde_json::json!({"path": shown, "width": 64, "height": 48});
    pipeline.replace("camera", "image_files", &shown, "a test's images");
    let mut registry = kws_host::registry();
    kinds::register(&mut registry);
    let plan = Plan::new(&pipeline, &registry).unwrap_or_else(|error| panic!("{error}"));
    let options = RunOptions { one_lane, ..RunOptions::default() };
    let running = plan.start_with(options, |stage, made| match stage.kind.as_str() {
        "image_files" => node(Camera::<0>::new()),
        _ => made,
    });
    let outcome = running.unwrap().wait();
    assert_eq!(outcome.fault, None);
    let lines = std::fs::read_to_string(&events).unwrap();
    Run::take(lines, outcome.gaps.into_iter().map(|gap| (gap.stage, gap.at, gap.lost)).collect())
}

#[test]
fn written_images_are_the_hosts() {
    let found = written();
    let counts: Vec<usize> = found.kept.values().map(Vec::len).collect();
    assert!(found.kept.len() == 4 && counts.iter().all(|count| *count > 10), "{counts:?}");
    assert!(found.lines.lines().count() >= 9 && !found.gaps.is_empty(), "{}", found.lines);
    for one_lane in [false, true] {
        let expected = on_host(one_lane);
        assert_eq!(found.lines, expected.lines);
        assert_eq!(found.gaps, expected.gaps);
        for (name, kept) in &expected.kept {
            assert!(found.kept[name] == *kept, "blocks of `{name}` differ");
        }
        assert_eq!(found.kept.len(), expected.kept.len());
    }
}
