//! `--view`: the live page of whichever satellite a viewer chooses.
//!
//! Every session says that it is there. Once a viewer has chosen it, the worker copies the blocks that the page shows into
//! rings, as lanes of `kws-run` do; a session that nobody looks at costs a look at a flag.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use kws::{Knob, Output, Plan};
use kws_view::{Answer, Ending, Feed, Keeps, Request, Site, Sketch, Tap, Turn};
use serde_json::{Value, json};

use crate::ServerError;

/// All sessions, and who looks at them.
pub(crate) struct Hub {
    /// In the order of the command line.
    pipelines: Vec<Shown>,
    sessions: Mutex<BTreeMap<u64, Arc<Entry>>>,
    /// Feeds by their session, which may be over; they live as long as somebody looks.
    feeds: Mutex<BTreeMap<u64, Weak<Feed>>>,
    next: AtomicU64,
    /// Where judged clips go.
    clips: Option<PathBuf>,
}

/// A pipeline as it is shown.
struct Shown {
    sketch: Sketch,
    /// The knobs of each worker, which plans for itself; those of the sketch say where they stand.
    knobs: Mutex<Vec<Vec<Knob>>>,
}

/// A session that can be looked at.
struct Entry {
    client: String,
    /// Index of the pipeline.
    pipeline: usize,
    begun: Instant,
    /// Whether there are taps to be fetched.
    is_wanted: AtomicBool,
    taps: Mutex<Option<Taps>>,
}

/// Where the blocks of a session go.
struct Taps {
    taps: Vec<Tap>,
    /// Tells viewers that the session is over when it goes.
    _ending: Ending,
}

/// A session's place among those that can be looked at. It is given up when this is dropped.
pub(crate) struct Place {
    hub: Arc<Hub>,
    id: u64,
    entry: Arc<Entry>,
    taps: Option<Taps>,
}

impl Hub {
    /// Sessions of these pipelines can be looked at.
    pub(crate) fn new<'a>(plans: impl Iterator<Item = &'a Plan>, clips: Option<PathBuf>) -> Hub {
        let shown = |plan| Shown { sketch: Sketch::of(plan), knobs: Mutex::default() };
        let pipelines = plans.map(shown).collect();
        let (sessions, feeds, next) = (Mutex::default(), Mutex::default(), AtomicU64::new(1));
        Hub { pipelines, sessions, feeds, next, clips }
    }

    /// Stages of a pipeline whose blocks are shown.
    pub(crate) fn stages(&self, pipeline: usize) -> impl Iterator<Item = &str> {
        self.pipelines[pipeline].sketch.spots.iter().map(|spot| spot.stage.as_str())
    }

    /// Another thread has planned the pipelines: its knobs stand where all do.
    pub(crate) fn enlist<'a>(&self, plans: impl Iterator<Item = &'a Plan>) {
        for (shown, plan) in self.pipelines.iter().zip(plans) {
            let mut knobs = lock(&shown.knobs);
            for (stands, knob) in shown.sketch.knobs.iter().zip(&plan.knobs) {
                knob.turn(stands.value());
            }
            knobs.push(plan.knobs.clone());
        }
    }

    /// A session begins.
    pub(crate) fn admit(self: &Arc<Self>, client: &str, pipeline: usize) -> Place {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let entry = Entry {
            client: client.to_owned(),
            pipeline,
            begun: Instant::now(),
            is_wanted: AtomicBool::new(false),
            taps: Mutex::default(),
        };
        let entry = Arc::new(entry);
        lock(&self.sessions).insert(id, entry.clone());
        Place { hub: self.clone(), id, entry, taps: None }
    }

    /// The feed of a session that is looked at.
    fn watched(&self, id: u64) -> Option<Arc<Feed>> {
        lock(&self.feeds).get(&id)?.upgrade()
    }

    /// The feed of a session, from now on where nobody looked before.
    fn watch(&self, id: u64) -> Option<Arc<Feed>> {
        let mut feeds = lock(&self.feeds);
        if let Some(feed) = feeds.get(&id).and_then(Weak::upgrade) {
            return Some(feed);
        }
        let entry = lock(&self.sessions).get(&id)?.clone();
        let (feed, taps) = Feed::start(&self.pipelines[entry.pipeline].sketch, Keeps::Recent).ok()?;
        let ending = feed.ending();
        *lock(&entry.taps) = Some(Taps { taps, _ending: ending });
        entry.is_wanted.store(true, Ordering::Release);
        let feed = Arc::new(feed);
        feeds.retain(|_, feed| feed.strong_count() > 0);
        feeds.insert(id, Arc::downgrade(&feed));
        Some(feed)
    }

    fn list(&self) -> Value {
        let sessions = lock(&self.sessions);
        let sessions = sessions.iter().map(|(id, entry)| {
            let pipeline = self.pipelines[entry.pipeline].sketch.name();
            json!({ "id": id, "client": entry.client, "pipeline": pipeline, "seconds": entry.begun.elapsed().as_secs() })
        });
        sessions.collect::<Vec<_>>().into()
    }
}

impl Place {
    /// A block of the session: copies it where somebody looks.
    pub(crate) fn see(&mut self, output: &Output<'_>) {
        if self.entry.is_wanted.load(Ordering::Acquire) && self.entry.is_wanted.swap(false, Ordering::Acquire)
        {
            self.taps = lock(&self.entry.taps).take();
        }
        let Some(Taps { taps, .. }) = &mut self.taps else { return };
        if output.reader != output.stage {
            return;
        }
        let spots = &self.hub.pipelines[self.entry.pipeline].sketch.spots;
        let Some(index) = spots.iter().position(|spot| spot.stage == output.stage) else { return };
        if taps[index].is_read() {
            taps[index].copy(output.at, output.block);
        } else {
            self.taps = None;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.hub.sessions).remove(&self.id);
    }
}

/// The page of a service.
pub(crate) struct Page(Arc<Hub>);

impl Page {
    /// Serves the page; returns where a browser finds it, with the token that it needs.
    ///
    /// # Errors
    /// When the address cannot be listened at, or there is no such folder for clips.
    pub(crate) fn serve(hub: &Arc<Hub>, address: SocketAddr) -> Result<String, ServerError> {
        kws_view::serve(address, Page(hub.clone()))
            .map_err(|error| ServerError::Listen { address: address.to_string(), error })
    }
}

/// The session that a request names.
fn session(request: &Request) -> Option<u64> {
    request.value("session")?.parse().ok()
}

impl Site for Page {
    fn feed(&self, request: &Request) -> Option<Arc<Feed>> {
        let id = session(request)?;
        if request.target() == ("GET", "/stream") { self.0.watch(id) } else { self.0.watched(id) }
    }

    fn turn(&self, request: &Request, turn: Turn) -> Result<(), String> {
        let id = session(request).ok_or("which session?")?;
        let pipeline = lock(&self.0.sessions).get(&id).map(|entry| entry.pipeline);
        let shown = &self.0.pipelines[pipeline.ok_or("this session is over")?];
        let stands = shown.sketch.knobs.get(turn.knob).ok_or("there is no such knob")?;
        stands.turn(turn.value);
        for knobs in lock(&shown.knobs).iter() {
            knobs[turn.knob].turn(turn.value);
        }
        // Everybody who looks at this pipeline sees it move, whichever session they look at.
        let message = json!({ "knob": turn.knob, "value": stands.value() });
        let is_of = |entry: &Entry| Some(entry.pipeline) == pipeline;
        let ids: Vec<u64> =
            lock(&self.0.sessions).iter().filter(|(_, entry)| is_of(entry)).map(|(id, _)| *id).collect();
        for feed in ids.into_iter().filter_map(|id| self.0.watched(id)) {
            feed.stand(&format!("knob {}", turn.knob), &message);
        }
        Ok(())
    }

    fn clips(&self) -> Option<&Path> {
        self.0.clips.as_deref()
    }

    fn offers(&self) -> Value {
        json!({ "sessions": true })
    }

    fn answer(&self, request: &Request) -> Option<Answer> {
        (request.target() == ("GET", "/sessions")).then(|| Answer::json(&self.0.list()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
