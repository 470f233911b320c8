//! Gathers what the taps have copied, and hands it to every viewer.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, unbounded};
use kws_engine::Plan;
use kws_engine::run::RunStats;
use serde_json::{Value, json};

use super::Keeps;
use super::edge::Shown;
use super::kept::Kept;

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
pub(super) struct Shared {
    hello: String,
    keeps: Keeps,
    kept: Mutex<Kept>,
    viewers: Mutex<Vec<Sender<Arc<str>>>>,
    /// How things stand, by what it is about: whoever comes later needs only the newest of each.
    standing: Mutex<BTreeMap<String, Arc<str>>>,
    /// Messages that viewers missed.
    missed: AtomicU64,
    over: AtomicBool,
}

/// The thread that gathers.
pub(super) struct Feed {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    /// Starts gathering what these edges carry.
    pub(super) fn start(plan: &Plan, shown: Vec<Shown>, keeps: Keeps) -> io::Result<Feed> {
        let about: Vec<&Value> = shown.iter().map(|edge| &edge.about).collect();
        let hello = json!({ "hello": hello(plan, keeps), "edges": about }).to_string();
        let shared = Shared {
            hello,
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
        Ok(Feed { shared, thread: Some(thread) })
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Tells what the stages have done so far.
    pub(super) fn stats(&self, stats: &RunStats, stream: f64) {
        let missed = self.shared.missed.load(Ordering::Relaxed);
        self.shared.stand("stats".to_owned(), &json!({ "stats": stats_of(stats, stream), "missed": missed }));
    }

    /// Tells what is left, and that the stream is over.
    pub(super) fn over(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It panics where it has a bug, and the page then lacks the last words.
            let _ = thread.join();
        }
        let end = Arc::from(json!({ "over": true }).to_string());
        self.shared.kept().close(Arc::clone(&end));
        self.shared.send(&end);
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
        drop(kept);
        if last {
            return;
        }
        std::thread::sleep(every);
    }
}

impl Shared {
    /// What has been, and what will come.
    pub(super) fn join(&self) -> (Vec<Arc<str>>, Receiver<Arc<str>>) {
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
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every viewer, and whoever comes later, how something stands.
    pub(super) fn stand(&self, about: String, message: &Value) {
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

/// What the page must know of a plan.
fn hello(plan: &Plan, keeps: Keeps) -> Value {
    let stages = plan.stages.iter().enumerate().map(|(index, stage)| {
        let reads: Vec<&str> = plan.inputs(index).map(|edge| plan.stages[edge.from].name.as_str()).collect();
        json!({ "name": stage.name, "kind": stage.kind, "lane": plan.lanes[stage.lane], "reads": reads })
    });
    let knobs = plan.knobs.iter().enumerate().map(|(index, knob)| {
        json!({ "knob": index, "stage": knob.stage, "label": knob.label, "value": knob.value(), "scores": knob.scores() })
    });
    json!({
        "name": plan.name,
        "stages": stages.collect::<Vec<_>>(),
        "knobs": knobs.collect::<Vec<_>>(),
        "seconds": plan.seconds(),
        "whole": keeps == Keeps::Everything,
    })
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
