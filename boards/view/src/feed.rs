//! Gathers what the taps have copied, and hands it to every viewer.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, unbounded};
use kws_engine::run::RunStats;
use serde_json::{Value, json};

use super::Keeps;
use super::edge::{self, Shown};
use super::kept::{Heard, Kept};
use super::sketch::Sketch;
use super::tap::Tap;

/// Time between two messages.
fn every(keeps: Keeps) -> Duration {
    match keeps {
        Keeps::Recent => Duration::from_millis(40),
        // Lanes that do not keep time are faster, and wait for the view.
        Keeps::Everything => Duration::from_millis(1),
    }
}

/// Messages that wait for a viewer: 10 s of them. One that is later misses some.
const QUEUE: usize = 250;

/// What the feed's thread, the viewers' threads and the run share.
struct Shared {
    hello: String,
    name: String,
    labels: Vec<String>,
    keeps: Keeps,
    kept: Mutex<Kept>,
    viewers: Mutex<Vec<Sender<Arc<str>>>>,
    /// How things stand, by what it is about: whoever comes later needs only the newest of each.
    standing: Mutex<BTreeMap<String, Arc<str>>>,
    /// Messages that viewers missed.
    missed: AtomicU64,
    over: AtomicBool,
}

/// A stream under way as viewers see it: a thread that gathers what the taps copy, and what is kept of it. The thread ends when
/// this is dropped.
pub struct Feed {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Says that the stream is over when it is dropped.
pub struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

impl Feed {
    /// Starts gathering what a plan shows; the taps, one for each of its spots, take the blocks.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(sketch: &Sketch, keeps: Keeps) -> io::Result<(Feed, Vec<Tap>)> {
        let (shown, taps) = edge::watch(&sketch.spots, keeps);
        let about: Vec<&Value> = shown.iter().map(|edge| &edge.about).collect();
        let hello = json!({ "hello": sketch.hello(keeps), "edges": about }).to_string();
        let shared = Shared {
            hello,
            name: sketch.name().to_owned(),
            labels: sketch.knobs.iter().map(|knob| knob.label.clone()).collect(),
            keeps,
            kept: Mutex::new(Kept::new(keeps)),
            viewers: Mutex::default(),
            standing: Mutex::default(),
            missed: AtomicU64::new(0),
            over: AtomicBool::new(false),
        };
        let shared = Arc::new(shared);
        let gathering = shared.clone();
        let thread = std::thread::Builder::new()
            .name("view".to_owned())
            .spawn(move || gather(&gathering, shown, every(keeps)))?;
        Ok((Feed { shared, thread: Mutex::new(Some(thread)) }, taps))
    }

    /// Tells what the stages have done so far, in so many seconds of stream.
    pub fn stats(&self, stats: &RunStats, stream: f64) {
        let missed = self.shared.missed.load(Ordering::Relaxed);
        self.stand("stats", &json!({ "stats": stats_of(stats, stream), "missed": missed }));
    }

    /// Tells what is left, and that the stream is over. Viewers stay.
    pub fn over(&self) {
        self.shared.over.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It panics where it has a bug, and the page then lacks the last words.
            let _ = thread.join();
        }
    }

    /// What says that the stream is over when it is dropped, without waiting for the last words.
    #[must_use]
    pub fn ending(&self) -> Ending {
        Ending(self.shared.clone())
    }

    /// What has been, and what will come.
    #[must_use]
    pub fn join(&self) -> (Vec<Arc<str>>, Receiver<Arc<str>>) {
        self.shared.join()
    }

    /// Tells every viewer, and whoever comes later, how something stands.
    pub fn stand(&self, about: &str, message: &Value) {
        self.shared.stand(about.to_owned(), message);
    }

    /// The sound from now on.
    #[must_use]
    pub fn listen(&self) -> Receiver<Heard> {
        self.kept().listen()
    }

    /// What is kept of the stream.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.shared.kept()
    }

    /// The name of the pipeline.
    pub(crate) fn name(&self) -> &str {
        &self.shared.name
    }

    /// Labels that the pipeline finds.
    pub(crate) fn labels(&self) -> &[String] {
        &self.shared.labels
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
    }
}

fn gather(shared: &Shared, mut shown: Vec<Shown>, every: Duration) {
    let begun = Instant::now();
    loop {
        // What comes after this is seen by the next round.
        let last = shared.over.load(Ordering::Relaxed);
        let mut kept = shared.kept();
        let drained: Vec<Value> =
            shown.iter_mut().map(|edge| edge.edge.drain(&mut kept).unwrap_or_default()).collect();
        if drained.iter().any(|value| !value.is_null()) {
            let message: Arc<str> = json!({ "news": drained }).to_string().into();
            kept.keep(begun.elapsed().as_secs_f64(), message.clone());
            // While nobody can begin to view, so that each viewer gets every message once.
            shared.send(&message);
        }
        if last {
            let end: Arc<str> = json!({ "over": true }).to_string().into();
            kept.close(end.clone());
            shared.send(&end);
            return;
        }
        drop(kept);
        std::thread::sleep(every);
    }
}

impl Shared {
    /// What has been, and what will come.
    fn join(&self) -> (Vec<Arc<str>>, Receiver<Arc<str>>) {
        let (sender, receiver) = match self.keeps {
            Keeps::Recent => bounded(QUEUE),
            Keeps::Everything => unbounded(),
        };
        let kept = self.kept();
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut past = vec![Arc::from(self.hello.as_str())];
        past.extend(standing.values().cloned());
        past.extend(kept.messages());
        self.viewers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        (past, receiver)
    }

    /// What is kept of the run.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every viewer, and whoever comes later, how something stands.
    fn stand(&self, about: String, message: &Value) {
        let message: Arc<str> = message.to_string().into();
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.insert(about, message.clone());
        self.send(&message);
    }

    fn send(&self, message: &Arc<str>) {
        let mut viewers = self.viewers.lock().unwrap_or_else(PoisonError::into_inner);
        viewers.retain(|viewer| match viewer.try_send(message.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.missed.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        });
    }
}

fn stats_of(stats: &RunStats, stream: f64) -> Value {
    let elapsed = stats.elapsed.max(1) as f64;
    let stages = stats.stages.iter().map(|stage| {
        let busy = stage.time.map(|time| time.total as f64 / elapsed);
        json!({ "fired": stage.fired, "emitted": stage.emitted, "gaps": stage.gaps, "lost": stage.lost, "busy": busy,
            "restarts": stage.health.restarts })
    });
    let rings = stats.rings.iter().map(|ring| {
        json!({ "from": ring.from, "to": ring.to, "depth": ring.depth, "high": ring.high_water, "dropped": ring.dropped })
    });
    json!({
        "stages": stages.collect::<Vec<_>>(),
        "rings": rings.collect::<Vec<_>>(),
        "elapsed": elapsed / 1e9,
        "stream": stream,
    })
}
