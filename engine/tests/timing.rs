//! Runs that keep real time, and runs that are timed.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use std::time::Duration;

use kinds::{plan, run, run_with};
use kws_engine::run::RunOptions;

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

#[test]
fn sources_of_one_lane_keep_their_own_time() {
    for one_lane in [true, false] {
        let options = RunOptions { paced: true, timed: true, one_lane };
        let ran = run(&plan(TWO).unwrap(), options);
        let elapsed = Duration::from_nanos(ran.outcome.stats.elapsed);
        assert!(elapsed >= Duration::from_millis(500), "{elapsed:?}");
        // A lane that slept until the slow source is due would let the quick one fire only then: 12 s.
        assert!(elapsed < Duration::from_millis(3000), "{elapsed:?}");
        let latency = ran.stage("out").latency.unwrap();
        assert_eq!(latency.count, 50);
        assert!(latency.p50 < 100_000_000, "a block is worked off when it is due: {latency:?}");
    }
}

#[test]
fn every_firing_of_a_timed_run_is_counted() {
    let options = RunOptions { timed: true, ..RunOptions::default() };
    let ran = run_with(&plan(TWO).unwrap(), options, |stage, node| {
        if stage.name == "quick" { kinds::Stalling::boxed(node, 5, 1) } else { node }
    });
    for stage in &ran.outcome.stats.stages {
        let time = stage.time.unwrap();
        assert_eq!(time.count, stage.fired, "{}", stage.stage);
        assert!(time.p50 <= time.p99 && time.p99 <= time.max && time.max <= time.total);
        assert_eq!(stage.latency, None, "what outruns real time has no latency");
    }
    assert!(ran.stage("quick").time.unwrap().p50 > 1_000, "it sleeps in each firing");
    let rings = &ran.outcome.stats.rings;
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
