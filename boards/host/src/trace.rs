//! `--trace`: which stage ran when, for Perfetto (ui.perfetto.dev) or `chrome://tracing`.
//!
//! ```text
//! lanes ── Tape ══ ring ══▶ one thread, 50 times a second ══▶ file
//! ```
//!
//! A lane notes each firing in a ring and never waits: where the ring is full, the firing is missing and counted.

mod chrome;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use kws_engine::{Event, Flow, Inputs, Item, Node, Plan, PlannedStage, around};
use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use chrome::Chrome;

/// Time between two looks into the rings.
const EVERY: Duration = Duration::from_millis(20);
/// Notes that a stage's ring holds.
const DEPTH: usize = 16_384;

/// What is noted of a stage; times are nanoseconds since the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Note {
    /// It fired.
    Fired {
        begin: u64,
        nanos: u64,
        /// Which input the block came by.
        which: usize,
        /// Whether it wrote a block.
        emitted: bool,
    },
    /// It read a detection.
    Found { at: u64, event: Event },
    /// A source lost so many ticks.
    Lost { at: u64, ticks: u64 },
}

impl Note {
    fn at(&self) -> u64 {
        match self {
            Note::Fired { begin, nanos, .. } => begin + nanos,
            Note::Found { at, .. } | Note::Lost { at, .. } => *at,
        }
    }
}

/// A trace under way.
pub(crate) struct Trace {
    begun: Instant,
    /// By stage, where it notes what it does.
    tapes: Vec<Option<HeapProd<Note>>>,
    /// Stages whose events are noted where they are read.
    shows: Vec<bool>,
    missed: Arc<AtomicU64>,
    /// Ends the thread when it is dropped.
    end: Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl Trace {
    /// Makes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn begin(plan: &Plan, path: &Path) -> io::Result<Trace> {
        let mut chrome = Chrome::begin(plan, BufWriter::new(File::create(path)?))?;
        let (tapes, mut read): (Vec<_>, Vec<_>) =
            plan.stages.iter().map(|_| HeapRb::new(DEPTH).split()).unzip();
        let (end, ended) = bounded::<()>(0);
        let gather = move || {
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                chrome.write(gathered(&mut read))?;
            }
            chrome.write(gathered(&mut read))?;
            chrome.end()
        };
        let thread = std::thread::Builder::new().name("trace".to_owned()).spawn(gather)?;
        // A detection is noted once, by the first stage that reads it.
        let mut shows = vec![false; plan.stages.len()];
        for from in 0..plan.stages.len() {
            let reader = plan.outputs(from).find(|edge| edge.input == 0);
            reader.into_iter().for_each(|edge| shows[edge.to] = true);
        }
        let tapes = tapes.into_iter().map(Some).collect();
        Ok(Trace { begun: Instant::now(), tapes, shows, missed: Arc::default(), end, thread })
    }

    /// Has a stage note what it does.
    pub(crate) fn dress(&mut self, plan: &Plan, stage: &PlannedStage, node: Box<dyn Node>) -> Box<dyn Node> {
        let index = plan.stages.iter().position(|other| other.name == stage.name);
        let Some((index, tape)) = index.and_then(|index| Some((index, self.tapes[index].take()?))) else {
            return node;
        };
        let mut tape =
            Tape { tape, begun: self.begun, missed: self.missed.clone(), shows: self.shows[index] };
        around(node, move |node, inputs, output| {
            let begin = tape.now();
            let flow = node.fire(inputs, output);
            tape.note(inputs, begin, flow.as_ref().ok());
            flow
        })
    }

    /// Writes the rest. Returns how many notes are missing.
    ///
    /// # Errors
    /// When the file could not be written.
    pub(crate) fn end(self) -> io::Result<u64> {
        drop(self.end);
        match self.thread.join() {
            Ok(written) => written.map(|()| self.missed.load(Ordering::Relaxed)),
            Err(_) => Err(io::Error::other("the thread that writes it panicked")),
        }
    }
}

/// What all stages have noted, with their index, in the order of time.
fn gathered(tapes: &mut [HeapCons<Note>]) -> Vec<(usize, Note)> {
    let notes = |(stage, tape): (usize, &mut HeapCons<Note>)| {
        tape.pop_iter().map(|note| (stage, note)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = tapes.iter_mut().enumerate().flat_map(notes).collect();
    all.sort_by_key(|(_, note)| note.at());
    all
}

/// Where a stage notes what it does.
struct Tape {
    tape: HeapProd<Note>,
    begun: Instant,
    missed: Arc<AtomicU64>,
    shows: bool,
}

impl Tape {
    fn now(&self) -> u64 {
        self.begun.elapsed().as_nanos() as u64
    }

    fn note(&mut self, inputs: Inputs<'_>, begin: u64, flow: Option<&Flow>) {
        let end = self.now();
        let emitted = matches!(flow, Some(Flow::Emit | Flow::EmitAt(_)));
        self.push(Note::Fired { begin, nanos: end - begin, which: inputs.which, emitted });
        if let Some(Flow::Lost(ticks)) = flow {
            self.push(Note::Lost { at: end, ticks: *ticks });
        }
        if self.shows && inputs.which == 0 {
            let events = Event::items(inputs.block).unwrap_or_default();
            events.iter().filter(|event| event.is_some()).for_each(|event| {
                self.push(Note::Found { at: begin, event: *event });
            });
        }
    }

    fn push(&mut self, note: Note) {
        if self.tape.try_push(note).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}
