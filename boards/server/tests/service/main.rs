//! The service as clients see it, over real sockets.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod client;
mod command;
mod detecting;
mod loading;
mod refusing;
mod viewing;

use std::net::SocketAddr;

use kws::Pipeline;
use kws_server::{Address, Options, Server};
use kws_tests::root;

/// A service of shipped pipelines on a port of this machine.
fn serve(pipelines: &[&str], options: Options) -> (Server, SocketAddr) {
    let read = |name: &&str| Pipeline::read(&root().join("pipelines").join(format!("{name}.toml"))).unwrap();
    let listen = vec!["tcp://127.0.0.1:0".parse().unwrap()];
    let options = Options { listen, threads: 2, ..options };
    let server = Server::start(pipelines.iter().map(read).collect(), &options)
        .unwrap_or_else(|error| panic!("{error}"));
    let Address::Tcp(address) = server.addresses()[0] else { panic!("a port was asked for") };
    (server, address)
}

fn yes_no() -> (Server, SocketAddr) {
    serve(&["yes_no"], Options::default())
}
