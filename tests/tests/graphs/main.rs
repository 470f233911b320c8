//! Random graphs as firmware compiled for this computer, as threads in several layouts, and as a session: the same blocks
//! at the same ticks, the same gaps, the same ends.
#![allow(clippy::unwrap_used, reason = "this is test code")]
#![allow(unreachable_pub, reason = "what is written is for any crate")]

mod graph;
mod kinds;

use std::collections::BTreeMap;
use std::path::Path;

use graph::{Graph, graph};
use kinds::{Count, SEEN, Seen};
use kws_engine::run::RunOptions;
use kws_engine::testing::{Random, ended};
use kws_engine::tick::{Gap, TickError};
use kws_engine::{Flow, Pipeline, Plan, Registry, Stage};

/// What a run has left: what every sink saw, and the gaps that stages reported, in order.
#[derive(Debug, PartialEq)]
struct Ran {
    seen: BTreeMap<&'static str, Vec<Seen>>,
    gaps: Gaps,
}

/// Stage, last tick and ticks lost.
type Gaps = Vec<(String, u64, u64)>;

impl Ran {
    fn take(mut gaps: Gaps) -> Self {
        gaps.sort();
        Ran { seen: std::mem::take(&mut *SEEN.lock().unwrap()), gaps }
    }
}

fn note(gaps: &mut Gaps) -> impl FnMut(Gap) {
    |gap| gaps.push((gap.stage.to_owned(), gap.at, gap.lost))
}

/// The modules of written graphs, and what runs each.
macro_rules! written {
    (one: $($one:ident)*; two: $($two:ident)*) => {
        $(
            #[allow(missing_docs)]
            mod $one {
                include!(concat!(env!("OUT_DIR"), "/", stringify!($one), ".rs"));
            }
        )*
        $(
            #[allow(missing_docs)]
            mod $two {
                include!(concat!(env!("OUT_DIR"), "/", stringify!($two), ".rs"));
            }
        )*

        /// Every written graph by its name.
        static WRITTEN: &[(&str, fn() -> Result<Gaps, TickError>)] = &[
            $((stringify!($one), || {
                let mut memory = $one::Memory::new();
                let (mut lane, mut gaps) = ($one::Pipeline::new(&mut memory), Gaps::new());
                lane.start();
                loop {
                    let flow = lane.tick()?;
                    lane.gaps(note(&mut gaps));
                    if flow == Flow::End {
                        break;
                    }
                }
                lane.finish()?;
                Ok(gaps)
            }),)*
            $((stringify!($two), || {
                let (mut ring, mut memory, mut other) =
                    ($two::Ring::new(), $two::Memory::new(), $two::SecondMemory::new());
                let (to, from) = ring.split();
                let (mut lane, mut second) =
                    ($two::Pipeline::new(&mut memory, to), $two::Second::new(&mut other, from));
                let mut gaps = Gaps::new();
                lane.start();
                second.start();
                for turn in 0.. {
                    let flow = lane.tick()?;
                    lane.gaps(note(&mut gaps));
                    if flow == Flow::End {
                        break;
                    }
                    if turn % 3 == 0 {
                        while second.tick()? != Flow::Skip {
                            second.gaps(note(&mut gaps));
                        }
                        second.gaps(note(&mut gaps));
                    }
                }
                lane.finish()?;
                while second.tick()? != Flow::End {
                    second.gaps(note(&mut gaps));
                }
                second.finish()?;
                second.gaps(note(&mut gaps));
                Ok(gaps)
            }),)*
        ];
    };
}

include!(concat!(env!("OUT_DIR"), "/graphs.rs"));

fn plan(toml: &str) -> Plan {
    let mut registry = Registry::new();
    kinds::register(&mut registry);
    let pipeline = Pipeline::parse(toml, "graph.toml", Path::new("")).unwrap();
    Plan::new(&pipeline, &registry).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

fn by_threads(toml: &str, options: RunOptions) -> Ran {
    let outcome = ended(plan(toml).start(options).unwrap());
    assert_eq!(outcome.fault, None, "{toml}");
    Ran::take(outcome.gaps.into_iter().map(|gap| (gap.stage, gap.at, gap.lost)).collect())
}

/// One session, which is pushed what the source's own stage brings.
fn in_a_session(graph: &Graph) -> Ran {
    let plan = plan(&graph.toml(|_| String::new()));
    let source = plan.stage("s0").unwrap();
    let param = |key: &str| source.params[key].as_u64().unwrap();
    let mut count = Count::new(param("blocks"), param("loses"));
    let mut block = vec![0.0; param("block") as usize];
    let mut session = plan.session().unwrap();
    loop {
        match count.process((), &mut block).unwrap() {
            Flow::Emit => assert_eq!(session.push("s0", &block, |_| {}), Ok(block.len())),
            Flow::Lost(lost) => session.lose("s0", lost).unwrap(),
            Flow::Skip => {}
            flow => {
                assert_eq!(flow, Flow::End);
                break;
            }
        }
    }
    session.finish(|_| {}).unwrap();
    Ran::take(Gaps::new())
}

/// In one test, since what sinks see is a static of this program.
#[test]
fn random_graphs_as_firmware_as_threads_and_as_a_session() {
    let (mut blocks, mut resets, mut merged, mut two) = (0, 0, 0, 0);
    let (mut clips, mut frail) = (0, 0);
    for (name, run) in WRITTEN {
        let number: u64 = name.rsplit('_').next().unwrap().parse().unwrap();
        let graph = graph(number);
        let written = Ran::take(run().unwrap_or_else(|failed| panic!("{name}: {failed}")));
        let plain = graph.toml(|_| String::new());
        let options = RunOptions { one_lane: true, ..RunOptions::default() };
        assert_eq!(written, by_threads(&plain, options), "{name} in one lane\n{plain}");
        let mut random = Random::new(1000 + number);
        for toml in [plain.clone(), graph.laid_out(2, &mut random), graph.laid_out(5, &mut random)] {
            assert_eq!(written, by_threads(&toml, RunOptions::default()), "{name} by threads\n{toml}");
        }
        assert_eq!(written.seen, in_a_session(&graph).seen, "{name} as a session\n{plain}");
        for (sink, seen) in &written.seen {
            blocks += seen.iter().filter(|seen| matches!(seen, Seen::Block(..))).count();
            resets += seen.iter().filter(|seen| **seen == Seen::Reset).count();
            merged += usize::from(sink.starts_with("all_"));
        }
        two += usize::from(graph.two_lanes());
        let count = |kind: &str| graph.stages.iter().filter(|stage| stage.kind == kind).count();
        clips += count("capture");
        frail += count("frail");
    }
    assert_eq!(WRITTEN.len() as u64, graph::GRAPHS);
    assert!(
        blocks > 8_000 && resets > 800 && merged > 100 && two > 100,
        "{blocks} blocks, {resets} gaps, {merged} merges, {two} graphs of two lanes"
    );
    assert!(clips > 100 && frail > 100, "{clips} captures, {frail} stages that fail");
}
