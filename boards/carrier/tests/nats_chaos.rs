//! A proxy between places and their NATS server cuts, delays and changes what passes, at random, and somebody stores again what is
//! stored: the parts give what the whole gives. What was changed before it was stored is a gap, never a wrong block.
//!
//! `KWS_CHAOS_SECONDS=600` makes it longer.
#![cfg(feature = "nats")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[path = "../../../engine/tests/kinds/mod.rs"]
mod kinds;
mod parts;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_nats::jetstream;
use futures_util::TryStreamExt;
use kinds::graphs::random_gapped_graph;
use kinds::{plan, registry};
use kws_carrier::Address;
use kws_carrier::testing::NatsServer;
use kws_engine::LinkPlan;
use kws_engine::run::RunOptions;
use kws_engine::testing::{Random, blocks};
use parts::{Carried, cut, places, run_carried};

/// Who may have bytes changed on their way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changes {
    ToPlaces,
    Both,
}

/// What the proxy has done.
#[derive(Default)]
struct Harm {
    cut: AtomicU64,
    delayed: AtomicU64,
    changed: AtomicU64,
}

/// Lets connections through to a server, and harms them, as long as the program runs. Where it listens.
fn proxy(server: &NatsServer, changes: Changes, harm: &Arc<Harm>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("nats://{}", listener.local_addr().unwrap());
    let (to, harm) = (server.url().trim_start_matches("nats://").to_owned(), harm.clone());
    std::thread::spawn(move || {
        for (count, caller) in listener.incoming().map_while(Result::ok).enumerate() {
            let Ok(called) = TcpStream::connect(&to) else { continue };
            for (from, to, is_changed) in
                [(&caller, &called, changes == Changes::Both), (&called, &caller, true)]
            {
                let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let (harm, random) = (harm.clone(), Random::new(2 * count as u64 + u64::from(is_changed)));
                std::thread::spawn(move || pass(from, to, is_changed, random, &harm));
            }
        }
    });
    address
}

/// Copies until the connection ends, or is cut.
fn pass(mut from: TcpStream, mut to: TcpStream, is_changed: bool, mut random: Random, harm: &Harm) {
    let mut buffer = [0; 1000];
    // A connection is met before it is harmed.
    let mut passed = 0;
    loop {
        let len = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        passed += len;
        match random.below(400) {
            _ if passed < 4000 => {}
            0 => {
                harm.cut.fetch_add(1, Ordering::Relaxed);
                break;
            }
            1..5 => {
                harm.delayed.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(random.below(250)));
            }
            5..8 if is_changed => {
                harm.changed.fetch_add(1, Ordering::Relaxed);
                let bit = random.below(8 * len as u64) as usize;
                buffer[bit / 8] ^= 1 << (bit % 8);
            }
            _ => {}
        }
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    for end in [&from, &to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}

/// Stores messages again that are stored, late and out of their order, until it is over; how many.
fn repeat(url: String, over: Arc<AtomicBool>) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let context = jetstream::new(async_nats::connect(url).await.unwrap());
            let (mut random, mut count) = (Random::new(7), 0);
            while !over.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(3)).await;
                let mut names: Vec<String> = context.stream_names().try_collect().await.unwrap_or_default();
                names.retain(|name| name.starts_with("kws-"));
                let Some(name) = names.last() else { continue };
                let Ok(stream) = context.get_stream(name).await else { continue };
                let last = stream.cached_info().state.last_sequence;
                let Ok(message) =
                    stream.get_raw_message(last - random.below(last.min(40) + 1).min(last)).await
                else {
                    continue;
                };
                if let Ok(stored) = context.publish(message.subject, message.payload).await {
                    count += u64::from(stored.await.is_ok());
                }
            }
            count
        })
    })
}

/// Runs a pipeline's parts with all links by this address, and gives what came out.
fn carried(toml: &str, address: &Address, round: u64) -> Vec<kws_engine::testing::Seen<f32>> {
    let plans = parts::parts(toml, &registry());
    let mut carried = |_: &str, link: &LinkPlan| -> Carried {
        let (address, link) = (address.clone(), link.clone());
        Box::new(move |end| address.carry(&link, end, None, |_| {}))
    };
    let (seen, outcomes) = run_carried(&plans, &places(toml), &mut carried, round);
    assert!(outcomes.iter().all(|outcome| outcome.fault.is_none()), "round {round}\n{toml}");
    seen
}

#[test]
fn parts_behind_a_harmful_proxy_to_a_server_give_what_the_whole_gives() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = NatsServer::start(folder.path()).unwrap() else {
        println!("SKIPPED: a proxy before NATS: `nats-server` is not installed");
        return;
    };
    let seconds: u64 = std::env::var("KWS_CHAOS_SECONDS").map_or(15, |text| text.parse().unwrap());
    let harm = Arc::new(Harm::default());
    let proxied = proxy(&server, Changes::ToPlaces, &harm);
    let over = Arc::new(AtomicBool::new(false));
    let repeats = repeat(server.url(), over.clone());
    let (began, mut round) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(seconds) {
        let mut random = Random::new(round + 12_000);
        let graph = random_gapped_graph(&mut random);
        let options = RunOptions { one_lane: true, ..RunOptions::default() };
        let whole = kinds::run(&plan(&graph).unwrap(), options);
        let toml = cut(&graph, 2 + round % 2, &mut random);
        // By turns stored and not.
        let options = if round % 3 == 2 { "" } else { "?keep=10m" };
        let address: Address = format!("{proxied}{options}").parse().unwrap();
        assert_eq!(carried(&toml, &address, round), whole.seen, "round {round}\n{toml}");
        round += 1;
    }
    over.store(true, Ordering::Relaxed);
    let repeats = repeats.join().unwrap();
    let [cut, delayed, changed] =
        [&harm.cut, &harm.delayed, &harm.changed].map(|count| count.load(Ordering::Relaxed));
    println!(
        "{round} pipelines; {cut} cuts, {delayed} delays, {changed} changed bits, {repeats} messages repeated"
    );
    assert!(cut > 0 && delayed > 0 && changed > 0 && repeats > 0);
}

/// Two places, of which the first sends what it has counted.
const COUNTS: &str = r#"
    [[place]]
    name = "p0"
    [[place]]
    name = "p1"
    [[stage]]
    kind = "count"
    blocks = 4000
    place = "p0"
    [[stage]]
    name = "out"
    kind = "out"
    place = "p1"
    on_full = "block"
"#;

#[test]
fn what_was_changed_before_it_was_stored_is_missing_and_never_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = NatsServer::start(folder.path()).unwrap() else {
        println!("SKIPPED: a proxy before NATS: `nats-server` is not installed");
        return;
    };
    let harm = Arc::new(Harm::default());
    let address: Address = format!("{}?keep=10m", proxy(&server, Changes::Both, &harm)).parse().unwrap();
    let whole = blocks(&kinds::run(&plan(COUNTS).unwrap(), RunOptions::default()).seen);
    let seen = blocks(&carried(COUNTS, &address, 1));
    let missing = whole.len() - seen.len();
    println!(
        "{missing} of {} blocks missing, {} bits changed",
        whole.len(),
        harm.changed.load(Ordering::Relaxed)
    );
    assert!(seen.iter().all(|block| whole.contains(block)), "a block is wrong");
    assert!(seen.len() > whole.len() / 2, "{missing} blocks are missing");
}
