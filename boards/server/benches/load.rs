//! A thousand satellites in real time, each with one word a minute: latency, losses, processor and memory; then the same
//! beside hostile clients, and with thousands of idle connections.
//!
//!     cargo bench -p kws-server --bench load -- [SATELLITES [SECONDS]]

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use kws_server::load::{self, LoadOptions};
use kws_tests::listening::{detections, recording};
use kws_tests::root;

const RATE: usize = 16_000;
const IDLE: usize = 10_000;

/// A minute of faint noise with one word of the shipped recording in it.
fn minute() -> Vec<i16> {
    let plan = kws::read(root().join("pipelines/yes_no.toml")).unwrap_or_else(|error| panic!("{error}"));
    let recording = recording();
    let (_, at) = detections(&plan, &recording).first().cloned().expect("the recording has words");
    let word = &recording[((at - 1.5) * RATE as f64) as usize..((at + 0.4) * RATE as f64) as usize];
    let mut random = 0x2545_F491_u32;
    let mut noise = || {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        (random % 41) as i16 - 20
    };
    let mut minute: Vec<i16> = (0..60 * RATE).map(|_| noise()).collect();
    minute[30 * RATE..30 * RATE + word.len()].copy_from_slice(word);
    minute
}

/// The service, in a process of its own.
struct Service(Child, SocketAddr);

impl Service {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kws-serve"))
            .args(["pipelines/yes_no.toml", "--wyoming", "tcp://127.0.0.1:0", "--threads", "2"])
            .current_dir(root())
            .env_remove("JOURNAL_STREAM")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let mut log = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
        let line = log.find_map(|line| Some(line.ok()?.split_once(" at tcp://")?.1.to_owned()));
        // Whoever writes a log waits for its reader.
        std::thread::spawn(move || log.for_each(drop));
        let address = line.expect("the service tells its address").parse().expect("it is one");
        Service(child, address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<f64>().ok());
    let satellites = numbers.next().unwrap_or(1000.0) as usize;
    let seconds = numbers.next().unwrap_or(60.0);
    let service = Service::start();
    let mut options = LoadOptions {
        service: service.1,
        samples: minute(),
        rate: RATE as u32,
        satellites,
        seconds,
        chunk_ms: 10,
        names: Vec::new(),
        hostile: 0,
        pid: Some(service.0.id()),
    };
    let show = |what: &str, options: &LoadOptions| match load::run(options) {
        Ok(report) => println!("{what}\n{report}"),
        Err(error) => println!("{what}: {error}"),
    };
    show("satellites alone", &options);
    options.hostile = 200;
    show("beside 200 hostile clients at a time", &options);
    options.hostile = 0;
    let idle: Vec<TcpStream> = (0..IDLE).map_while(|_| TcpStream::connect(service.1).ok()).collect();
    show(&format!("beside {} idle connections", idle.len()), &options);
}
