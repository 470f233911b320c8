//! A pipeline that is cut anywhere gives what the whole gives.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod cable;
#[path = "../../../engine/tests/kinds/mod.rs"]
mod kinds;
mod parts;

use cable::cable;
use kinds::graphs::{random_gapped_graph, random_graph};
use kinds::{plan, registry};
use kws_carrier::{Address, Wire, memory};
use kws_engine::LinkPlan;
use kws_engine::run::RunOptions;
use kws_engine::testing::Random;
use parts::{cut, places, run};

/// Cuts random graphs into two and three places, with these wires between them.
fn cut_at_random(rounds: std::ops::Range<u64>, mut wires: impl FnMut(&LinkPlan) -> [Box<dyn Wire>; 2]) {
    for round in rounds {
        let mut random = Random::new(round + 1000);
        let graph = if round % 2 == 0 { random_graph(&mut random) } else { random_gapped_graph(&mut random) };
        let options = RunOptions { one_lane: true, ..RunOptions::default() };
        let whole = kinds::run(&plan(&graph).unwrap(), options);
        assert_eq!(whole.fault(), "", "{graph}");
        let toml = cut(&graph, 2 + round % 2, &mut random);
        let plans = parts::parts(&toml, &registry());
        let (seen, outcomes) = run(&plans, &places(&toml), &mut wires, round);
        for outcome in &outcomes {
            assert_eq!(outcome.fault, None, "round {round}\n{toml}");
        }
        assert_eq!(seen, whole.seen, "round {round}\n{toml}");
    }
}

#[test]
fn graphs_cut_at_random_give_what_the_whole_gives_over_memory() {
    cut_at_random(0..100, |_| memory());
}

#[test]
fn graphs_cut_at_random_give_what_the_whole_gives_over_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    cut_at_random(0..20, |link| {
        count += 1;
        let path = folder.path().join(count.to_string());
        [Address::UnixListen(path.clone()).wire(link), Address::Unix(path).wire(link)]
    });
}

#[test]
fn graphs_cut_at_random_give_what_the_whole_gives_over_pseudoterminals() {
    cut_at_random(0..100, |link| cable().map(|path| Address::Serial(path, 115_200).wire(link)));
}
