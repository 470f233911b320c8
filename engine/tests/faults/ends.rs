//! Ends and stops: of a branch, of a join, of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kws_engine::run::RunOptions;
use kws_engine::testing::{Capture, Latch, ManualClock, Script, Seen, Stalling, ended, still, until};
use kws_engine::{Block, Flow, Stage, StageFault, node};

use super::kinds::{plan, run, run_with};
use super::{CHAIN, chain, options};

#[test]
fn one_branch_may_end_while_the_other_goes_on() {
    for lane in ["x", "main", "source"] {
        let toml = format!(
            r#"
[[stage]]
name = "source"
kind = "count"
blocks = 500
[[stage]]
name = "short"
kind = "last"
ends_after = 10
lane = "{lane}"
[[stage]]
name = "bin"
kind = "out"
[[stage]]
name = "out"
kind = "out"
input = "source"
"#
        );
        let ran = run(&plan(&toml).unwrap(), options(false));
        assert_eq!(
            (ran.fault(), ran.blocks().len(), ran.stage("bin").fired),
            (String::new(), 500, 10),
            "{lane}"
        );
    }
}

#[test]
fn a_join_ends_with_its_first_input_and_outlives_its_second() {
    for (a, b, blocks) in [(50, 5, 50), (5, 50, 5), (5, 9_000_000_000_u64, 5)] {
        let toml = format!(
            r#"
[[stage]]
name = "a"
kind = "count"
blocks = {a}
[[stage]]
name = "b"
kind = "count"
blocks = {b}
[[stage]]
name = "join"
kind = "add"
inputs = ["a", "b"]
[[stage]]
name = "out"
kind = "out"
"#
        );
        for one_lane in [false, true] {
            let ran = run(&plan(&toml).unwrap(), options(one_lane));
            assert_eq!((ran.fault(), ran.blocks().len()), (String::new(), blocks));
            let last = ran.blocks()[blocks - 1].1[1];
            assert_eq!(last, 12.0 * (blocks as u64).min(b) as f32, "the last of `b` stays");
        }
    }
}

#[test]
fn stop_wakes_lanes_that_are_parked() {
    for paced in [false, true] {
        let (out, never) = (Capture::<f32>::new(), Latch::new());
        let options = RunOptions { paced, ..RunOptions::default() };
        // No time passes by this clock, so that nothing of the paced source is ever due.
        let running = plan(CHAIN)
            .unwrap()
            .start_by(&ManualClock::new(), options, |stage, made| match stage.name.as_str() {
                "source" if !paced => Script::new().waits(&never).items(&[1.0; 12]).source(),
                "out" => out.sink(),
                _ => made,
            })
            .unwrap();
        if paced {
            still(&running);
        } else {
            // The source's own lane looks for what it waits for; the others sleep.
            until(&running, || running.stats().stages[0].fired > 0);
        }
        running.stopper().stop();
        assert_eq!(ended(running).fault, None);
        assert_eq!(out.take(), [Seen::Finish]);
    }
}

#[test]
fn stop_ends_a_source_that_waits_for_room_and_what_it_sent_is_worked_off() {
    struct Shut(Latch, Capture<f32>);
    impl Stage for Shut {
        type In = f32;
        type Out = ();
        fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
            self.0.wait();
            self.1.note(Seen::Block(input.at, input.to_vec()));
            Ok(Flow::Skip)
        }
    }
    let (open, out) = (Latch::new(), Capture::new());
    let running = chain()
        .start_with(options(false), |stage, made| match stage.name.as_str() {
            "out" => node(Shut(open.clone(), out.clone())),
            _ => made,
        })
        .unwrap();
    // What the rings hold and a block in each stage's hands.
    let rings = running.stats().rings;
    let held: usize = rings.iter().map(|ring| ring.depth).sum();
    until(&running, || running.stats().stages[0].emitted >= held as u64);
    running.stopper().stop();
    open.open();
    let outcome = ended(running);
    assert_eq!(outcome.fault, None);
    // A stopped source sends no more.
    let (sent, room) = (outcome.stats.stages[0].emitted, (held + rings.len()) as u64);
    assert!(sent <= room, "sent {sent} blocks, expected no more than the {room} there is room for");
    assert_eq!(out.blocks().len() as u64, sent);
}

#[test]
fn endless_sources_end_when_nobody_reads_any_more() {
    let fired = Arc::new(AtomicU64::new(0));
    struct Three(Arc<AtomicU64>);
    impl Stage for Three {
        type In = f32;
        type Out = ();
        fn process(&mut self, _: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
            Ok(if self.0.fetch_add(1, Ordering::Relaxed) == 2 { Flow::End } else { Flow::Skip })
        }
    }
    // The middle stages share a lane with a source that always has a block for them.
    let toml =
        CHAIN.replace("lane = \"1\"", "lane = \"source\"").replace("lane = \"2\"", "lane = \"source\"");
    let running = plan(&toml)
        .unwrap()
        .start_with(options(false), |stage, made| match stage.name.as_str() {
            "out" => node(Three(fired.clone())),
            _ => made,
        })
        .unwrap();
    assert_eq!(ended(running).fault, None);
    assert_eq!(fired.load(Ordering::Relaxed), 3);
}

/// Passes blocks on and counts them, as one that keeps a file does.
struct Keeping(Arc<AtomicU64>);

impl Stage for Keeping {
    type In = f32;
    type Out = f32;
    const ACTS: bool = true;
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        self.0.fetch_add(1, Ordering::Relaxed);
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }
}

#[test]
fn what_acts_sees_the_whole_stream_although_its_reader_has_ended() {
    for (lane, depth) in [("x", 1), ("x", 7), ("source", 1), ("out", 3)] {
        let toml = format!(
            r#"
[[stage]]
name = "source"
kind = "count"
blocks = 300
[[stage]]
name = "keep"
kind = "gain"
lane = "{lane}"
depth = {depth}
[[stage]]
name = "short"
kind = "last"
ends_after = 10
depth = {depth}
[[stage]]
name = "out"
kind = "out"
"#
        );
        for seed in 0..5 {
            let kept = Arc::new(AtomicU64::new(0));
            let mut next = seed;
            let ran = run_with(&plan(&toml).unwrap(), options(false), |stage, made| {
                next += 10;
                let made = if stage.name == "keep" { node(Keeping(kept.clone())) } else { made };
                Stalling::boxed(made, next, 4)
            });
            assert_eq!((ran.fault(), ran.blocks().len()), (String::new(), 10));
            assert_eq!(kept.load(Ordering::Relaxed), 300, "{lane} {depth}");
        }
    }
}
