//! Places over a real NATS server, where there is one: `nats-server` on the path, or the program that `NATS_SERVER` names.
#![cfg(feature = "nats")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[path = "../../../engine/tests/kinds/mod.rs"]
mod kinds;
mod parts;

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kinds::graphs::random_gapped_graph;
use kinds::{plan, registry};
use kws_carrier::{Address, Wire};
use kws_engine::LinkPlan;
use kws_engine::run::RunOptions;
use kws_engine::testing::Random;
use parts::{cut, places, run};

/// A server of the test's own.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server at a port; `None` where there is no such program.
fn server(port: u16) -> Option<Server> {
    let program = std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into());
    let mut command = Command::new(program);
    command.args(["-a", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Server(command.spawn().ok()?);
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(60), "the server does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(server)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn graphs_cut_at_random_give_what_the_whole_gives_over_nats() {
    let port = free_port();
    let Some(_server) = server(port) else {
        println!("SKIPPED: links over NATS: `nats-server` is not installed");
        return;
    };
    let address: Address = format!("nats://127.0.0.1:{port}").parse().unwrap();
    for round in 0..20 {
        let mut random = Random::new(round + 9000);
        let graph = random_gapped_graph(&mut random);
        let options = RunOptions { one_lane: true, ..RunOptions::default() };
        let whole = kinds::run(&plan(&graph).unwrap(), options);
        let toml = cut(&graph, 2 + round % 2, &mut random);
        let plans = parts::parts(&toml, &registry());
        let other =
            |link: &LinkPlan| LinkPlan { here: link.place.clone(), place: link.here.clone(), ..link.clone() };
        let mut wires =
            |link: &LinkPlan| -> [Box<dyn Wire>; 2] { [address.wire(link), address.wire(&other(link))] };
        let (seen, outcomes) = run(&plans, &places(&toml), &mut wires, round);
        assert!(outcomes.iter().all(|outcome| outcome.fault.is_none()), "round {round}\n{toml}");
        assert_eq!(seen, whole.seen, "round {round}\n{toml}");
    }
}
