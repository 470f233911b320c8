//! The same graph gives the same output however its lanes are laid out, however deep its rings are, and however its
//! stages stall.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use kinds::graphs::random_graph;
use kinds::{Ran, plan, run, run_with};
use kws_engine::run::RunOptions;
use kws_engine::testing::{Capture, Random, Stalling};

/// Fan-out, a diamond that joins at unequal rates, a second source with another clock, and merges whose inputs
/// often bear the same tick, with joins behind them. `LANE` stands for the place of a lane.
const GRAPH: &str = r#"
[[stage]]
name = "a"
kind = "count"
blocks = 240
block = 10
[[stage]]
name = "b"
kind = "count"
blocks = 110
block = 7
clock = 333
[[stage]]
name = "slow"
kind = "every"
input = "a"
hop = 40
[[stage]]
name = "loud"
kind = "gain"
input = "a"
factor = 3.0
[[stage]]
name = "late"
kind = "every"
input = "b"
hop = 21
[[stage]]
name = "join"
kind = "add"
inputs = ["loud", "slow", "late"]
[[stage]]
name = "rejoin"
kind = "add"
inputs = ["slow", "join"]
[[stage]]
name = "merge"
kind = "merge"
inputs = ["join", "slow", "a"]
[[stage]]
name = "again"
kind = "merge"
inputs = ["join", "rejoin", "b", "slow", "loud"]
[[stage]]
name = "loop"
kind = "gain"
input = "again"
factor = 2.0
[[stage]]
name = "judge"
kind = "add"
inputs = ["loop", "slow", "rejoin"]
[[stage]]
name = "out"
kind = "out"
input = "judge"
"#;

const STAGES: usize = 12;

/// The graph with stage `n` in the lane that `lane(n)` names, all rings of one depth.
fn laid_out(depth: usize, lane: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for (n, stage) in GRAPH.split("[[stage]]").enumerate() {
        let head = if n == 0 {
            String::new()
        } else {
            format!("[[stage]]\nlane = \"{}\"\ndepth = {depth}", lane(n))
        };
        text += &format!("{head}{stage}");
    }
    text
}

fn reference() -> Ran {
    let ran = run(&plan(GRAPH).unwrap(), RunOptions { one_lane: true, ..RunOptions::default() });
    assert_eq!(ran.fault(), "");
    ran
}

fn assert_same(reference: &Ran, found: &Ran, what: &str) {
    assert_eq!(found.fault(), "", "{what}");
    for (index, (one, other)) in reference.seen.iter().zip(&found.seen).enumerate() {
        assert_eq!(one, other, "{what}: item {index} differs");
    }
    assert_eq!(reference.seen.len(), found.seen.len(), "{what}");
}

#[test]
fn the_graph_does_what_it_should() {
    let ran = reference();
    let fired = |name: &str| ran.stage(name).fired;
    assert_eq!((fired("slow"), fired("loud"), fired("late")), (240, 240, 110));
    // `again` reads 240 of `join`, 60 of `rejoin`, 110 of `b`, 60 of `slow` and 240 of `loud`.
    assert_eq!((fired("join"), fired("rejoin"), fired("merge"), fired("again")), (240, 60, 540, 710));
    assert_eq!(ran.blocks().len(), 710);
}

#[test]
fn every_ring_depth_and_one_lane_each() {
    let reference = reference();
    for depth in [1, 2, 3, 8, 64] {
        let ran = run(&plan(&laid_out(depth, |n| n.to_string())).unwrap(), RunOptions::default());
        assert_same(&reference, &ran, &format!("depth {depth}"));
    }
}

#[test]
fn every_lane_assignment() {
    let reference = reference();
    // Each stage in one of two lanes: all layouts, with rings of one block; lanes read each other both ways.
    for bits in (0..1_usize << STAGES).step_by(73) {
        let toml = laid_out(1, |n| (bits >> (n - 1) & 1).to_string());
        assert_same(
            &reference,
            &run(&plan(&toml).unwrap(), RunOptions::default()),
            &format!("lanes {bits:b}"),
        );
    }
    for seed in 1..12_usize {
        let toml = laid_out(1 + seed % 3, |n| ((n * seed * 7919 + seed) / 5 % 4).to_string());
        assert_same(&reference, &run(&plan(&toml).unwrap(), RunOptions::default()), &format!("seed {seed}"));
    }
}

#[test]
fn fifty_runs_with_stalls() {
    let reference = reference();
    for seed in 0..50_u64 {
        let toml = laid_out(1 + seed as usize % 3, |n| (n * (seed as usize + 3) / 4 % 6).to_string());
        let mut next = seed * 100;
        let ran = run_with(&plan(&toml).unwrap(), RunOptions::default(), |_, node| {
            next += 1;
            Stalling::boxed(node, next, 20)
        });
        assert_same(&reference, &ran, &format!("seed {seed}"));
    }
}

#[test]
fn lanes_that_interleave() {
    let toml = |depth| {
        format!(
            r#"
[[stage]]
kind = "count"
blocks = 2000
lane = "a"
[[stage]]
name = "there"
kind = "gain"
lane = "b"
depth = {depth}
[[stage]]
name = "back"
kind = "gain"
lane = "a"
depth = {depth}
[[stage]]
name = "forth"
kind = "gain"
lane = "b"
depth = {depth}
[[stage]]
name = "out"
kind = "out"
lane = "a"
depth = {depth}
"#
        )
    };
    for depth in [1, 2, 7] {
        let ran = run(&plan(&toml(depth)).unwrap(), RunOptions::default());
        assert_eq!((ran.fault(), ran.blocks().len()), (String::new(), 2000), "depth {depth}");
        assert!(
            ran.blocks()
                .iter()
                .enumerate()
                .all(|(n, (at, items))| { *at == 12 * (n as u64 + 1) && items[0] == 12.0 * n as f32 + 1.0 })
        );
    }
}

#[test]
fn the_calling_thread_does_the_same() {
    let reference = reference();
    let out = Capture::new();
    plan(GRAPH).unwrap().run_here(|stage, made| if stage.name == "out" { out.sink() } else { made }).unwrap();
    assert_eq!(out.seen(), reference.seen);
}

#[test]
fn random_graphs() {
    let mut random = Random::new(0x2545_F491_4F6C_DD1D);
    for round in 0..150 {
        let graph = random_graph(&mut random);
        let one = run(&plan(&graph).unwrap(), RunOptions { one_lane: true, ..RunOptions::default() });
        assert_eq!(one.fault(), "", "{graph}");
        assert!(!one.blocks().is_empty(), "{graph}");
        for lanes in [2, 4] {
            let (depth, stages) = (1 + random.below(2), graph.split("[[stage]]").skip(1));
            let laid: Vec<String> = stages
                .map(|stage| format!("[[stage]]\nlane = \"{}\"\ndepth = {depth}{stage}", random.below(lanes)))
                .collect();
            let toml = laid.concat();
            let other = run_with(&plan(&toml).unwrap(), RunOptions::default(), |_, node| {
                Stalling::boxed(node, round, 400)
            });
            assert_same(&one, &other, &toml);
        }
    }
}

/// A stage that waits tells those behind it what is certain meanwhile. Ticks of another clock lie between two of its own, and count.
#[test]
fn what_is_certain_reaches_beyond_the_last_tick() {
    // A merge holds mere progress of one input and waits for the other, which the join behind it keeps from going on.
    let merged = r#"
[[stage]]
name = "fast"
kind = "count"
block = 3
clock = 1000
blocks = 68
[[stage]]
name = "even"
kind = "count"
block = 4
clock = 1000
blocks = 56
[[stage]]
name = "slow"
kind = "count"
block = 10
clock = 700
blocks = 59
[[stage]]
name = "rare"
kind = "holes"
inputs = ["fast"]
open = 2
shut = 5
loses = 0
[[stage]]
name = "one"
kind = "add"
inputs = ["rare", "slow"]
[[stage]]
name = "other"
kind = "add"
inputs = ["slow", "even"]
[[stage]]
name = "both"
kind = "merge"
inputs = ["one", "other"]
[[stage]]
name = "end"
kind = "add"
inputs = ["both", "fast"]
[[stage]]
name = "out"
kind = "out"
"#;
    // A join has mere progress before it, and takes what lies before that of its other input, though it cannot go on itself.
    let joined = r#"
[[stage]]
name = "fast"
kind = "count"
block = 11
clock = 1000
blocks = 74
[[stage]]
name = "slow"
kind = "count"
block = 7
clock = 333
blocks = 59
[[stage]]
name = "one"
kind = "add"
inputs = ["slow", "fast"]
[[stage]]
name = "two"
kind = "add"
inputs = ["one", "fast"]
[[stage]]
name = "three"
kind = "add"
inputs = ["two", "fast"]
[[stage]]
name = "end"
kind = "add"
inputs = ["fast", "three", "slow"]
[[stage]]
name = "out"
kind = "out"
"#;
    for graph in [merged, joined] {
        let ran = run(&plan(graph).unwrap(), RunOptions { one_lane: true, ..RunOptions::default() });
        assert_eq!(ran.fault(), "");
        assert!(ran.blocks().len() > 60, "{}", ran.blocks().len());
    }
}
