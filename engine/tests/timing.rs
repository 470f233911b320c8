//! Runs that keep real time, and runs that are timed.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use kinds::{Log, Noting, ended, plan, run, run_with, until};
use kws_engine::node;
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

#[test]
fn sources_of_one_lane_keep_their_own_time() {
    for one_lane in [true, false] {
        let log = Log::default();
        let options = RunOptions { paced: true, timed: true, one_lane };
        let running = plan(UNEQUAL)
            .unwrap()
            .start_with(options, |stage, made| match stage.name.as_str() {
                "out" => node(Noting(log.clone())),
                _ => made,
            })
            .unwrap();
        // A lane that slept until the patient source is due would let the quick one stand still for longer than `until`
        // waits.
        until(&running, || log.lock().unwrap().len() >= 50);
        running.stopper().stop();
        let stats = ended(running).stats;
        assert!(stats.elapsed >= 500_000_000, "50 blocks in {} ns", stats.elapsed);
        let of = |name: &str| stats.stages.iter().find(|stage| stage.stage == name).unwrap();
        assert_eq!((of("out").fired, of("out").latency.unwrap().count, of("bin").fired), (50, 50, 0));
    }
}

#[test]
fn latency_counts_from_when_a_block_is_due() {
    let toml = TWO.replace("block = 250\nblocks = 2", "block = 500\nblocks = 1");
    let ran = run(&plan(&toml).unwrap(), RunOptions { paced: true, timed: true, one_lane: false });
    let latency = ran.stage("bin").latency.unwrap();
    let late = ran.outcome.stats.elapsed - 500_000_000;
    assert!(latency.count == 1 && latency.max <= late, "at most {late} ns of {latency:?}");
}

#[test]
fn every_firing_of_a_timed_run_is_counted() {
    let options = RunOptions { timed: true, ..RunOptions::default() };
    // Blocks of 10 s and more: however busy the machine is, the run is ahead of them.
    let toml = TWO.replace("kind = \"count\"", "kind = \"count\"\nclock = 1");
    let ran = run_with(&plan(&toml).unwrap(), options, |stage, node| {
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
