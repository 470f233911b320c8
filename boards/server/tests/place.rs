//! Workers of a place: whoever dies, every detection comes, once.
//!
//! `KWS_CHAOS_SECONDS=600` makes it longer.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod nodes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt;
use futures_util::future::join_all;
use kws_carrier::stream::ensure;
use kws_carrier::testing::NatsServer;
use kws_engine::testing::Random;
use nodes::{Cascade, Worker, written};

const NODES: usize = 6;

/// Publishes a frame until it is stored.
async fn store(context: &Context, subject: &str, frame: &[u8]) {
    loop {
        if let Ok(stored) = context.publish(subject.to_owned(), frame.to_vec().into()).await
            && stored.await.is_ok()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Sends what a node sends, at so many milliseconds a block; some frames come again, at once or later, as from a sender that does
/// not know what is stored.
async fn send(context: &Context, cascade: &Cascade, node: usize, pace: Duration) {
    let subject = cascade.direction.subject(&format!("n{node}"));
    let mut random = Random::new(node as u64);
    let mut due = tokio::time::Instant::now();
    for (at, frame) in cascade.frames.iter().enumerate() {
        due += pace;
        tokio::time::sleep_until(due).await;
        store(context, &subject, frame).await;
        // Not early: each frame says that nothing older will come.
        match random.below(50) {
            0 => store(context, &subject, frame).await,
            1 => {
                store(context, &subject, &cascade.frames[at.saturating_sub(random.below(20) as usize)]).await
            }
            _ => {}
        }
    }
}

/// What workers have reported of each node, once there is as much as is expected, and a little later.
async fn reported(context: &Context, cascade: &Cascade) -> BTreeMap<String, Vec<String>> {
    let stream = context.get_stream(format!("{}-events", cascade.direction.stream())).await.unwrap();
    let config = pull::Config { ack_policy: AckPolicy::None, ..Default::default() };
    let mut messages = stream.create_consumer(config).await.unwrap().messages().await.unwrap();
    let mut reported = BTreeMap::<String, Vec<String>>::new();
    let mut count = 0;
    loop {
        let limit = if count < NODES * cascade.expected.len() { 60 } else { 3 };
        let next = tokio::time::timeout(Duration::from_secs(limit), messages.next()).await;
        let Ok(Some(message)) = next else { return reported };
        let message = message.unwrap();
        let node = message.subject.rsplit('.').next().unwrap().to_owned();
        reported.entry(node).or_default().push(String::from_utf8(message.payload.to_vec()).unwrap());
        count += 1;
    }
}

#[test]
fn workers_and_servers_that_are_killed_lose_and_double_no_detection() {
    let stored = tempfile::tempdir().unwrap();
    let Some(mut nats) = NatsServer::start(stored.path()).unwrap() else {
        println!("SKIPPED: workers of a place: `nats-server` is not installed");
        return;
    };
    let seconds: u64 = std::env::var("KWS_CHAOS_SECONDS").map_or(30, |text| text.parse().unwrap());
    let pace = Duration::from_millis(5);
    let cascade = Cascade::new(seconds as f64 * 0.02 / pace.as_secs_f64());
    assert!(cascade.expected.len() > 10);
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (written(&cascade, folder.path()), nats.url() + "?keep=1h");
    let address = nats.url();
    let over = Arc::new(AtomicBool::new(false));
    let until = over.clone();
    let kills = std::thread::spawn(move || {
        let mut random = Random::new(11);
        let mut workers: Vec<_> = (0..2).map(|_| Worker::start(&path, &url)).collect();
        let (mut servers, mut killed) = (0, 0);
        while !until.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(2000 + random.below(6000)));
            let pause = Duration::from_millis(random.below(800));
            match random.below(3) {
                0 => {
                    nats.restart(pause).unwrap();
                    servers += 1;
                }
                which => {
                    drop(workers.remove(which as usize - 1));
                    std::thread::sleep(pause);
                    workers.push(Worker::start(&path, &url));
                    killed += 1;
                }
            }
        }
        (nats, workers, servers, killed)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (context, reported) = runtime.block_on(async {
        let client = async_nats::connect(&address).await.unwrap();
        let context = jetstream::ContextBuilder::new().ack_timeout(Duration::from_secs(2)).build(client);
        ensure(&context, &cascade.direction, Duration::from_secs(3600)).await.unwrap();
        join_all((0..NODES).map(|node| send(&context, &cascade, node, pace))).await;
        over.store(true, Ordering::Relaxed);
        let began = Instant::now();
        let (nats, workers, servers, killed) =
            tokio::task::spawn_blocking(move || kills.join().unwrap()).await.unwrap();
        println!("{servers} servers and {killed} workers killed");
        assert!(servers > 0 && killed > 0);
        let reported = reported(&context, &cascade).await;
        println!("all reported after {:.1} s", began.elapsed().as_secs_f64());
        drop((nats, workers));
        (context, reported)
    });
    drop(context);
    assert_eq!(reported.len(), NODES);
    for (node, lines) in &reported {
        assert_eq!(lines, &cascade.expected, "{node}");
    }
}

/// A place that itself sends to another one is not a worker's.
#[test]
fn a_place_in_the_middle_is_refused() {
    let refused = |toml: &str, place: &str| {
        let pipeline = kws::Pipeline::parse(toml, "cascade.toml", std::path::Path::new("")).unwrap();
        let options = kws_server::place::PlaceOptions {
            place: place.to_owned(),
            server: "nats://127.0.0.1:4222?keep=1h".parse().unwrap(),
            warm_up: Duration::from_secs(5),
        };
        let (_stop, stopped) = tokio::sync::oneshot::channel();
        kws_server::place::work(&pipeline, &options, stopped).unwrap_err().to_string()
    };
    let toml = Cascade::new(1.0).toml;
    let middle = toml.clone() + "[[place]]\nname = \"cloud\"\n";
    let middle = middle.replace("kind = \"print\"", "kind = \"print\"\nplace = \"cloud\"");
    let said = refused(&middle, "hub");
    assert!(
        said.contains("`hub` has links with 2 places") && said.contains("run this one by `kws-run"),
        "{said}"
    );
    let said = refused(&toml, "node");
    assert!(said.contains("`node` sends to `hub`; a worker only receives"), "{said}");
}
