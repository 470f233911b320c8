//! Ends, faults, panics and stops in every place: a clear message or an orderly end every time, never a hang.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod ends;
mod gaps;
#[path = "../kinds/mod.rs"]
mod kinds;

use kinds::{Ran, plan, run, run_with};
use kws_engine::run::RunOptions;
use kws_engine::testing::{Capture, Seen, ended};
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
enum Disturbance {
    Fails(u64),
    Panics(u64),
    Ends(u64),
    PanicsAtFinish,
    FailsAtFinish,
}

struct Disturbed {
    disturbance: Disturbance,
    fired: u64,
}

impl Disturbed {
    fn now(&mut self) -> Result<Flow, StageFault> {
        self.fired += 1;
        match self.disturbance {
            Disturbance::Fails(at) if at == self.fired => Err(StageFault::new("the battery is flat")),
            Disturbance::Panics(at) if at == self.fired => panic!("out of cheese"),
            Disturbance::Ends(at) if at == self.fired => Ok(Flow::End),
            Disturbance::PanicsAtFinish | Disturbance::FailsAtFinish if self.fired == 20 => Ok(Flow::End),
            _ => Ok(Flow::Emit),
        }
    }

    fn finish(&self) -> Result<(), StageFault> {
        match self.disturbance {
            Disturbance::PanicsAtFinish => panic!("out of cheese"),
            Disturbance::FailsAtFinish => Err(StageFault::new("the battery is flat")),
            _ => Ok(()),
        }
    }
}

struct Source(Disturbed);

struct Middle(Disturbed);

struct Sink(Disturbed, Capture<f32>);

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
        self.1.note(Seen::Block(input.at, input.to_vec()));
        Ok(flow)
    }
    fn finish(&mut self) -> Result<(), StageFault> {
        self.0.finish()
    }
}

/// Runs the chain with one stage disturbed.
fn disturbed(name: &str, disturbance: Disturbance, one_lane: bool) -> Ran {
    let out = Capture::new();
    let running = chain()
        .start_with(options(one_lane), |stage, made| {
            let with = Disturbed { disturbance, fired: 0 };
            match stage.name.as_str() {
                at if at != name && at == "out" => out.sink(),
                at if at != name => made,
                "source" => node(Source(with)),
                "out" => node(Sink(with, out.clone())),
                _ => node(Middle(with)),
            }
        })
        .unwrap();
    let outcome = ended(running);
    Ran { outcome, seen: out.take() }
}

#[test]
fn a_stage_that_fails_or_panics_is_named_and_the_rest_drains() {
    for one_lane in [false, true] {
        for name in ["source", "first", "middle", "third", "out"] {
            for (disturbance, text) in [
                (Disturbance::Fails(17), "the battery is flat"),
                (Disturbance::Panics(17), "it panicked: out of cheese"),
                (Disturbance::Fails(1), "the battery is flat"),
                (Disturbance::FailsAtFinish, "the battery is flat"),
                (Disturbance::PanicsAtFinish, "it panicked: out of cheese"),
            ] {
                let ran = disturbed(name, disturbance, one_lane);
                assert_eq!(ran.fault(), format!("stage `{name}` failed: {text}"));
                let before = match disturbance {
                    Disturbance::Fails(at) | Disturbance::Panics(at) => at - 1,
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
            let ran = disturbed(name, Disturbance::Ends(30), one_lane);
            assert_eq!(ran.fault(), "");
            assert_eq!(ran.blocks().len(), if name == "out" { 30 } else { 29 }, "{name}");
        }
    }
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
