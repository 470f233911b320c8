//! A worker at its work: over connections that come and go.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::{Context, ContextBuilder, kv, stream};
use futures_util::StreamExt;
use futures_util::future::{join_all, try_join_all};
use kws_carrier::Server;
use kws_carrier::stream::{Kept, bucket, messages, unseal};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::leases::Leases;
use super::node::{Node, Standing};
use super::part::Part;
use super::progress::Progress;

/// How often leases are renewed, and progress is written down.
const BEAT: Duration = Duration::from_secs(1);
/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Before another connection is tried.
const PAUSE: Duration = Duration::from_millis(300);
/// How long the server knows the numbers of detections, so that none is stored twice.
const REMEMBERS: Duration = Duration::from_secs(3600);
/// Messages that may wait.
const WAITING: usize = 1024;

/// Detections that may be under way.
const MOST_SENT: usize = 500;

/// The bucket in which progress is written down.
const PROGRESS: &str = "kws-progress";

/// A message of a partition.
struct Message {
    partition: u32,
    sequence: u64,
    node: String,
    frame: async_nats::jetstream::Message,
}

/// A partition that this worker has.
struct Held {
    /// What is written down, and under which revision.
    progress: Progress,
    revision: u64,
    /// The last message that was worked off.
    sequence: u64,
    nodes: HashMap<String, Node>,
    reader: AbortHandle,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Works until `stop` comes. Whatever breaks, it begins again from what is written down.
pub(super) async fn run(part: &Part, server: &Server, mut stop: oneshot::Receiver<()>) {
    let name = format!("{:08x}", getrandom::u32().unwrap_or_else(|_| std::process::id()));
    loop {
        match connected(part, server, &name, &mut stop).await {
            Ok(()) => return,
            Err(error) => log::warn!("no work from `{server}`: {error}; trying again"),
        }
        tokio::select! {
            _ = &mut stop => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Works over one connection.
async fn connected(
    part: &Part,
    server: &Server,
    name: &str,
    stop: &mut oneshot::Receiver<()>,
) -> io::Result<()> {
    let (client, mut breaks) = kws_carrier::stream::connect(server).await?;
    let context = ContextBuilder::new().timeout(TIMEOUT).ack_timeout(TIMEOUT).build(client);
    let keep = server.keep.unwrap_or_default();
    let stream = kws_carrier::stream::ensure(&context, &part.direction, keep).await?;
    events(&context, part, keep).await?;
    let leases = Leases::new(&context, &part.direction, name).await?;
    let progress = bucket(&context, PROGRESS, Duration::ZERO).await?;
    let (hand, mut messages) = mpsc::channel(WAITING);
    let mut worker =
        Worker { part, context, stream, progress, leases, hand, held: HashMap::new(), sent: Vec::new() };
    log::info!("working as `{name}` at `{}`", part.direction.stream());
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = breaks.recv() => return Err(io::ErrorKind::ConnectionReset.into()),
            _ = &mut *stop => {
                worker.write_down().await?;
                return worker.leases.leave().await;
            }
            _ = beat.tick() => worker.beat().await?,
            Some(message) = messages.recv() => worker.work(message).await?,
        }
    }
}

/// The stream of detections, in which each has a number of its own.
async fn events(context: &Context, part: &Part, keep: Duration) -> io::Result<()> {
    let config = stream::Config {
        name: format!("{}-events", part.direction.stream()),
        subjects: vec![format!("{}.*", part.subject)],
        max_age: keep,
        duplicate_window: keep.min(REMEMBERS),
        ..Default::default()
    };
    context.get_or_create_stream(config).await.map(drop).map_err(io::Error::other)
}

struct Worker<'a> {
    part: &'a Part,
    context: Context,
    stream: stream::Stream,
    progress: kv::Store,
    leases: Leases,
    hand: mpsc::Sender<Message>,
    held: HashMap<u32, Held>,
    /// Detections that the server has not yet stored.
    sent: Vec<PublishAckFuture>,
}

impl Worker<'_> {
    /// Renews leases, takes partitions and gives them up, and writes down how far it has come.
    async fn beat(&mut self) -> io::Result<()> {
        if self.held.values().any(|held| held.reader.is_finished()) {
            return Err(io::Error::other("a consumer has ended"));
        }
        let change = self.leases.renew().await?;
        for partition in change.lost {
            log::warn!("partition {partition} is another worker's now");
            self.held.remove(&partition);
        }
        self.write_down().await?;
        for partition in change.due {
            self.held.remove(&partition);
            self.leases.release(partition).await?;
        }
        for partition in change.gained {
            let held = self.take(partition).await?;
            self.held.insert(partition, held);
        }
        Ok(())
    }

    /// Begins with a partition, from what is written down.
    async fn take(&self, partition: u32) -> io::Result<Held> {
        let Kept { text, revision, is_damaged } = Kept::read(&self.progress, &self.key(partition)).await?;
        let known = text.and_then(|text| Progress::read(&text));
        if is_damaged {
            let from = if known.is_some() { "an older note" } else { "the beginning of what is stored" };
            log::warn!(
                "partition {partition}: how far it had come is damaged at the server; going on from {from}"
            );
        }
        let mut progress = known.unwrap_or_default();
        let state = self.stream.get_info().await.map_err(io::Error::other)?.state;
        if state.last_sequence < progress.sequence {
            // Another stream than the one that was read: its server has lost what it stored.
            progress = Progress::default();
        }
        // Of what the stream has no more, nothing can come twice.
        progress
            .nodes
            .retain(|(_, standing)| !standing.is_over || standing.place.sequence >= state.first_sequence);
        let node = |(name, standing): &(String, Standing)| {
            let node = Node::at(self.part, standing.clone()).map_err(io::Error::other)?;
            Ok((name.clone(), node))
        };
        let nodes = progress.nodes.iter().map(node).collect::<io::Result<HashMap<_, _>>>()?;
        if !nodes.is_empty() {
            let (first, last) = (progress.from(), progress.sequence);
            log::info!("partition {partition}: {} nodes, warmed up from {first} to {last}", nodes.len());
        }
        let subject = self.part.direction.partition(partition);
        let mut messages = messages(&self.stream, subject, progress.from()).await?;
        let hand = self.hand.clone();
        let reader = tokio::task::spawn_local(async move {
            while let Some(Ok(frame)) = messages.next().await {
                let Ok(sequence) = frame.info().map(|info| info.stream_sequence) else { continue };
                let node = frame.subject.rsplit('.').next().unwrap_or_default().to_owned();
                if hand.send(Message { partition, sequence, node, frame }).await.is_err() {
                    return;
                }
            }
        });
        let (sequence, reader) = (progress.sequence, reader.abort_handle());
        Ok(Held { progress, revision, sequence, nodes, reader })
    }

    fn key(&self, partition: u32) -> String {
        format!("{}.{partition}", self.part.direction.stream())
    }

    /// Works a message off.
    async fn work(&mut self, message: Message) -> io::Result<()> {
        let Message { partition, sequence, node: name, frame } = message;
        let Some(frame) = unseal(&frame.payload) else {
            log::warn!("`{name}`: message {sequence} is not as it was sent; what it held is a gap");
            return Ok(());
        };
        // Of a partition that was given up meanwhile.
        let Some(held) = self.held.get_mut(&partition) else { return Ok(()) };
        let is_again = sequence <= held.progress.sequence;
        let node = match held.nodes.get_mut(&name) {
            Some(node) => node,
            // It had ended by then.
            None if is_again => return Ok(()),
            None => {
                let node = Node::new(self.part).map_err(io::Error::other)?;
                held.nodes.entry(name.clone()).or_insert(node)
            }
        };
        let mut lines = Vec::new();
        node.take(self.part, &name, sequence, frame, &mut |line| lines.push(line))
            .map_err(io::Error::other)?;
        if is_again {
            return Ok(());
        }
        held.sequence = sequence;
        for (number, line) in lines.into_iter().enumerate() {
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Msg-Id", format!("{sequence}.{number}"));
            let subject = format!("{}.{name}", self.part.subject);
            log::debug!("{name}: {line}");
            let stored = self.context.publish_with_headers(subject, headers, line.into()).await;
            self.sent.push(stored.map_err(io::Error::other)?);
        }
        if self.sent.len() >= MOST_SENT {
            self.settle().await?;
        }
        Ok(())
    }

    /// Waits until all detections are stored.
    async fn settle(&mut self) -> io::Result<()> {
        let sent = std::mem::take(&mut self.sent);
        let stored = try_join_all(sent.into_iter().map(IntoFuture::into_future));
        stored.await.map(drop).map_err(io::Error::other)
    }

    /// Waits until all detections are stored, and writes down how far it has come.
    async fn write_down(&mut self) -> io::Result<()> {
        self.settle().await?;
        let mut changed = Vec::new();
        for (partition, held) in &mut self.held {
            if held.sequence == held.progress.sequence {
                continue;
            }
            let standing = |(name, node): (&String, &Node)| Some((name.clone(), node.standing()?));
            let nodes = held.nodes.iter().filter_map(standing).collect();
            let progress = Progress { sequence: held.sequence, nodes };
            changed.push((*partition, held.revision, progress));
        }
        let written = join_all(changed.into_iter().map(async |(partition, revision, progress)| {
            let text = Kept::written(&progress.write()).into();
            (partition, progress, self.progress.update(self.key(partition), text, revision).await)
        }));
        for (partition, progress, written) in written.await {
            match written {
                Ok(revision) => {
                    if let Some(held) = self.held.get_mut(&partition) {
                        (held.progress, held.revision) = (progress, revision);
                    }
                }
                Err(error) => {
                    // Somebody else goes on with it, from what was written down before.
                    log::warn!("partition {partition} is another worker's now: {error}");
                    self.held.remove(&partition);
                }
            }
        }
        Ok(())
    }
}
