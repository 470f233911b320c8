//! A pipeline as a value gives what threads give, and can begin anew.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use std::collections::BTreeMap;

use kinds::graphs::{laid_out, random_gapped_graph};
use kinds::{plan, run, run_with};
use kws_engine::run::RunOptions;
use kws_engine::testing::{Capture, Random, Seen, Stalling, blocks};
use kws_engine::{Block, Flow, Plan, Session, SessionError, Stage, StageFault, node};

/// A session whose sink notes what it sees.
fn session(plan: &Plan, out: &Capture<f32>) -> Session {
    let mut session =
        plan.session_with(|stage, made| if stage.name == "out" { out.sink() } else { made }).unwrap();
    session.tap("end").unwrap();
    session
}

/// Pushes what every `count` of a plan would have written, in pieces of any length, whichever source is asked for.
fn play(plan: &Plan, session: &mut Session, random: &mut Random) -> Vec<(u64, Vec<f32>)> {
    let mut tapped = Vec::new();
    let mut sources: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for stage in plan.stages.iter().filter(|stage| stage.kind == "count") {
        let param = |key: &str| stage.params[key].as_u64().unwrap();
        sources.insert(stage.name.clone(), (0, param("block") * param("blocks")));
    }
    while !sources.is_empty() {
        let mut moved = false;
        for (name, (at, end)) in &mut sources {
            let piece = (1 + random.below(40)).min(*end - *at);
            let items: Vec<f32> = (*at + 1..=*at + piece).map(|item| item as f32).collect();
            let taken = session
                .push(name, &items, |output| {
                    tapped.push((output.at, output.items::<f32>().unwrap().to_vec()))
                })
                .unwrap();
            *at += taken as u64;
            moved |= taken > 0;
            if at == end {
                let see = |output: kws_engine::Output<'_>| {
                    tapped.push((output.at, output.items::<f32>().unwrap().to_vec()));
                };
                session.end(name, see).unwrap();
                moved = true;
            }
        }
        sources.retain(|_, (at, end)| at < end);
        assert!(moved, "no source is asked for");
    }
    session.finish(|output| tapped.push((output.at, output.items::<f32>().unwrap().to_vec()))).unwrap();
    tapped
}

#[test]
fn random_graphs_as_threads_and_as_a_session() {
    let mut random = Random::new(0x1234_5678_9ABC_DEF1);
    let mut resets = 0;
    for round in 0..300 {
        let graph = random_gapped_graph(&mut random);
        let planned = plan(&graph).unwrap();
        let one = run(&planned, RunOptions { one_lane: true, ..RunOptions::default() });
        assert_eq!(one.fault(), "", "{graph}");
        for lanes in [2, 5] {
            let toml = laid_out(&graph, lanes, &mut random);
            let other = run_with(&plan(&toml).unwrap(), RunOptions::default(), |_, node| {
                Stalling::boxed(node, round, 400)
            });
            assert_eq!((other.fault(), &other.seen), (String::new(), &one.seen), "{toml}");
        }
        let out = Capture::new();
        let mut session = session(&planned, &out);
        // Once, and once more after a beginning of another stream.
        for again in [false, true] {
            if again {
                let some = [1.0f32; 50];
                session.push("s0", &some, |_| {}).unwrap();
                session.reset();
                out.take();
            }
            let tapped = play(&planned, &mut session, &mut random);
            assert_eq!(out.take(), one.seen, "{graph}");
            assert_eq!(tapped, blocks(&one.seen), "{graph}");
            session.reset();
        }
        resets += one.seen.iter().filter(|seen| **seen == Seen::Reset).count();
    }
    assert!(resets > 1000, "{resets} gaps reached the sinks");
}

const CHAIN: &str = r#"
[[stage]]
name = "source"
kind = "count"
block = 4
[[stage]]
name = "end"
kind = "gain"
factor = 2.0
[[stage]]
name = "out"
kind = "out"
"#;

#[test]
fn what_is_lost_stands_before_the_next_block() {
    let planned = plan(CHAIN).unwrap();
    let mut session = planned.session().unwrap();
    session.tap("end").unwrap();
    let mut shown = Vec::new();
    let mut note = |output: kws_engine::Output<'_>| {
        shown.push((output.at, output.lost, output.items::<f32>().unwrap()[0]));
    };
    session.push("source", &[1.0f32; 6], &mut note).unwrap();
    // Two items of a begun block go with the ten.
    session.lose("source", 10).unwrap();
    session.push("source", &[3.0f32; 4], &mut note).unwrap();
    assert!(session.push_at("source", 100, &[4.0f32; 4], &mut note).unwrap());
    session.push("source", &[5.0f32; 4], &mut note).unwrap();
    assert_eq!(shown, [(4, 0, 2.0), (20, 12, 6.0), (100, 0, 8.0), (104, 0, 10.0)]);
}

/// A program that has a stage's blocks already, from a recording, runs what is behind it.
#[test]
fn the_part_of_a_plan_behind_a_stage() {
    let more = "[[stage]]\nname = \"more\"\nkind = \"gain\"\nfactor = 3.0\ninput = \"end\"\n";
    let planned = plan(&format!("{CHAIN}{more}")).unwrap();
    let part = planned.behind("end").unwrap();
    assert_eq!(
        part.stages.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>(),
        ["end", "out", "more"]
    );
    let mut session = part.session().unwrap();
    session.tap("more").unwrap();
    assert_eq!(session.sources().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), ["end"]);
    let mut shown = Vec::new();
    let note = |output: kws_engine::Output<'_>| shown.push((output.at, output.items::<f32>().unwrap()[0]));
    assert!(session.push_at("end", 40, &[5.0f32; 4], note).unwrap());
    assert_eq!(shown, [(40, 15.0)]);
    assert!(planned.behind("out").is_none(), "a sink writes nothing");
    assert!(planned.behind("other").is_none());
    let joined = "[[stage]]\nname = \"join\"\nkind = \"add\"\ninputs = [\"end\", \"source\"]\n";
    let joined = plan(&format!("{CHAIN}{joined}")).unwrap();
    assert!(joined.behind("end").is_none(), "`join` reads `source` too");
    assert!(joined.behind("source").is_some());
}

#[test]
fn mistakes_are_named() {
    let planned = plan(CHAIN).unwrap();
    let mut session = planned.session().unwrap();
    let text = |error: SessionError| error.to_string();
    let none = |_: kws_engine::Output<'_>| {};
    assert_eq!(
        text(session.push("mic", &[0.0f32], none).unwrap_err()),
        "the pipeline has no source `mic`, expected `source`"
    );
    assert_eq!(
        text(session.push("source", &[0_i16], none).unwrap_err()),
        "found i16 items for source `source`, expected f32"
    );
    let error = text(session.tap("out").unwrap_err());
    assert_eq!(error, "the pipeline has no stage `out` that writes, expected one of `source`, `end`");
    session.push("source", &[0.0f32], none).unwrap();
    let error = text(session.push_at("source", 9, &[0.0f32; 4], none).unwrap_err());
    assert_eq!(error, "found 5 items for a block of source `source`, expected 4");
    session.finish(none).unwrap();
    assert_eq!(session.push("source", &[0.0f32], none), Err(SessionError::Over));
    session.reset();
    assert_eq!(session.push("source", &[0.0f32; 9], none), Ok(9));
}

#[test]
fn a_stage_that_fails_ends_the_session_until_it_is_reset() {
    struct Fails(u64);
    impl Stage for Fails {
        type In = f32;
        type Out = f32;
        fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
            self.0 += 1;
            output.copy_from_slice(&input);
            if self.0 == 3 { Err(StageFault::new("the battery is flat")) } else { Ok(Flow::Emit) }
        }
    }
    let planned = plan(CHAIN).unwrap();
    let mut session =
        planned.session_with(|stage, made| if stage.name == "end" { node(Fails(0)) } else { made }).unwrap();
    let failed = session.push("source", &[0.0f32; 40], |_| {}).unwrap_err();
    assert_eq!(failed.to_string(), "stage `end` failed: the battery is flat");
    assert_eq!(session.push("source", &[0.0f32; 4], |_| {}), Err(failed));
    session.reset();
    assert_eq!(session.push("source", &[0.0f32; 40], |_| {}), Ok(40));
}

#[test]
fn sessions_go_to_other_threads() {
    fn sent<T: Send>(_: &T) {}
    let planned = plan(CHAIN).unwrap();
    sent(&planned.session().unwrap());
}
