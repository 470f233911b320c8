//! Shards of an evaluation as a queue of a NATS server: any number of processes take from it until it is empty.
//!
//! A shard is acknowledged when its part is a finished file. What a process had begun when it died is given to another one.

use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use async_nats::HeaderMap;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{self, RetentionPolicy};
use async_nats::jetstream::{self, AckKind, Message};
use futures_util::StreamExt;
use kws_carrier::Server;
use kws_lab::evaluate::shard::Shard;
use tokio::runtime::Builder;

use super::{Evaluate, part};

/// After so long without a sign of life a shard is given to another process.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How often a process shows that it is still at its shard.
const ALIVE: Duration = Duration::from_secs(4);
/// How long an empty queue is waited at before it is asked whether all is finished.
const PAUSE: Duration = Duration::from_secs(2);
/// Before another connection is tried, and how often one is tried in a row.
const AGAIN: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 60;
/// How long the server knows which shards were put in, so that two who begin at once put each in once.
const REMEMBERS: Duration = Duration::from_secs(24 * 3600);

/// A queue: `nats://HOST[:PORT]/NAME`, with the options of a server behind it.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    server: Server,
    name: String,
}

impl FromStr for Queue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, options) = text.split_once('?').map_or((text, None), |(url, of)| (url, Some(of)));
        let named = address.rsplit_once('/').filter(|(server, _)| server.contains("://"));
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        let Some((server, name)) = named.filter(|(_, name)| is_name(name)) else {
            return Err("expected nats://HOST:PORT/NAME, a name of letters, digits, `-` and `_`".to_owned());
        };
        let server = options.map_or(server.to_owned(), |options| format!("{server}?{options}"));
        Ok(Queue { server: server.parse()?, name: name.to_owned() })
    }
}

/// Measures shards from a queue into files of a folder, until none is left, with anybody.
pub(super) fn work(arguments: &Evaluate, queue: &Queue, shards: usize, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut failed = 0;
    loop {
        match runtime.block_on(connected(arguments, queue, shards, folder)) {
            Ok(()) => return Ok(()),
            Err(Broken::Work(error)) => return Err(error),
            Err(Broken::Server(error)) => {
                failed += 1;
                let server = &queue.server;
                ensure!(failed < ATTEMPTS, "no work from `{server}`: {error:#}");
                eprintln!("no work from `{server}`: {error:#}; trying again");
                std::thread::sleep(AGAIN);
            }
        }
    }
}

/// What ends a connection.
enum Broken {
    /// The server: another connection may do.
    Server(anyhow::Error),
    /// What was to be measured.
    Work(anyhow::Error),
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Broken {
    fn from(error: E) -> Self {
        Broken::Server(error.into())
    }
}

/// Works over one connection.
async fn connected(arguments: &Evaluate, queue: &Queue, shards: usize, folder: &Path) -> Result<(), Broken> {
    let (client, _) = kws_carrier::stream::connect(&queue.server).await?;
    let (mut stream, consumer) = open(&jetstream::new(client), queue, shards).await?;
    loop {
        let mut batch = consumer.fetch().max_messages(1).expires(PAUSE).messages().await?;
        match batch.next().await {
            Some(message) => {
                let message = message.map_err(|error| Broken::Server(anyhow!(error)))?;
                measure(arguments, &message, folder).await?;
            }
            // What others have begun may yet come here.
            None if stream.info().await?.state.messages == 0 => return Ok(()),
            None => {}
        }
    }
}

/// The queue, with all shards put in by whoever comes first.
async fn open(
    context: &jetstream::Context,
    queue: &Queue,
    shards: usize,
) -> Result<(stream::Stream, PullConsumer), Broken> {
    let subject = format!("kws.queue.{}", queue.name);
    let config = stream::Config {
        name: format!("kws-queue-{}", queue.name),
        subjects: vec![subject.clone()],
        retention: RetentionPolicy::WorkQueue,
        duplicate_window: REMEMBERS,
        ..Default::default()
    };
    let stream = context.get_or_create_stream(config).await?;
    if stream.cached_info().state.last_sequence < shards as u64 {
        for index in 0..shards {
            let shard = format!("{index}/{shards}");
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Msg-Id", shard.as_str());
            context.publish_with_headers(subject.clone(), headers, shard.into()).await?.await?;
        }
    }
    let config = pull::Config {
        durable_name: Some("workers".to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: TIMEOUT,
        ..Default::default()
    };
    let consumer = stream.get_or_create_consumer("workers", config).await?;
    Ok((stream, consumer))
}

/// Measures a shard, shows meanwhile that it is at it, and acknowledges it.
async fn measure(arguments: &Evaluate, message: &Message, folder: &Path) -> Result<(), Broken> {
    let text = String::from_utf8_lossy(&message.payload).into_owned();
    let shard: Shard = text.parse().map_err(Broken::Work)?;
    let finished = folder.join(format!("part{}of{}.jsonl", shard.index(), shard.count()));
    if !finished.exists() {
        // Nobody else writes to it, not even who had the shard before and was taken for dead.
        let own = folder.join(format!(".part{}of{}.{}", shard.index(), shard.count(), std::process::id()));
        let at_it = message.clone();
        // On the runtime's own thread, since this one is busy.
        let alive = tokio::spawn(async move {
            loop {
                tokio::time::sleep(ALIVE).await;
                // A server that is gone is heard of when the shard is acknowledged.
                let _ = at_it.ack_with(AckKind::Progress).await;
            }
        });
        let measured = part::measure(arguments, shard, &own);
        alive.abort();
        measured.map_err(Broken::Work)?;
        fs::rename(&own, &finished)?;
    }
    message.double_ack().await.map_err(|error| Broken::Server(anyhow!(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_has_a_server_and_a_name() {
        let queue: Queue = "nats://bus:4222/night-3?creds=c".parse().unwrap();
        assert_eq!(
            (queue.server.to_string().as_str(), queue.name.as_str()),
            ("nats://bus:4222?creds=c", "night-3")
        );
        for text in ["nats://bus:4222", "nats://bus/", "bus/night", "nats://bus/a.b"] {
            assert!(text.parse::<Queue>().is_err(), "{text}");
        }
    }
}
