//! Ends, faults, panics and stops in every place: a clear message or an orderly end every time, never a hang.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kinds::{Counter, Log, Noting, Ran, Seen, ended, plan, run, run_with};
use kws_engine::run::RunOptions;
use kws_engine::{Block, Flow, Plan, Stage, StageFault, node};

/// Five stages in five lanes, whose source never ends of itself.
const CHAIN: &str = r#"
[[stage]]
name = "source"
kind = "count"
blocks = 9000000000000
[[stage]]
name = "first"
kind = "gain"
lane = "1"
[[stage]]
name = "middle"
kind = "gain"
lane = "2"
[[stage]]
name = "third"
kind = "gain"
lane = "3"
[[stage]]
name = "out"
kind = "out"
"#;

fn chain() -> Plan {
    plan(CHAIN).unwrap()
}

fn options(one_lane: bool) -> RunOptions {
    RunOptions { one_lane, ..RunOptions::default() }
}

/// What a stage of a test does at its nth firing, at a reset, or at the end.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    Fails(u64),
    Panics(u64),
    Ends(u64),
    PanicsAtFinish,
    FailsAtFinish,
}

struct Troubled {
    trouble: Trouble,
    fired: u64,
}

impl Troubled {
    fn now(&mut self) -> Result<Flow, StageFault> {
        self.fired += 1;
        match self.trouble {
            Trouble::Fails(at) if at == self.fired => Err(StageFault::new("the battery is flat")),
            Trouble::Panics(at) if at == self.fired => panic!("out of cheese"),
            Trouble::Ends(at) if at == self.fired => Ok(Flow::End),
            Trouble::PanicsAtFinish | Trouble::FailsAtFinish if self.fired == 20 => Ok(Flow::End),
            _ => Ok(Flow::Emit),
        }
    }

    fn finish(&self) -> Result<(), StageFault> {
        match self.trouble {
            Trouble::PanicsAtFinish => panic!("out of cheese"),
            Trouble::FailsAtFinish => Err(StageFault::new("the battery is flat")),
            _ => Ok(()),
        }
    }
}

struct Source(Troubled);
struct Middle(Troubled);
struct Sink(Troubled, Log);

impl Stage for Source {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        output.fill(1.0);
        self.0.now()
    }
    fn finish(&mut self) -> Result<(), StageFault> {
        self.0.finish()
    }
}

impl Stage for Middle {
    type In = f32;
    type Out = f32;
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        output.copy_from_slice(&input);
        self.0.now()
    }
    fn finish(&mut self) -> Result<(), StageFault> {
        self.0.finish()
    }
}

impl Stage for Sink {
    type In = f32;
    type Out = ();
    fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
        let flow = self.0.now()?;
        self.1.lock().unwrap().push(Seen::Block(input.at, input.to_vec()));
        Ok(flow)
    }
    fn finish(&mut self) -> Result<(), StageFault> {
        self.0.finish()
    }
}

/// Runs the chain with trouble in one stage.
fn troubled(name: &str, trouble: Trouble, one_lane: bool) -> Ran {
    let log = Log::default();
    let running = chain()
        .start_with(options(one_lane), |stage, made| {
            let with = Troubled { trouble, fired: 0 };
            match stage.name.as_str() {
                at if at != name && at == "out" => node(Noting(log.clone())),
                at if at != name => made,
                "source" => node(Source(with)),
                "out" => node(Sink(with, log.clone())),
                _ => node(Middle(with)),
            }
        })
        .unwrap();
    let outcome = ended(running);
    let seen = log.lock().unwrap().clone();
    Ran { outcome, seen }
}

#[test]
fn a_stage_that_fails_or_panics_is_named_and_the_rest_drains() {
    for one_lane in [false, true] {
        for name in ["source", "first", "middle", "third", "out"] {
            for (trouble, text) in [
                (Trouble::Fails(17), "the battery is flat"),
                (Trouble::Panics(17), "it panicked: out of cheese"),
                (Trouble::Fails(1), "the battery is flat"),
                (Trouble::FailsAtFinish, "the battery is flat"),
                (Trouble::PanicsAtFinish, "it panicked: out of cheese"),
            ] {
                let ran = troubled(name, trouble, one_lane);
                assert_eq!(ran.fault(), format!("stage `{name}` failed: {text}"));
                let before = match trouble {
                    Trouble::Fails(at) | Trouble::Panics(at) => at - 1,
                    _ if name == "out" => 20,
                    _ => 19,
                };
                assert_eq!(ran.blocks().len() as u64, before, "{name}: what came before still arrives");
                let finished = ran.seen.last() == Some(&Seen::Finish);
                assert_eq!(finished, name != "out", "{name}: the sink completes its file");
            }
        }
    }
}

#[test]
fn a_stage_that_ends_ends_those_before_and_after_it() {
    for one_lane in [false, true] {
        for name in ["source", "first", "middle", "third", "out"] {
            let ran = troubled(name, Trouble::Ends(30), one_lane);
            assert_eq!(ran.fault(), "");
            assert_eq!(ran.blocks().len(), if name == "out" { 30 } else { 29 }, "{name}");
        }
    }
}

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
fn a_panic_in_reset_is_the_stages_own() {
    struct Fragile;
    impl Stage for Fragile {
        type In = f32;
        type Out = f32;
        fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
            output.copy_from_slice(&input);
            Ok(Flow::Emit)
        }
        fn reset(&mut self) {
            panic!("cannot forget")
        }
    }
    let ran = run_with(&chain(), options(false), |stage, made| match stage.name.as_str() {
        "source" => node(Gappy::new(100, 10, 5)),
        "middle" => node(Fragile),
        _ => made,
    });
    assert_eq!(ran.fault(), "stage `middle` failed: it panicked: cannot forget");
    assert_eq!(ran.blocks().len(), 9);
}

/// Loses some ticks before every so many blocks.
struct Gappy {
    inner: Counter,
    every: u64,
    lost: u64,
    /// Whether it has just lost some.
    after: bool,
}

impl Gappy {
    fn new(blocks: u64, every: u64, lost: u64) -> Self {
        Gappy { inner: Counter { next: 0, left: blocks, items: 12 }, every, lost, after: false }
    }
}

impl Stage for Gappy {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        let due = self.inner.left > 0 && (self.inner.next / self.inner.items + 1).is_multiple_of(self.every);
        self.after = due && !self.after;
        if self.after { Ok(Flow::Lost(self.lost)) } else { self.inner.process((), output) }
    }
}

#[test]
fn more_gaps_than_anyone_reads_are_counted_and_never_block() {
    let outcome = chain()
        .run_here(|stage, made| match stage.name.as_str() {
            "source" => node(Gappy::new(5000, 1, 7)),
            _ => made,
        })
        .unwrap();
    assert_eq!(outcome.gaps.len(), 1024);
    let counted: Vec<_> = outcome.stats.stages.iter().map(|stage| (stage.gaps, stage.lost)).collect();
    assert_eq!(counted, [(5000, 35_000); 5]);
}

#[test]
fn a_gap_resets_all_that_it_passes_and_is_stamped() {
    let ran = run_with(&chain(), options(false), |stage, made| match stage.name.as_str() {
        "source" => node(Gappy::new(10, 4, 5)),
        _ => made,
    });
    let gaps: Vec<_> = ran.outcome.gaps.iter().map(|gap| (gap.stage.as_str(), gap.at, gap.lost)).collect();
    assert_eq!(gaps, [("source", 41, 5), ("source", 94, 5)]);
    let resets: Vec<usize> = (0..ran.seen.len()).filter(|&n| ran.seen[n] == Seen::Reset).collect();
    assert_eq!(resets, [3, 8], "before the blocks that come after the gaps");
    assert_eq!(ran.blocks()[3].0, 53);
    assert_eq!(ran.blocks()[9].0, 130);
}

#[test]
fn a_gap_that_reaches_a_join_twice_counts_once() {
    let toml = r#"
[[stage]]
name = "source"
kind = "count"
[[stage]]
name = "x"
kind = "gain"
lane = "x"
[[stage]]
name = "join"
kind = "add"
inputs = ["source", "x"]
[[stage]]
name = "out"
kind = "out"
"#;
    let ran = run_with(&plan(toml).unwrap(), options(false), |stage, made| match stage.name.as_str() {
        "source" => node(Gappy::new(20, 5, 9)),
        _ => made,
    });
    assert_eq!((ran.stage("out").gaps, ran.stage("out").lost), (4, 36));
}

/// A source that has nothing to say until it is stopped; one that is not stopped must not go on for ever.
struct Silent(u32);

impl Stage for Silent {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), _: &mut [f32]) -> Result<Flow, StageFault> {
        self.0 += 1;
        assert!(self.0 < 20_000, "nobody stops it");
        std::thread::sleep(Duration::from_millis(5));
        Ok(Flow::Skip)
    }
}

#[test]
fn stop_wakes_lanes_that_are_parked() {
    for paced in [false, true] {
        let log = Log::default();
        let options = RunOptions { paced, ..RunOptions::default() };
        let running = plan(&CHAIN.replace("blocks = 9", "block = 100000\nblocks = 9"))
            .unwrap()
            .start_with(options, |stage, made| match stage.name.as_str() {
                "source" if !paced => node(Silent(0)),
                "out" => node(Noting(log.clone())),
                _ => made,
            })
            .unwrap();
        std::thread::sleep(Duration::from_millis(30));
        running.stopper().stop();
        // The paced source's first block is due after 100 s, longer than `ended` waits.
        assert_eq!(ended(running).fault, None);
        assert_eq!(*log.lock().unwrap(), [Seen::Finish]);
    }
}

#[test]
fn stop_ends_a_source_that_waits_for_room_and_what_it_sent_is_worked_off() {
    struct Shut(Arc<AtomicBool>, Log);
    impl Stage for Shut {
        type In = f32;
        type Out = ();
        fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
            while !self.0.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(1));
            }
            self.1.lock().unwrap().push(Seen::Block(input.at, input.to_vec()));
            Ok(Flow::Skip)
        }
    }
    let (open, log) = (Arc::new(AtomicBool::new(false)), Log::default());
    let running = chain()
        .start_with(options(false), |stage, made| match stage.name.as_str() {
            "out" => node(Shut(open.clone(), log.clone())),
            _ => made,
        })
        .unwrap();
    // A moment in which every ring becomes full and the source stands still, on a machine that is not too busy.
    std::thread::sleep(Duration::from_millis(50));
    running.stopper().stop();
    std::thread::sleep(Duration::from_millis(20));
    open.store(true, Ordering::Release);
    let outcome = ended(running);
    assert_eq!(outcome.fault, None);
    // What the rings hold and a block in each stage's hands: a stopped source sends no more.
    let sent = outcome.stats.stages[0].emitted;
    let room: usize = outcome.stats.rings.iter().map(|ring| ring.depth + 1).sum();
    assert!(sent <= room as u64, "sent {sent} blocks, expected no more than the {room} there is room for");
    assert_eq!(log.lock().unwrap().len() as u64, sent);
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

#[test]
fn a_stage_that_is_not_what_its_design_said_is_refused() {
    struct Bytes;
    impl Stage for Bytes {
        type In = i8;
        type Out = f32;
        fn process(&mut self, _: Block<'_, i8>, _: &mut [f32]) -> Result<Flow, StageFault> {
            Ok(Flow::Skip)
        }
    }
    let started = chain().start_with(
        options(false),
        |stage, made| {
            if stage.name == "middle" { node(Bytes) } else { made }
        },
    );
    let message = started.err().unwrap().to_string();
    assert_eq!(message, "stage `middle` failed: it reads i8 and writes f32, but its ports carry f32 and f32");
}

#[test]
fn merges_behind_merges_are_refused() {
    let head = r#"
[[stage]]
name = "a"
kind = "count"
[[stage]]
name = "one"
kind = "merge"
inputs = ["a", "a"]
[[stage]]
name = "then"
kind = "gain"
"#;
    for (inputs, kind, message) in [
        (
            "\"a\", \"then\"",
            "merge",
            "stage `two` failed: it reads `then`, which comes from a merge; make one merge read all of the streams",
        ),
        (
            "\"a\", \"then\"",
            "add",
            "stage `two` failed: it reads `then`, which comes from a merge; only the first input of a join may; \
             put it first or join before the merge",
        ),
    ] {
        let toml = format!("{head}\n[[stage]]\nname = \"two\"\nkind = \"{kind}\"\ninputs = [{inputs}]\n");
        let refused = plan(&toml).unwrap().start(options(false)).err().map(|fault| fault.to_string());
        assert_eq!(refused.as_deref(), Some(message));
    }
    let toml = format!("{head}\n[[stage]]\nname = \"two\"\nkind = \"add\"\ninputs = [\"then\", \"a\"]\n");
    assert_eq!(run(&plan(&toml).unwrap(), options(false)).stage("two").fired, 200);
}

#[test]
fn a_source_whose_ticks_go_back_is_a_fault() {
    struct Backwards(u64);
    impl Stage for Backwards {
        type In = ();
        type Out = f32;
        fn process(&mut self, (): (), _: &mut [f32]) -> Result<Flow, StageFault> {
            self.0 -= 1;
            Ok(Flow::EmitAt(self.0))
        }
    }
    let ran = run_with(&chain(), options(false), |stage, made| match stage.name.as_str() {
        "source" => node(Backwards(10)),
        _ => made,
    });
    assert_eq!(ran.fault(), "stage `source` failed: it wrote a block at tick 8 after one at tick 9");
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
                kinds::Stalling::boxed(made, next, 4)
            });
            assert_eq!((ran.fault(), ran.blocks().len()), (String::new(), 10));
            assert_eq!(kept.load(Ordering::Relaxed), 300, "{lane} {depth}");
        }
    }
}

/// A source before a join may not bring two blocks of one tick.
#[test]
fn a_tick_that_comes_twice_before_a_join_is_a_fault() {
    struct Twice(u64);
    impl Stage for Twice {
        type In = ();
        type Out = f32;
        fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
            self.0 += 1;
            output.fill(0.0);
            Ok(if self.0 < 10 { Flow::EmitAt(self.0 / 4 * 4 + 7) } else { Flow::End })
        }
    }
    let join = "[[stage]]\nname = \"source\"\nkind = \"count\"\n[[stage]]\nname = \"x\"\nkind = \"gain\"\n\
                [[stage]]\nkind = \"add\"\ninputs = [\"source\", \"x\"]\n[[stage]]\nname = \"out\"\nkind = \"out\"\n";
    let fault = |toml: &str| {
        let ran = run_with(&plan(toml).unwrap(), options(true), |stage, made| match stage.name.as_str() {
            "source" => node(Twice(0)),
            _ => made,
        });
        ran.fault()
    };
    assert_eq!(fault(join), "stage `source` failed: it wrote a block at tick 7 after one at tick 7");
    assert_eq!(fault(CHAIN), "");
}
