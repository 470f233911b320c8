//! In steady state no lane allocates.
//!
//! A program of its own, without the harness of tests, whose thread would allocate meanwhile.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kinds::{Counter, plan};
use kws_engine::run::RunOptions;
use kws_engine::testing::ended;
use kws_engine::{Flow, Stage, StageFault, node};

static COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

struct Counted;

thread_local! {
    /// The thread that waits for the end is no lane.
    static IS_LANE: Cell<bool> = const { Cell::new(true) };
}

fn count() {
    if COUNTING.load(Ordering::Relaxed) && IS_LANE.get() {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's contract.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// Counts allocations from the thousandth block to the last.
struct Counting(Counter);

impl Stage for Counting {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        let fired = self.0.next / self.0.items;
        if fired == 1_000 {
            COUNTING.store(true, Ordering::Relaxed);
        }
        if self.0.left == 0 {
            COUNTING.store(false, Ordering::Relaxed);
        }
        self.0.process((), output)
    }
}

/// Everything that moves blocks: a fan-out in a lane and across lanes, a join, a merge, hops, a shared lane.
const GRAPH: &str = r#"
[[stage]]
name = "source"
kind = "count"
[[stage]]
name = "slow"
kind = "every"
hop = 36
lane = "a"
[[stage]]
name = "loud"
kind = "gain"
input = "source"
lane = "b"
[[stage]]
name = "join"
kind = "add"
inputs = ["loud", "slow"]
lane = "a"
[[stage]]
name = "merge"
kind = "merge"
inputs = ["join", "source", "slow"]
lane = "b"
[[stage]]
name = "end"
kind = "out"
"#;

fn main() {
    IS_LANE.set(false);
    for (one_lane, timed, depth) in [(true, false, 8), (false, false, 8), (false, true, 8), (false, false, 1)]
    {
        let toml = GRAPH.replace("lane =", &format!("depth = {depth}\nlane ="));
        let plan = plan(&toml).unwrap();
        ALLOCATIONS.store(0, Ordering::Relaxed);
        let options = RunOptions { one_lane, timed, paced: false };
        let running = plan
            .start_with(options, |stage, made| {
                if stage.name != "source" {
                    return made;
                }
                node(Counting(Counter { next: 0, left: 12_000, items: 12 }))
            })
            .unwrap();
        let outcome = ended(running);
        assert_eq!(outcome.fault, None);
        assert_eq!(outcome.stats.stages[0].emitted, 12_000);
        let allocated = ALLOCATIONS.load(Ordering::Relaxed);
        assert_eq!(allocated, 0, "in 11,000 blocks; one lane {one_lane}, timed {timed}, depth {depth}");
    }
    // The count counts.
    IS_LANE.set(true);
    COUNTING.store(true, Ordering::Relaxed);
    drop(std::hint::black_box(vec![1_u8; 10]));
    COUNTING.store(false, Ordering::Relaxed);
    assert!(ALLOCATIONS.load(Ordering::Relaxed) >= 2);
    println!("nothing is allocated in steady state: ok");
}
