//! What a full ring does: whatever comes and whatever is lost add up to what was sent, to the tick.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use kinds::{Counter, Ran, plan};
use kws_engine::run::RunOptions;
use kws_engine::testing::{Capture, CaptureSink, Latch, Seen, Stalling, ended};
use kws_engine::{Block, Flow, Plan, Stage, StageFault, node};

const BLOCKS: u64 = 300;
const PERIOD: u64 = 12;

fn chain(policy: &str, depth: u64) -> Plan {
    let toml = format!(
        r#"
[[stage]]
name = "source"
kind = "count"
blocks = {BLOCKS}
[[stage]]
name = "gain"
kind = "gain"
lane = "source"
[[stage]]
name = "out"
kind = "out"
on_full = "{policy}"
depth = {depth}
"#
    );
    plan(&toml).unwrap()
}

/// A sink that shuts until the source has sent everything.
struct Late {
    open: Latch,
    inner: CaptureSink<f32>,
}

impl Stage for Late {
    type In = f32;
    type Out = ();
    fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
        self.open.wait();
        self.inner.process(input, ())
    }
    fn reset(&mut self) {
        self.inner.reset();
    }
}

/// A source that lets the sink open when it ends.
struct Opening(Counter, Latch);

impl Stage for Opening {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        self.0.process((), output)
    }
    fn finish(&mut self) -> Result<(), StageFault> {
        self.1.open();
        Ok(())
    }
}

/// First inputs wait, the others do as the file says: as if the file could say so for each.
fn with_main_inputs_that_wait(mut plan: Plan) -> Plan {
    for edge in &mut plan.edges {
        if let (0, Some(ring)) = (edge.input, &mut edge.ring) {
            ring.on_full = kws_engine::Policy::Block;
        }
    }
    plan
}

/// Runs with a sink that takes nothing before the source has ended.
fn flooded(plan: &Plan) -> Ran {
    let (open, out) = (Latch::new(), Capture::new());
    let running = plan
        .start_with(RunOptions::default(), |stage, made| match stage.name.as_str() {
            "source" => node(Opening(Counter { next: 0, left: BLOCKS, items: PERIOD }, open.clone())),
            "out" => node(Late { open: open.clone(), inner: out.stage() }),
            _ => made,
        })
        .unwrap();
    let outcome = ended(running);
    // A policy that ends the run early must not leave the sink shut; the source opened it when it ended.
    Ran { outcome, seen: out.take() }
}

/// Every hole between two blocks is reported with its length, at the block after it; the holes and blocks add up.
fn assert_adds_up(ran: &Ran, sent: u64) {
    let mut gaps = ran.outcome.gaps.iter();
    let mut last = 0;
    for (at, items) in ran.blocks() {
        assert_eq!(items[0] as u64, at - PERIOD + 1, "blocks arrive whole");
        let hole = at - last - PERIOD;
        if hole > 0 {
            let gap = gaps.next().unwrap();
            assert_eq!((gap.stage.as_str(), gap.at, gap.lost), ("out", at - PERIOD, hole));
        }
        last = at;
    }
    if last < sent * PERIOD {
        let gap = gaps.next().unwrap();
        assert_eq!((gap.stage.as_str(), gap.at, gap.lost), ("out", sent * PERIOD, sent * PERIOD - last));
    }
    assert_eq!(gaps.next(), None);
    let dropped = ran.outcome.stats.rings.iter().map(|ring| ring.dropped).sum::<u64>();
    assert_eq!(ran.blocks().len() as u64 + dropped, sent, "what came and what was lost is what was sent");
    // One reset before each block that follows a hole.
    let mut resets = 0;
    for pair in ran.seen.windows(2) {
        if pair[0] == Seen::Reset {
            resets += 1;
            assert!(matches!(pair[1], Seen::Block(..)));
        }
    }
    let before_a_block = |at: u64| ran.blocks().iter().any(|block| block.0 == at + PERIOD);
    assert_eq!(resets, ran.outcome.gaps.iter().filter(|gap| before_a_block(gap.at)).count());
}

#[test]
fn drop_newest_keeps_what_came_first() {
    for depth in [1, 4, 16] {
        let ran = flooded(&chain("drop_newest", depth));
        assert_eq!(ran.fault(), "");
        assert_adds_up(&ran, BLOCKS);
        // Those in the ring, from the beginning; and what found room while the sink took its first blocks, which is
        // a matter of when its thread woke.
        let kept = ran.blocks().len() as u64;
        assert!((depth..=depth + 2).contains(&kept), "{kept} of depth {depth}");
        let first: Vec<u64> = ran.blocks().iter().take(depth as usize).map(|(at, _)| at / PERIOD).collect();
        assert_eq!(first, (1..=depth).collect::<Vec<_>>());
    }
}

#[test]
fn drop_oldest_keeps_what_came_last() {
    for depth in [1, 4, 16] {
        let ran = flooded(&chain("drop_oldest", depth));
        assert_eq!(ran.fault(), "");
        assert_adds_up(&ran, BLOCKS);
        let last: Vec<u64> =
            ran.blocks().iter().rev().take(depth as usize).map(|(at, _)| at / PERIOD).collect();
        let expected: Vec<u64> = (0..depth).map(|n| BLOCKS - n).collect();
        assert_eq!(last, expected, "the newest {depth} arrive");
        assert!(ran.blocks().len() as u64 <= depth + 2);
    }
}

#[test]
fn fail_ends_the_run_and_names_who_could_not_send() {
    for depth in [1, 4] {
        let ran = flooded(&chain("fail", depth));
        let text =
            "a ring that it writes to is full; change `on_full`, increase `depth`, or speed up the reader";
        assert_eq!(ran.fault(), format!("stage `gain` failed: {text}"));
        let emitted = ran.stage("gain").emitted;
        assert_adds_up(&ran, emitted);
        assert!(ran.blocks().len() as u64 >= depth, "what was sent before still arrives");
    }
}

/// Runs with stalls in every stage.
fn stalled(plan: &Plan, seed: u64) -> Ran {
    let mut next = seed;
    kinds::run_with(plan, RunOptions::default(), |_, node| {
        next += 1;
        Stalling::boxed(node, next, 4)
    })
}

#[test]
fn every_policy_adds_up_under_stalls() {
    for seed in 0..12 {
        for depth in [1, 2, 5] {
            let ran = stalled(&chain("block", depth), seed);
            assert_eq!((ran.blocks().len() as u64, ran.outcome.gaps.len()), (BLOCKS, 0));
            for policy in ["drop_newest", "drop_oldest"] {
                let ran = stalled(&chain(policy, depth), seed);
                assert_eq!(ran.fault(), "");
                assert_adds_up(&ran, BLOCKS);
            }
            let ran = stalled(&chain("fail", depth), seed);
            assert_adds_up(&ran, ran.stage("gain").emitted);
        }
    }
}

/// Loses ticks of its own now and then.
struct Overrun(Counter, bool);

impl Stage for Overrun {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        let due = self.0.left > 0 && (self.0.next / PERIOD).is_multiple_of(7);
        self.1 = due && !self.1;
        if self.1 { Ok(Flow::Lost(100)) } else { self.0.process((), output) }
    }
}

#[test]
fn gaps_before_a_ring_survive_the_blocks_it_drops() {
    for policy in ["drop_newest", "drop_oldest"] {
        for seed in 0..8 {
            let mut next = seed;
            let ran = kinds::run_with(&chain(policy, 1), RunOptions::default(), |stage, made| {
                next += 1;
                let counter = Counter { next: 0, left: BLOCKS, items: PERIOD };
                let made = if stage.name == "source" { node(Overrun(counter, false)) } else { made };
                Stalling::boxed(made, next, 4)
            });
            let (blocks, out) = (ran.blocks(), ran.stage("out"));
            let (last, count) = (blocks[blocks.len() - 1].0, blocks.len() as u64);
            assert_eq!(count * PERIOD + out.lost, last, "what the sink saw and what it missed is the stream");
        }
    }
}

/// A diamond whose one side drops: the join must go on, and its other side must not starve.
#[test]
fn a_join_outlives_dropped_blocks() {
    for policy in ["drop_newest", "drop_oldest"] {
        let toml = format!(
            r#"
[[stage]]
name = "source"
kind = "count"
blocks = {BLOCKS}
[[stage]]
name = "side"
kind = "gain"
lane = "side"
[[stage]]
name = "join"
kind = "add"
inputs = ["source", "side"]
depth = 1
on_full = "{policy}"
[[stage]]
name = "out"
kind = "out"
depth = 1
"#
        );
        let plan = with_main_inputs_that_wait(plan(&toml).unwrap());
        for seed in 0..12 {
            let ran = stalled(&plan, seed);
            assert_eq!((ran.fault(), ran.blocks().len() as u64), (String::new(), BLOCKS), "{policy} {seed}");
        }
    }
}

/// As above, with a side that waits for another source and tells of that: what it tells takes the room of its blocks.
#[test]
fn a_join_outlives_dropped_blocks_of_one_that_waits() {
    let toml = r#"
[[stage]]
name = "source"
kind = "count"
blocks = 300
[[stage]]
name = "other"
kind = "count"
blocks = 400
block = 9
[[stage]]
name = "side"
kind = "add"
inputs = ["source", "other"]
lane = "side"
depth = 1
[[stage]]
name = "join"
kind = "add"
inputs = ["source", "side"]
depth = 1
on_full = "drop_newest"
[[stage]]
name = "out"
kind = "out"
depth = 1
"#;
    let plan = with_main_inputs_that_wait(plan(toml).unwrap());
    for seed in 0..30 {
        let ran = stalled(&plan, seed);
        assert_eq!((ran.fault(), ran.blocks().len() as u64), (String::new(), BLOCKS), "{seed}");
    }
}

#[test]
fn gaps_of_a_ring_reset_all_stages_behind_it() {
    let toml = format!(
        r#"
[[stage]]
name = "source"
kind = "count"
blocks = {BLOCKS}
[[stage]]
name = "sums"
kind = "every"
hop = 36
on_full = "drop_newest"
depth = 1
[[stage]]
name = "out"
kind = "out"
"#
    );
    let plan = plan(&toml).unwrap();
    for seed in 0..8 {
        let ran = stalled(&plan, seed);
        let gaps = ran.outcome.gaps.iter().filter(|gap| gap.stage == "sums").count();
        let (sums, out) = (ran.stage("sums"), ran.stage("out"));
        assert_eq!(gaps as u64, sums.gaps + u64::from(ran.outcome.gaps.iter().any(|g| g.at > sums.at)));
        // Each sum is of three blocks in a row: a gap made it begin anew. Adjacent blocks differ by the period.
        for (at, items) in ran.blocks() {
            let expected: u64 = (at - 35..=at).sum();
            assert_eq!(items[0], expected as f32);
        }
        let resets = ran.seen.iter().filter(|seen| **seen == Seen::Reset).count() as u64;
        assert_eq!(resets, out.gaps);
        assert!(
            out.gaps <= sums.gaps && (out.gaps > 0) == (sums.gaps > 0 && out.at > ran.outcome.gaps[0].at)
        );
    }
}

/// A burst of blocks, and then nothing to say until the last of them has arrived.
struct Burst(Counter, Latch, Latch);

impl Stage for Burst {
    type In = ();
    type Out = f32;
    fn process(&mut self, (): (), output: &mut [f32]) -> Result<Flow, StageFault> {
        if self.0.left > 0 {
            return self.0.process((), output);
        }
        self.1.open();
        if self.2.is_open() {
            return Ok(Flow::End);
        }
        std::thread::yield_now();
        Ok(Flow::Skip)
    }
}

/// A sink that shuts until the burst is over, and tells when the last block has come.
struct Last(Latch, Latch);

impl Stage for Last {
    type In = f32;
    type Out = ();
    fn process(&mut self, input: Block<'_, f32>, (): ()) -> Result<Flow, StageFault> {
        self.0.wait();
        if input.at == BLOCKS * PERIOD {
            self.1.open();
        }
        Ok(Flow::Skip)
    }
}

/// What a full ring held back leaves when there is room, although the source before it is idle: else this never ends.
#[test]
fn what_waits_for_room_leaves_while_the_source_is_idle() {
    for depth in [1, 4] {
        let (over, come) = (Latch::new(), Latch::new());
        let counter = Counter { next: 0, left: BLOCKS, items: PERIOD };
        let mut burst = Some(Burst(counter, over.clone(), come.clone()));
        let running =
            chain("drop_oldest", depth).start_with(RunOptions::default(), |stage, made| {
                match stage.name.as_str() {
                    "source" => node(burst.take().unwrap()),
                    "out" => node(Last(over.clone(), come.clone())),
                    _ => made,
                }
            });
        assert_eq!(ended(running.unwrap()).fault, None);
    }
}
