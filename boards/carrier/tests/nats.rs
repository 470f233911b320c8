//! Places over a real NATS server, where there is one: `nats-server` on the path, or the program that `NATS_SERVER` names.
#![cfg(feature = "nats")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[path = "../../../engine/tests/kinds/mod.rs"]
mod kinds;
mod parts;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kinds::graphs::random_gapped_graph;
use kinds::{plan, registry};
use kws_carrier::Address;
use kws_carrier::stream::Kept;
use kws_carrier::testing::NatsServer;
use kws_engine::LinkPlan;
use kws_engine::run::RunOptions;
use kws_engine::testing::Random;
use parts::{Carried, cut, places, run_carried};

/// A server, and the folder in which it keeps what it stores; `None` where there is no such program.
fn server() -> Option<(NatsServer, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let server = NatsServer::start(folder.path()).unwrap();
    if server.is_none() {
        println!("SKIPPED: links over NATS: `nats-server` is not installed");
    }
    Some((server?, folder))
}

fn address(server: &NatsServer, options: &str) -> Address {
    (server.url() + options).parse().unwrap()
}

/// Cuts random graphs into places, carries their links by this address, and compares what comes out with the whole.
fn cut_at_random(rounds: Range<u64>, address: &Address) {
    for round in rounds {
        let mut random = Random::new(round + 9000);
        let graph = random_gapped_graph(&mut random);
        let options = RunOptions { one_lane: true, ..RunOptions::default() };
        let whole = kinds::run(&plan(&graph).unwrap(), options);
        let toml = cut(&graph, 2 + round % 2, &mut random);
        let plans = parts::parts(&toml, &registry());
        let mut carried = |_: &str, link: &LinkPlan| -> Carried {
            let (address, link) = (address.clone(), link.clone());
            Box::new(move |end| address.carry(&link, end, None, |_| {}))
        };
        let (seen, outcomes) = run_carried(&plans, &places(&toml), &mut carried, round);
        assert!(outcomes.iter().all(|outcome| outcome.fault.is_none()), "round {round}\n{toml}");
        assert_eq!(seen, whole.seen, "round {round}\n{toml}");
    }
}

#[test]
fn graphs_cut_at_random_give_what_the_whole_gives_over_nats() {
    let Some((server, _folder)) = server() else { return };
    cut_at_random(0..100, &address(&server, ""));
}

#[test]
fn graphs_cut_at_random_give_what_the_whole_gives_over_streams() {
    let Some((server, _folder)) = server() else { return };
    cut_at_random(0..100, &address(&server, "?keep=10m"));
}

#[test]
fn a_server_of_streams_that_is_killed_loses_nothing() {
    let Some((mut server, _folder)) = server() else { return };
    let address = address(&server, "?keep=10m");
    let over = Arc::new(AtomicBool::new(false));
    let until = over.clone();
    let kills = std::thread::spawn(move || {
        let mut random = Random::new(5);
        let mut kills = 0;
        while !until.load(Ordering::Relaxed) {
            server.restart(Duration::from_millis(random.below(200))).unwrap();
            kills += 1;
            std::thread::sleep(Duration::from_millis(100 + random.below(400)));
        }
        kills
    });
    cut_at_random(100..115, &address);
    over.store(true, Ordering::Relaxed);
    assert!(kills.join().unwrap() > 5);
}

/// Two places, of which the first sends what it has counted.
const COUNTS: &str = r#"
    [[place]]
    name = "p0"
    [[place]]
    name = "p1"
    [[stage]]
    kind = "count"
    blocks = 5000
    place = "p0"
    [[stage]]
    name = "out"
    kind = "out"
    place = "p1"
    on_full = "block"
"#;

#[test]
fn a_receiver_that_comes_when_the_sender_has_gone_gets_all() {
    let Some((server, _folder)) = server() else { return };
    let address = address(&server, "?keep=10m");
    let plans = parts::parts(COUNTS, &registry());
    let mut seen = Vec::new();
    for (plan, place) in plans.iter().zip(places(COUNTS)) {
        let mut carried = |_: &str, link: &LinkPlan| -> Carried {
            let (address, link) = (address.clone(), link.clone());
            Box::new(move |end| address.carry(&link, end, None, |_| {}))
        };
        let (came, outcomes) = run_carried(std::slice::from_ref(plan), &[place], &mut carried, 1);
        assert!(outcomes.iter().all(|outcome| outcome.fault.is_none()));
        seen = came;
    }
    let whole = kinds::run(&plan(COUNTS).unwrap(), RunOptions::default());
    assert_eq!(seen, whole.seen);
}

/// What is written down under a key of a bucket after these values were.
async fn kept_after(bucket: &str, server: &kws_carrier::Server, values: &[Vec<u8>]) -> Kept {
    let (client, _breaks) = kws_carrier::stream::connect(server).await.unwrap();
    let context = async_nats::jetstream::new(client);
    let store = kws_carrier::stream::bucket(&context, bucket, Duration::ZERO).await.unwrap();
    for value in values {
        store.put("here", value.clone().into()).await.unwrap();
    }
    Kept::read(&store, "here").await.unwrap()
}

#[test]
fn of_damaged_notes_the_one_before_is_read() {
    let Some((nats, _folder)) = server() else { return };
    let Address::Nats(server) = address(&nats, "") else { panic!() };
    let whole = |text: &str| Kept::written(text);
    let mut damaged = whole("5 7 1:4");
    // Another place, as plausible as the one that was written.
    damaged[0] = b'6';
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let read = |bucket: &str, values: &[Vec<u8>]| {
        let kept = runtime.block_on(kept_after(bucket, &server, values));
        (kept.text.map(|text| String::from_utf8(text).unwrap()), kept.is_damaged)
    };
    assert_eq!(read("none", &[]), (None, false));
    assert_eq!(read("whole", &[whole("a"), whole("b")]), (Some("b".to_owned()), false));
    assert_eq!(read("last", &[whole("a"), whole("b"), damaged.clone()]), (Some("b".to_owned()), true));
    assert_eq!(read("all", &[damaged.clone(), damaged, Vec::new()]), (None, true));
}
