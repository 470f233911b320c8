//! Runs that keep real time, and runs that are timed, by a clock that the tests move.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use std::time::Duration;

use kinds::{Counter, plan, run};
use kws_engine::run::RunOptions;
use kws_engine::testing::{Capture, ManualClock, ended, still, until};
use kws_engine::{Flow, Stage, StageFault, node};

/// Two sources of unequal blocks that together last half a second.
const TWO: &str = r#"
[[stage]]
name = "slow"
kind = "count"
block = 250
blocks = 2
[[stage]]
name = "quick"
kind = "count"
block = 10
blocks = 50
[[stage]]
name = "out"
kind = "out"
[[stage]]
name = "bin"
kind = "out"
input = "slow"
"#;

/// One source has a block every 10 ms, the other has its first after 100 s.
const UNEQUAL: &str = r#"
[[stage]]
name = "patient"
kind = "count"
block = 100000
blocks = 1
[[stage]]
name = "quick"
kind = "count"
block = 10
blocks = 50
[[stage]]
name = "out"
kind = "out"
[[stage]]
name = "bin"
kind = "out"
input = "patient"
"#;

const BLOCK: Duration = Duration::from_millis(10);

#[test]
fn sources_of_one_lane_keep_their_own_time() {
    for one_lane in [true, false] {
        let (out, clock) = (Capture::<f32>::new(), ManualClock::new());
        let options = RunOptions { paced: true, timed: true, one_lane };
        let running = plan(UNEQUAL)
            .unwrap()
            .start_by(&clock, options, |stage, made| if stage.name == "out" { out.sink() } else { made })
            .unwrap();
        for block in 1..=50 {
            still(&running);
            assert_eq!(out.blocks().len(), block - 1, "none comes before its time");
            clock.advance(BLOCK);
            until(&running, || out.blocks().len() == block);
        }
        running.stopper().stop();
        let stats = ended(running).stats;
        assert_eq!(stats.elapsed, 500_000_000);
        let of = |name: &str| stats.stages.iter().find(|stage| stage.stage == name).unwrap();
        let latency = of("out").latency.unwrap();
        assert_eq!((of("out").fired, latency.count, latency.max, of("bin").fired), (50, 50, 0, 0));
    }
}

#[test]
fn latency_counts_from_when_a_block_is_due() {
    let toml = TWO.replace("block = 250\nblocks = 2", "block = 500\nblocks = 1");
    let clock = ManualClock::new();
    let options = RunOptions { paced: true, timed: true, one_lane: false };
    let running = plan(&toml).unwrap().start_by(&clock, options, |_, made| made).unwrap();
    still(&running);
    clock.advance(Duration::from_millis(700));
    until(&running, || running.stats().stages.iter().any(|stage| stage.stage == "bin" && stage.fired == 1));
    running.stopper().stop();
    let stats = ended(running).stats;
    let latency = stats.stages.iter().find(|stage| stage.stage == "bin").unwrap().latency.unwrap();
    assert_eq!((latency.count, latency.max), (1, 200_000_000));
}

/// A source each of whose firings takes a while.
struct Slow(Counter, ManualClock);

impl Stage for Slow {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        self.1.advance(Duration::from_millis(3));
        self.0.process((), output)
    }
}

#[test]
fn every_firing_of_a_timed_run_is_counted() {
    let clock = ManualClock::new();
    let options = RunOptions { timed: true, ..RunOptions::default() };
    // Blocks of 10 s and more: the run is ahead of them.
    let toml = TWO.replace("kind = \"count\"", "kind = \"count\"\nclock = 1");
    let running = plan(&toml).unwrap().start_by(&clock, options, |stage, made| match stage.name.as_str() {
        "quick" => node(Slow(Counter { next: 0, left: 50, items: 10 }, clock.clone())),
        _ => made,
    });
    let stats = ended(running.unwrap()).stats;
    for stage in &stats.stages {
        let time = stage.time.unwrap();
        assert_eq!(time.count, stage.fired, "{}", stage.stage);
        assert!(time.p50 <= time.p99 && time.p99 <= time.max && time.max <= time.total.max(1));
        assert_eq!(stage.latency, None, "what outruns real time has no latency");
    }
    let quick = stats.stages.iter().find(|stage| stage.stage == "quick").unwrap().time.unwrap();
    assert_eq!((quick.count, quick.p50, quick.total), (51, 3_000_000, 153_000_000));
    assert_eq!(stats.elapsed, 153_000_000);
    let rings = &stats.rings;
    assert_eq!(rings.len(), 2);
    assert!(rings.iter().all(|ring| (1..=ring.depth as u64).contains(&ring.high_water)), "{rings:?}");
}

#[test]
fn a_run_that_is_not_timed_looks_at_no_clock() {
    let ran = run(&plan(TWO).unwrap(), RunOptions::default());
    assert!(ran.outcome.stats.stages.iter().all(|stage| stage.time.is_none() && stage.latency.is_none()));
    assert!(ran.outcome.stats.rings.iter().all(|ring| ring.high_water == 0));
    let fired: Vec<u64> = ran.outcome.stats.stages.iter().map(|stage| stage.fired).collect();
    assert_eq!(fired, [3, 51, 50, 2], "a source's last firing says that it is over");
}
