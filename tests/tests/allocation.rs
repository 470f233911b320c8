//! Pipelines allocate nothing once they run: their stages, their rings and their lanes.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kws_engine::run::RunOptions;
use kws_engine::{Block, Flow, Pipeline, Plan, Stage, StageFault, node};
use kws_tests::root;

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

// SAFETY: it hands every request on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Takes the place of `trigger`'s reader: notes how many allocations there were at two times.
struct Watch {
    firings: u64,
    counts: Arc<[AtomicU64; 2]>,
}

impl Stage for Watch {
    type In = f32;
    type Out = f32;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        output.copy_from_slice(&input);
        self.firings += 1;
        // Time to start every thread and warm up; and well before the end.
        for (place, firing) in self.counts.iter().zip([200, 1_100]) {
            if self.firings == firing {
                place.store(COUNT.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        }
        Ok(Flow::Emit)
    }
}

/// Allocations are counted for the whole program, and so belong to one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Clips are judged within a session, whose one thread is this one.
#[test]
fn clips_are_judged_without_an_allocation() {
    let _turn = TURN.lock();
    let plan =
        kws::read(root().join("tests/pipelines/second_stage.toml")).unwrap_or_else(|error| panic!("{error}"));
    let (mut session, samples) = (plan.session().unwrap(), kws_tests::listening::recording());
    let mut events = 0;
    let mut pass = || {
        session.push("mic", &samples, |output| events += output.detections().count()).unwrap();
        COUNT.load(Ordering::Relaxed)
    };
    let (early, late) = (pass(), pass());
    assert_eq!(late - early, 0);
    assert!(events >= 20, "{events}");
}

#[test]
fn the_shipped_pipeline_allocates_nothing_in_steady_state() {
    let _turn = TURN.lock();
    let samples = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("allocation.s16");
    fs::write(&samples, vec![7_u8; 2 * 16_000 * 120]).unwrap();
    let mut pipeline = Pipeline::read(&root().join("pipelines/yes_no.toml")).unwrap();
    pipeline.replace("mic", "raw", &serde_json::json!({"path": samples, "rate": 16_000}), "a test");
    pipeline.attach("watch", "fault", "smooth", &serde_json::json!({}), "a test");
    let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    let counts: Arc<[AtomicU64; 2]> = Arc::default();
    let running = plan.start_with(RunOptions::default(), |stage, made| match stage.name.as_str() {
        "watch" => node(Watch { firings: 0, counts: Arc::clone(&counts) }),
        _ => made,
    });
    assert_eq!(running.unwrap().wait().fault, None);
    let [early, late] = [0, 1].map(|index: usize| counts[index].load(Ordering::Relaxed));
    assert!(early > 0 && late > 0, "the stream was too short");
    assert_eq!(late - early, 0, "allocations in a minute and a half of stream");
}
