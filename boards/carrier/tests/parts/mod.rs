//! Runs the parts of a pipeline beside each other, with wires between them.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses some of these")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::collections::BTreeMap;
use std::path::Path;

use kws_carrier::{News, Wire, carry};
use kws_engine::run::{LinkEnd, Outcome, RunError, RunOptions};
use kws_engine::testing::{Capture, Random, Seen, Stalling, ended};
use kws_engine::{LinkPlan, Pipeline, Plan, Registry};

/// Makes both ends of a wire, for the place that asks first and for the other.
pub type Wires<'a> = &'a mut dyn FnMut(&LinkPlan) -> [Box<dyn Wire>; 2];

/// A pipeline with every stage at a random one of so many places.
pub fn cut(graph: &str, places: u64, random: &mut Random) -> String {
    let at: Vec<u64> = graph.split("[[stage]]").skip(1).map(|_| random.below(places)).collect();
    let mut text = String::new();
    for place in (0..places).filter(|place| at.contains(place)) {
        text += &format!("[[place]]\nname = \"p{place}\"\n");
    }
    for (stage, place) in graph.split("[[stage]]").skip(1).zip(at) {
        text += &format!("[[stage]]\nplace = \"p{place}\"\n{stage}");
    }
    text
}

/// Plans each place's part.
pub fn parts(toml: &str, registry: &Registry) -> Vec<Plan> {
    let pipeline = Pipeline::parse(toml, "test.toml", Path::new("")).unwrap_or_else(|e| panic!("{e}"));
    let part = |place: &kws_engine::PlaceSpec| {
        Plan::at(&pipeline, registry, &place.name).unwrap_or_else(|error| panic!("{error}\n{toml}"))
    };
    pipeline.places.iter().map(part).collect()
}

/// What carries one end of a link.
pub type Carried = Box<dyn FnOnce(LinkEnd) + Send>;

/// Runs all parts at once, each with its own lanes; what the sink `out` has seen, and how each part ended.
pub fn run(plans: &[Plan], names: &[String], wires: Wires<'_>, seed: u64) -> (Vec<Seen<f32>>, Vec<Outcome>) {
    let mut waiting: BTreeMap<(String, String), Box<dyn Wire>> = BTreeMap::new();
    let mut carried = |here: &str, link: &LinkPlan| -> Carried {
        let key = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let wire = waiting.remove(&key(here, &link.place)).unwrap_or_else(|| {
            let [mine, theirs] = wires(link);
            waiting.insert(key(&link.place, here), theirs);
            mine
        });
        Box::new(move |end| carry(end, wire, |_: News| {}))
    };
    run_carried(plans, names, &mut carried, seed)
}

/// As [`run`], with whatever carries each end of each link, by the place that it is at.
pub fn run_carried(
    plans: &[Plan],
    names: &[String],
    carried: &mut dyn FnMut(&str, &LinkPlan) -> Carried,
    seed: u64,
) -> (Vec<Seen<f32>>, Vec<Outcome>) {
    let out = Capture::new();
    let mut running = Vec::new();
    for (plan, here) in plans.iter().zip(names) {
        let mut next = seed * 100;
        let dress = |stage: &kws_engine::PlannedStage, node| {
            next += 1;
            let node = if stage.name == "out" { out.sink() } else { node };
            Stalling::boxed(node, next, 100)
        };
        let started =
            plan.start_linked(RunOptions::default(), dress, |link| Ok::<_, RunError>(carried(here, link)));
        running.push(started.unwrap());
    }
    let outcomes = running.into_iter().map(ended).collect();
    (out.seen(), outcomes)
}

/// The names of the places of a pipeline.
pub fn places(toml: &str) -> Vec<String> {
    let pipeline = Pipeline::parse(toml, "test.toml", Path::new("")).unwrap();
    pipeline.places.into_iter().map(|place| place.name).collect()
}
