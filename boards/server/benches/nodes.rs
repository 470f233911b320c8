//! Workers of a place under many nodes, over a NATS server of their own: how many frames a second they work off, how long a detection
//! takes at real time, and what the workers and the server cost.
//!
//!     cargo bench -p kws-server --features nats --bench nodes -- [WORKERS NODES]
//!
//! Without numbers: one and two workers, 10 to 2,000 nodes. Each node sends the features of `pipelines/yes_no.toml`, 50 frames a second.
//! First all nodes send as fast as the server stores; then, where that was twice as fast as real time, at real time.

#[path = "../tests/nodes/mod.rs"]
mod nodes;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::{Context, ContextBuilder};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kws_carrier::stream::ensure;
use kws_carrier::testing::NatsServer;
use nodes::{Cascade, Worker, written};

/// Frames that a node sends a second.
const RATE: f64 = 50.0;
/// Frames of all nodes together in the first part, at most, and at least for each node.
const FRAMES: usize = 200_000;
const LEAST: usize = 4 * RATE as usize;
/// Seconds at real time.
const SECONDS: f64 = 10.0;
/// Frames that may be under way to the server.
const UNDER_WAY: usize = 2048;
/// How long workers take to share out the partitions.
const SETTLES: Duration = Duration::from_secs(8);
/// How long the last detection is waited for.
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    println!(
        "| workers | nodes | frames a second | times real time | delay p50 | p99 | workers, a frame | NATS server, a frame | its share |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    if let [workers, nodes] = numbers[..] {
        return measure(workers, nodes);
    }
    for workers in [1, 2] {
        for nodes in [10, 50, 200, 500, 1000, 2000] {
            measure(workers, nodes);
        }
    }
}

/// A row of the table.
fn measure(workers: usize, nodes: usize) {
    let frames = (FRAMES / nodes).clamp(LEAST, 1500);
    let cascade = Cascade::new(frames as f64 / RATE);
    let fast = part(workers, nodes, &cascade, None);
    let times = fast.frames_a_second / (RATE * nodes as f64);
    let delay = if times < 2.0 {
        "– | –".to_owned()
    } else {
        let mut delays = part(workers, nodes, &Cascade::new(SECONDS), Some(RATE)).delays;
        delays.sort_by(f64::total_cmp);
        let at = |share: f64| delays.get((share * delays.len() as f64) as usize).copied().unwrap_or(f64::NAN);
        format!("{:.1} ms | {:.1} ms", 1e3 * at(0.5), 1e3 * at(0.99))
    };
    let [workers_cost, server_cost] = fast.costs;
    println!(
        "| {workers} | {nodes} | {:.0} | {times:.1} | {delay} | {:.1} µs | {:.1} µs | {:.0} % |",
        fast.frames_a_second,
        1e6 * workers_cost,
        1e6 * server_cost,
        100.0 * server_cost / (server_cost + workers_cost),
    );
}

/// What was measured.
struct Measured {
    frames_a_second: f64,
    /// Seconds of processor time for each frame, of the workers and of the server.
    costs: [f64; 2],
    /// Seconds from a frame to the detection that comes of it.
    delays: Vec<f64>,
}

/// Lets nodes send frames, at so many a second or as fast as they are stored, and waits for all detections.
fn part(workers: usize, nodes: usize, cascade: &Cascade, rate: Option<f64>) -> Measured {
    let stored = tempfile::tempdir().expect("there is a folder for temporary files");
    let nats =
        NatsServer::start(stored.path()).expect("the server answers").expect("`nats-server` is installed");
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let (path, url) = (written(cascade, folder.path()), nats.url() + "?keep=1h");
    let workers: Vec<Worker> = (0..workers).map(|_| Worker::start(&path, &url)).collect();
    std::thread::sleep(SETTLES);
    let time = || [workers.iter().map(|worker| seconds(worker.0.id())).sum(), seconds(nats.id())];
    let (before, began): ([f64; 2], _) = (time(), Instant::now());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let delays = runtime.block_on(async {
        let client = async_nats::connect(nats.url()).await.expect("the server is there");
        let context = ContextBuilder::new().ack_timeout(LIMIT).max_ack_inflight(2 * UNDER_WAY).build(client);
        ensure(&context, &cascade.direction, Duration::from_secs(3600)).await.expect("the stream is made");
        let (sent, detected) = tokio::join!(
            send(&context, nodes, cascade, rate),
            detect(&context, nodes * cascade.expected.len(), cascade)
        );
        let delay =
            |(sequence, at): (u64, Instant)| Some(at.duration_since(*sent.get(&sequence)?).as_secs_f64());
        detected.into_iter().filter_map(delay).collect()
    });
    let (took, after) = (began.elapsed().as_secs_f64(), time());
    let frames = (nodes * cascade.frames.len()) as f64;
    let costs = std::array::from_fn(|of| (after[of] - before[of]) / frames);
    Measured { frames_a_second: frames / took, costs, delays }
}

/// Sends the frames of all nodes in turn; when each was sent, by its number in the stream.
async fn send(
    context: &Context,
    nodes: usize,
    cascade: &Cascade,
    rate: Option<f64>,
) -> HashMap<u64, Instant> {
    let subjects: Vec<String> =
        (0..nodes).map(|node| cascade.direction.subject(&format!("n{node}"))).collect();
    let mut sent = HashMap::new();
    let mut under_way = FuturesUnordered::new();
    let began = tokio::time::Instant::now();
    for (at, frame) in cascade.frames.iter().enumerate() {
        for (node, subject) in subjects.iter().enumerate() {
            if let Some(rate) = rate {
                let due = (at as f64 + node as f64 / nodes as f64) / rate;
                tokio::time::sleep_until(began + Duration::from_secs_f64(due)).await;
            }
            let publish = context.publish(subject.clone(), frame.clone().into());
            let (now, stored) = (Instant::now(), publish.await.expect("the server takes frames"));
            under_way.push(async move { (stored.await.expect("the server stores frames").sequence, now) });
            while under_way.len() >= UNDER_WAY || rate.is_some() && under_way.len() > nodes {
                sent.extend(under_way.next().await);
            }
        }
    }
    while let Some(stored) = under_way.next().await {
        sent.extend([stored]);
    }
    sent
}

/// Waits for so many detections: the frame of which each came, by its number in the stream, and when.
async fn detect(context: &Context, count: usize, cascade: &Cascade) -> Vec<(u64, Instant)> {
    let stream =
        context.get_stream(format!("{}-events", cascade.direction.stream())).await.expect("there is one");
    let config = pull::Config { ack_policy: AckPolicy::None, ..Default::default() };
    let consumer = stream.create_consumer(config).await.expect("it is made");
    let mut messages = consumer.messages().await.expect("it is read");
    let mut detected = Vec::new();
    while detected.len() < count {
        let next = tokio::time::timeout(LIMIT, messages.next()).await;
        let message =
            next.expect("detections come in time").expect("the stream goes on").expect("it is read");
        let id = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id")).expect("it has one");
        let (sequence, _) = id.as_str().split_once('.').expect("it is SEQUENCE.NUMBER");
        detected.push((sequence.parse().expect("it is a number"), Instant::now()));
    }
    detected
}

/// Seconds of processor time that a process has taken.
fn seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the process is there");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    // USER_HZ is 100 on every architecture of Linux.
    ticks.sum::<f64>() / 100.0
}
