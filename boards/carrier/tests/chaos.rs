//! A proxy between two places cuts, delays, doubles, reorders, drops and changes what passes: the parts still give what the whole
//! gives, as long as no more is under way than their links hold.
//!
//! `KWS_CHAOS_SECONDS=600` makes it longer.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[path = "../../../engine/tests/kinds/mod.rs"]
mod kinds;
mod parts;

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kinds::graphs::random_gapped_graph;
use kinds::{plan, registry};
use kws_carrier::{Address, Wire};
use kws_engine::LinkPlan;
use kws_engine::run::RunOptions;
use kws_engine::testing::Random;
use parts::{cut, places, run};

/// Bytes that are harmed at once, at most.
const CHUNK: usize = 200;
/// Rounds at a time.
const AT_ONCE: usize = 4;

/// Lets connections through from one socket to another, and harms them, as long as the program runs.
fn proxy(from: &Path, to: &Path, seed: u64, harmed: &Arc<AtomicU64>) {
    let listener = UnixListener::bind(from).unwrap();
    let (to, harmed) = (to.to_owned(), harmed.clone());
    std::thread::spawn(move || {
        let mut count = seed;
        for caller in listener.incoming().map_while(Result::ok) {
            // Nobody there yet: the caller tries again.
            let Ok(called) = UnixStream::connect(&to) else { continue };
            for (from, to) in [(&caller, &called), (&called, &caller)] {
                count += 1;
                let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let (harmed, random) = (harmed.clone(), Random::new(count));
                std::thread::spawn(move || pass(from, to, random, &harmed));
            }
        }
    });
}

/// Copies until the connection ends, or is cut.
fn pass(mut from: UnixStream, mut to: UnixStream, mut random: Random, harmed: &AtomicU64) {
    from.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let (mut buffer, mut held) = ([0; CHUNK], Vec::new());
    loop {
        let mut bytes = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => buffer[..len].to_vec(),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Vec::new(),
            Err(_) => break,
        };
        let harm = if bytes.is_empty() { u64::MAX } else { random.below(120) };
        harmed.fetch_add(u64::from(harm < 14), Ordering::Relaxed);
        match harm {
            0 => break,
            1..4 => bytes.clear(),
            4..7 => bytes.extend_from_within(..),
            7..10 => {
                let bit = random.below(8 * bytes.len() as u64) as usize;
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            10..12 => {
                // What comes next overtakes it.
                held = std::mem::take(&mut bytes);
            }
            12..14 => std::thread::sleep(Duration::from_millis(random.below(60))),
            _ => bytes.append(&mut held),
        }
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    for end in [&from, &to] {
        let _ = end.shutdown(std::net::Shutdown::Both);
    }
}

/// One pipeline, cut at random, behind the proxy.
fn round(round: u64, folder: &Path, harmed: &Arc<AtomicU64>) {
    let path = |name: String| -> PathBuf { folder.join(name) };
    let mut count = 0;
    let mut wires = |link: &LinkPlan| -> [Box<dyn Wire>; 2] {
        count += 1;
        let (near, far) = (path(format!("near{round}-{count}")), path(format!("far{round}-{count}")));
        proxy(&near, &far, 10_000 * round + 1000 * count, harmed);
        [Address::UnixListen(far).wire(link), Address::Unix(near).wire(link)]
    };
    let mut random = Random::new(round + 5000);
    let graph = random_gapped_graph(&mut random);
    let options = RunOptions { one_lane: true, ..RunOptions::default() };
    let whole = kinds::run(&plan(&graph).unwrap(), options);
    let toml = cut(&graph, 2 + round % 2, &mut random);
    let (seen, outcomes) = run(&parts::parts(&toml, &registry()), &places(&toml), &mut wires, round);
    assert!(outcomes.iter().all(|outcome| outcome.fault.is_none()), "round {round}\n{toml}");
    assert_eq!(seen, whole.seen, "round {round}\n{toml}");
}

#[test]
fn parts_behind_a_harmful_proxy_give_what_the_whole_gives() {
    let folder = tempfile::tempdir().unwrap();
    let harmed = Arc::new(AtomicU64::new(0));
    let seconds: u64 = std::env::var("KWS_CHAOS_SECONDS").map_or(0, |text| text.parse().unwrap());
    let (began, next) = (Instant::now(), AtomicU64::new(0));
    // A round mostly waits.
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= 30 && began.elapsed().as_secs() >= seconds {
                        break;
                    }
                    round(number, folder.path(), &harmed);
                }
            });
        }
    });
    let harmed = harmed.load(Ordering::Relaxed);
    assert!(harmed > 100, "the proxy has done no harm: {harmed}");
    println!("{harmed} chunks harmed");
}
