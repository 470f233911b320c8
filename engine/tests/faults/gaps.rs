//! Gaps: what they reset, and how they are counted.

use kws_engine::testing::Seen;
use kws_engine::{Block, Flow, Stage, StageFault, node};

use super::kinds::{Counter, plan, run_with};
use super::{chain, options};

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
