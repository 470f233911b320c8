//! Places over a real NATS server, where there is one: `nats-server` on the path, or the program that `NATS_SERVER` names.
#![cfg(feature = "nats")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[path = "../../../engine/tests/kinds/mod.rs"]
mod kinds;
mod parts;

use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kinds::graphs::random_gapped_graph;
use kinds::{plan, registry};
use kws_carrier::Address;
use kws_engine::LinkPlan;
use kws_engine::run::RunOptions;
use kws_engine::testing::Random;
use parts::{Carried, cut, places, run_carried};

/// A server of the test's own, which keeps what it stores in a folder.
struct Server {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts a server; `None` where there is no such program.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let Some(process) = Server::spawn(port, folder.path()) else {
            println!("SKIPPED: links over NATS: `nats-server` is not installed");
            return None;
        };
        Some(Server { process, port, folder })
    }

    fn spawn(port: u16, folder: &Path) -> Option<Child> {
        let program = std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into());
        let mut command = Command::new(program);
        command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(folder);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(process)
    }

    /// Kills the server and starts it again after a while.
    fn restart(&mut self, pause: Duration) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::thread::sleep(pause);
        self.process = Server::spawn(self.port, self.folder.path()).unwrap();
    }

    fn address(&self, options: &str) -> Address {
        format!("nats://127.0.0.1:{}{options}", self.port).parse().unwrap()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
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
            Box::new(move |end| address.carry(&link, end, |_| {}))
        };
        let (seen, outcomes) = run_carried(&plans, &places(&toml), &mut carried, round);
        assert!(outcomes.iter().all(|outcome| outcome.fault.is_none()), "round {round}\n{toml}");
        assert_eq!(seen, whole.seen, "round {round}\n{toml}");
    }
}

#[test]
fn graphs_cut_at_random_give_what_the_whole_gives_over_nats() {
    let Some(server) = Server::start() else { return };
    cut_at_random(0..20, &server.address(""));
}

#[test]
fn graphs_cut_at_random_give_what_the_whole_gives_over_streams() {
    let Some(server) = Server::start() else { return };
    cut_at_random(20..40, &server.address("?keep=10m"));
}

#[test]
fn a_server_of_streams_that_is_killed_loses_nothing() {
    let Some(mut server) = Server::start() else { return };
    let address = server.address("?keep=10m");
    let over = Arc::new(AtomicBool::new(false));
    let until = over.clone();
    let kills = std::thread::spawn(move || {
        let mut random = Random::new(5);
        let mut kills = 0;
        while !until.load(Ordering::Relaxed) {
            server.restart(Duration::from_millis(random.below(200)));
            kills += 1;
            std::thread::sleep(Duration::from_millis(100 + random.below(400)));
        }
        kills
    });
    cut_at_random(40..55, &address);
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
    let Some(server) = Server::start() else { return };
    let address = server.address("?keep=10m");
    let plans = parts::parts(COUNTS, &registry());
    let mut seen = Vec::new();
    for (plan, place) in plans.iter().zip(places(COUNTS)) {
        let mut carried = |_: &str, link: &LinkPlan| -> Carried {
            let (address, link) = (address.clone(), link.clone());
            Box::new(move |end| address.carry(&link, end, |_| {}))
        };
        let (came, outcomes) = run_carried(std::slice::from_ref(plan), &[place], &mut carried, 1);
        assert!(outcomes.iter().all(|outcome| outcome.fault.is_none()));
        seen = came;
    }
    let whole = kinds::run(&plan(COUNTS).unwrap(), RunOptions::default());
    assert_eq!(seen, whole.seen);
}
