//! Connections to the server that come and go, on a thread of their own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::{Context, ContextBuilder, kv, stream};
use async_nats::{Client, Event};
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use kws_engine::LinkEdge;
use kws_engine::run::Waker;
use tokio::sync::{mpsc, watch};

use super::kept::Kept;
use super::names::Direction;
use super::place::Standing;
use super::seal::{seal, unseal};
use super::tail::{Tail, tail};
use crate::nats::{options, other};
use crate::server::Server;

/// Messages that may wait for whoever carries the link.
const WAITING: usize = 256;
/// Messages that may be under way to the server.
const UNDER_WAY: usize = 256;

/// How long the server may take to store a message, or to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How often a message is read that is not as it was sent.
pub(super) const ATTEMPTS: u32 = 4;

/// Values of a key that are kept: where the last one is damaged, the one before says nearly the same.
const HISTORY: i64 = 4;

/// Pauses between attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The bucket in which it is written down how far receivers have come.
const PLACES: &str = "kws-places";

/// What happens at the server.
pub(crate) enum Happened {
    /// There is a connection: where frames go, and with the first one, if that was asked for, what an earlier run has stored. What
    /// was not stored by the last connection must be sent again.
    Connected(mpsc::Sender<Vec<u8>>, Option<Tail>),
    /// There is none now.
    Failed(io::Error),
    /// The oldest frame that was not stored is.
    Stored,
    /// From where another run goes on is written down.
    Written(Standing),
    /// What was written down is damaged; whether there is an older note.
    Damaged(bool),
}

/// What has come by the stream.
pub(crate) struct Message {
    /// Its number in the stream.
    pub(crate) sequence: u64,
    /// A frame.
    pub(crate) frame: Vec<u8>,
    /// How far this end had come when it last ran, before the first message of a stream.
    pub(crate) standing: Option<Standing>,
}

/// What connects to the server, until it is dropped.
pub(crate) struct Bus {
    pub(crate) happens: mpsc::UnboundedReceiver<Happened>,
    pub(crate) messages: mpsc::Receiver<Message>,
    standing: watch::Sender<Standing>,
    ended: Arc<AtomicBool>,
    end: Arc<tokio::sync::Notify>,
}

/// The streams of a link: what this end writes to, and what it reads.
#[derive(Clone)]
pub(crate) struct Streams {
    pub(crate) goes: Option<Direction>,
    pub(crate) comes: Option<Direction>,
    /// The edges of what this end writes, where it goes on in what an earlier run has stored.
    pub(crate) goes_on: Vec<LinkEdge>,
}

impl Bus {
    pub(crate) fn new(server: &Server, streams: Streams, waker: Arc<Waker>) -> io::Result<Self> {
        let (tell, happens) = mpsc::unbounded_channel();
        let (hand, messages) = mpsc::channel(WAITING);
        let (standing, standings) = watch::channel(Standing::default());
        let (ended, end) = (Arc::new(AtomicBool::new(false)), Arc::new(tokio::sync::Notify::new()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let line = Line {
            server: server.clone(),
            streams,
            tell,
            hand,
            standings,
            waker,
            reading: Reading::default(),
            ended: ended.clone(),
            end: end.clone(),
        };
        std::thread::Builder::new()
            .name("link streams".to_owned())
            .spawn(move || runtime.block_on(line.run()))?;
        Ok(Bus { happens, messages, standing, ended, end })
    }

    /// Writes down how far this end has come, soon.
    pub(crate) fn write(&self, standing: Standing) {
        self.standing.send_replace(standing);
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        self.end.notify_one();
    }
}

/// The thread's side.
struct Line {
    server: Server,
    streams: Streams,
    tell: mpsc::UnboundedSender<Happened>,
    hand: mpsc::Sender<Message>,
    standings: watch::Receiver<Standing>,
    waker: Arc<Waker>,
    reading: Reading,
    ended: Arc<AtomicBool>,
    end: Arc<tokio::sync::Notify>,
}

/// How far the stream that comes was read.
#[derive(Default)]
struct Reading {
    /// The next message to be read, once that is known.
    from: Option<u64>,
    /// The last message that was not as it had been sent, and how often it was read.
    bad: (u64, u32),
}

impl Line {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        let end = self.end.clone();
        while !self.ended.load(Ordering::Acquire) {
            let error = tokio::select! {
                () = end.notified() => return,
                Err(error) = self.connected(&mut pause) => error,
                else => return,
            };
            self.tell(Happened::Failed(error));
            tokio::select! {
                () = end.notified() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    fn tell(&self, happened: Happened) {
        let _ = self.tell.send(happened);
        self.waker.wake();
    }

    /// One connection, until it breaks: another one is then begun from what is certain.
    async fn connected(&mut self, pause: &mut Duration) -> io::Result<()> {
        let (client, mut breaks) = connect(&self.server).await?;
        let context = ContextBuilder::new().timeout(TIMEOUT).ack_timeout(TIMEOUT).build(client);
        let keep = self.server.keep.unwrap_or_default();
        let goes = self.streams.goes.as_ref().map(|goes| goes.subject(&self.server.node));
        let mut read = None;
        if let Some(direction) = &self.streams.comes {
            read = Some(ensure(&context, direction, keep).await?);
        }
        let mut stored = None;
        if let (Some(direction), Some(subject)) = (&self.streams.goes, &goes) {
            let stream = ensure(&context, direction, keep).await?;
            let edges = std::mem::take(&mut self.streams.goes_on);
            if !edges.is_empty() {
                stored =
                    tail(&stream, subject, &edges).await.inspect_err(|_| self.streams.goes_on = edges)?;
            }
        }
        let bucket = bucket(&context, PLACES, Duration::ZERO).await?;
        let (frames, to_send) = mpsc::channel(UNDER_WAY);
        self.tell(Happened::Connected(frames, stored));
        *pause = FIRST_PAUSE;
        let comes = self.streams.comes.clone().zip(read);
        let key = self.streams.comes.as_ref().map(|comes| comes.place(&self.server.node));
        let (node, reading, hand, waker) = (&self.server.node, &mut self.reading, &self.hand, &self.waker);
        let (tell, standings) = (&self.tell, &mut self.standings);
        tokio::select! {
            _ = breaks.recv() => Err(io::ErrorKind::ConnectionReset.into()),
            result = send(&context, goes, to_send, tell, waker) => result,
            result = receive(comes, node, &bucket, reading, hand, tell, waker) => result,
            result = write_down(&bucket, key, standings, tell, waker) => result,
        }
    }
}

/// Connects once; the channel tells when the connection breaks.
///
/// # Errors
/// When there is no such server, or it refuses.
pub async fn connect(server: &Server) -> io::Result<(Client, mpsc::Receiver<()>)> {
    let (breaks, broken) = mpsc::channel(1);
    let seen = move |event| {
        let breaks = breaks.clone();
        async move {
            if let Event::Disconnected | Event::Closed = event {
                let _ = breaks.try_send(());
            }
        }
    };
    let options = options(server).await?.event_callback(seen);
    let client = options.connect(&server.url).await.map_err(other)?;
    Ok((client, broken))
}

/// The stream of a direction, which whoever comes first makes, with blocks kept for so long.
///
/// # Errors
/// When the server has no JetStream, or has such a stream of somebody else.
pub async fn ensure(context: &Context, direction: &Direction, keep: Duration) -> io::Result<stream::Stream> {
    let config = stream::Config {
        name: direction.stream(),
        subjects: vec![direction.subjects()],
        max_age: keep,
        // Frames are known by their own numbers.
        duplicate_window: Duration::from_millis(100),
        ..Default::default()
    };
    context.get_or_create_stream(config).await.map_err(other)
}

/// A bucket of the server, which whoever comes first makes; its values live so long, or for ever at 0.
///
/// # Errors
/// When the server has no JetStream, or does not answer.
pub async fn bucket(context: &Context, name: &str, max_age: Duration) -> io::Result<kv::Store> {
    match context.get_key_value(name).await {
        Ok(bucket) => Ok(bucket),
        Err(_) => {
            let config =
                kv::Config { bucket: name.to_owned(), history: HISTORY, max_age, ..Default::default() };
            context.create_key_value(config).await.map_err(other)
        }
    }
}

/// The messages of a stream under some subject, from a number on. Nothing is acknowledged: who reads writes down how far it has come.
///
/// # Errors
/// When the server does not answer.
pub async fn messages(stream: &stream::Stream, subject: String, from: u64) -> io::Result<pull::Stream> {
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from },
        ack_policy: AckPolicy::None,
        filter_subject: subject,
        inactive_threshold: Duration::from_secs(30),
        memory_storage: true,
        ..Default::default()
    };
    stream.create_consumer(config).await.map_err(other)?.messages().await.map_err(other)
}

/// Sends frames, and tells which are stored, in order. The first that is not ends the connection.
async fn send(
    context: &Context,
    subject: Option<String>,
    mut frames: mpsc::Receiver<Vec<u8>>,
    tell: &mpsc::UnboundedSender<Happened>,
    waker: &Waker,
) -> io::Result<()> {
    let Some(subject) = subject else { return std::future::pending().await };
    let mut under_way = FuturesOrdered::new();
    loop {
        tokio::select! {
            Some(frame) = frames.recv(), if under_way.len() < UNDER_WAY => {
                let stored = context.publish(subject.clone(), seal(&frame).into()).await.map_err(other)?;
                under_way.push_back(stored.into_future());
            }
            Some(stored) = under_way.next() => {
                stored.map_err(other)?;
                let _ = tell.send(Happened::Stored);
                waker.wake();
            }
            else => return std::future::pending().await,
        }
    }
}

/// Hands on what comes, from where this end had come to.
async fn receive(
    comes: Option<(Direction, stream::Stream)>,
    node: &str,
    bucket: &kv::Store,
    Reading { from, bad }: &mut Reading,
    hand: &mpsc::Sender<Message>,
    tell: &mpsc::UnboundedSender<Happened>,
    waker: &Waker,
) -> io::Result<()> {
    let Some((direction, stream)) = comes else { return std::future::pending().await };
    let last = stream.cached_info().state.last_sequence;
    let mut standing = None;
    let mut next = match *from {
        Some(next) => next,
        None => {
            let kept = Kept::read(bucket, &direction.place(node)).await?;
            let known = kept.text.and_then(|text| Standing::read(&text));
            if kept.is_damaged {
                let _ = tell.send(Happened::Damaged(known.is_some()));
            }
            let known = standing.insert(known.filter(|known| known.done <= last).unwrap_or_default());
            known.from.sequence + 1
        }
    };
    if last + 1 < next {
        // Another stream than the one that was read: its server has lost what it stored.
        next = 1;
    }
    let mut messages = messages(&stream, direction.subject(node), next).await?;
    while let Some(message) = messages.next().await {
        let message = message.map_err(other)?;
        let sequence = message.info().map_err(io::Error::other)?.stream_sequence;
        let frame = match unseal(&message.payload) {
            Some(frame) => frame.to_vec(),
            None if *bad == (sequence, ATTEMPTS) => {
                // It is stored so: what it was is missed, and counted.
                *from = Some(sequence + 1);
                continue;
            }
            None => {
                // Changed on its way here, perhaps: it is read again.
                let times = if bad.0 == sequence { bad.1 + 1 } else { 1 };
                *bad = (sequence, times);
                return Err(io::ErrorKind::InvalidData.into());
            }
        };
        if hand.send(Message { sequence, frame, standing: standing.take() }).await.is_err() {
            break;
        }
        waker.wake();
        *from = Some(sequence + 1);
    }
    Err(io::ErrorKind::ConnectionReset.into())
}

/// Writes down how far this end has come, a few times a second.
async fn write_down(
    bucket: &kv::Store,
    key: Option<String>,
    standings: &mut watch::Receiver<Standing>,
    tell: &mpsc::UnboundedSender<Happened>,
    waker: &Waker,
) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(200);
    let Some(key) = key else { return std::future::pending().await };
    // What the last connection may not have written.
    let mut standing = standings.borrow_and_update().clone();
    loop {
        if standing != Standing::default() {
            bucket.put(&key, Kept::written(&standing.write()).into()).await.map_err(other)?;
            let _ = tell.send(Happened::Written(standing));
            waker.wake();
            tokio::time::sleep(PAUSE).await;
        }
        if standings.changed().await.is_err() {
            return std::future::pending().await;
        }
        standing = standings.borrow_and_update().clone();
    }
}
