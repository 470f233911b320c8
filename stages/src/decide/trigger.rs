//! Detections from posteriors.

use core::marker::PhantomData;

use kws_engine::{Block, Event, Flow, Stage, StageFault};

use super::posterior::{Posterior, Scale};

/// Turns posteriors into events, at several operating points at once.
///
/// Each point watches a label, or each label that is a word, on its own:
///
/// - A *run* begins with the first score of at least `on`. It becomes a detection when `min_count` scores in a row are
///   at least `on`.
/// - The detection stays active while scores are at least `off`, and for `hold_ms` after the last of them.
/// - For `refractory_ms` after an event, scores count as nothing: no run begins.
///
/// An event is written when a detection becomes active (`emit = "onset"`) or when it ends (`"release"`). With
/// `emit = "change"` it is written when a detection becomes active whose label is not that of the last event: a state,
/// such as whether somebody is there, is reported once, however often the images pause. Its `start` is
/// the tick of the run's first score; its `end` is the tick of onset, or, at release, that of the last score of at
/// least `off`; its `score` is the highest of the run so far. What is active when the stream ends is not released.
///
/// A gap ends what is under way without an event; refractory times go on.
///
/// # Reads
/// `posterior` f32 or i8 `[labels]`.
///
/// # Writes
/// `events` `[places]`, a place for each label and point that can fire, points first as listed, then labels in the
/// model's order; unused places hold [`Event::NONE`]. Nothing is written when nothing fires.
///
/// # Parameters
/// `points`, each with `name`, `label`, `on`, `off`, `min_count`, `hold_ms`, `refractory_ms`; `sensitivity`; and `emit`.
///
/// # Reference
/// Hysteresis and refractory time as in TensorFlow's `RecognizeCommands` (minimum count, suppression) and openWakeWord
/// (patience, debounce).
///
/// # Example
/// ```
/// use kws_engine::{Block, Flow, Event, Stage};
/// use kws_stages::decide::{Moment, Run, Scale, Trigger, Watch};
///
/// let watch = Watch { label: 1, point: 0, on: 0.8, off: 0.5, min_count: 2, hold: 0, refractory: 100 };
/// let mut trigger = Trigger::<f32, _, _>::new(Moment::Onset, Scale::REAL, [watch], [Run::IDLE]);
/// let mut out = [Event::NONE];
/// assert_eq!(trigger.process(Block { at: 10, items: &[0.1, 0.9] }, &mut out), Ok(Flow::Skip));
/// assert_eq!(trigger.process(Block { at: 20, items: &[0.2, 0.8] }, &mut out), Ok(Flow::Emit));
/// assert_eq!(out[0], Event { label: 1, point: 0, score: 0.9, start: 10, end: 20 });
/// ```
#[derive(Clone, Debug)]
pub struct Trigger<I, W, R> {
    emit: Moment,
    scale: Scale,
    watches: W,
    runs: R,
    /// Label of the last event.
    last: u16,
    item: PhantomData<I>,
}

/// What one place of the output watches for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watch {
    /// Index of the label.
    pub label: u16,
    /// Index of the operating point.
    pub point: u16,
    /// Score at which a run begins, 0 to 1.
    pub on: f32,
    /// Score below which a detection ends, at most `on`.
    pub off: f32,
    /// Scores in a row that make a detection, at least 1.
    pub min_count: u32,
    /// Ticks that a detection outlasts its last score of at least `off`.
    pub hold: u64,
    /// Ticks after an event during which nothing counts.
    pub refractory: u64,
}

/// When a detection is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "std", serde(rename_all = "snake_case"))]
pub enum Moment {
    /// As soon as it is certain.
    #[default]
    Onset,
    /// When it is over, with its whole extent and highest score.
    Release,
    /// As soon as it is certain, unless the last event was of the same label.
    Change,
}

/// No label: that of the last event before the first one.
const NO_LABEL: u16 = u16::MAX;

/// What is under way at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// Scores of at least `on` in a row, until the detection is active.
    count: u32,
    active: bool,
    peak: f32,
    start: u64,
    /// Tick of the last score of at least `off`.
    last: u64,
    /// Tick until which nothing counts.
    quiet_until: u64,
}

impl Run {
    /// Nothing has come.
    pub const IDLE: Run = Run { count: 0, active: false, peak: 0.0, start: 0, last: 0, quiet_until: 0 };

    /// Takes one score; the event that it makes, if it makes one.
    fn step(&mut self, watch: &Watch, emit: Moment, at: u64, score: f32) -> Option<Event> {
        let emits = if self.active {
            self.ends(watch, at, score) && emit == Moment::Release
        } else {
            self.begins(watch, at, score) && emit != Moment::Release
        };
        if !emits {
            return None;
        }
        self.quiet_until = at + watch.refractory;
        let Watch { label, point, .. } = *watch;
        Some(Event { label, point, score: self.peak, start: self.start, end: self.last })
    }

    /// Whether the score makes a detection.
    fn begins(&mut self, watch: &Watch, at: u64, score: f32) -> bool {
        // What is no number is not at least `on`.
        let counts = score >= watch.on && at >= self.quiet_until;
        if !counts {
            self.count = 0;
            return false;
        }
        if self.count == 0 {
            (self.start, self.peak) = (at, score);
        }
        self.count += 1;
        self.peak = self.peak.max(score);
        self.last = at;
        self.active = self.count >= watch.min_count;
        self.active
    }

    /// Whether the score ends the detection.
    fn ends(&mut self, watch: &Watch, at: u64, score: f32) -> bool {
        if score >= watch.off {
            self.last = at;
            self.peak = self.peak.max(score);
        }
        let over = at - self.last > watch.hold;
        if over {
            (self.active, self.count) = (false, 0);
        }
        over
    }
}

impl<I, W, R> Trigger<I, W, R> {
    /// A trigger with a run for each watch.
    pub const fn new(emit: Moment, scale: Scale, watches: W, runs: R) -> Self {
        Trigger { emit, scale, watches, runs, last: NO_LABEL, item: PhantomData }
    }
}

impl<I: Posterior, W: AsRef<[Watch]>, R: AsMut<[Run]>> Stage for Trigger<I, W, R> {
    type In = I;
    type Out = Event;

    fn process(&mut self, input: Block<'_, I>, output: &mut [Event]) -> Result<Flow, StageFault> {
        let places = self.watches.as_ref().iter().zip(self.runs.as_mut()).zip(output);
        let mut flow = Flow::Skip;
        for ((watch, run), place) in places {
            let Some(posterior) = input.get(usize::from(watch.label)) else {
                return Err(StageFault::new("`trigger` refers to a label that its input does not have"));
            };
            let score = I::mean(I::plus(I::Sum::default(), *posterior), 1, self.scale);
            let mut event = run.step(watch, self.emit, input.at, score);
            if event.is_some() {
                let again = core::mem::replace(&mut self.last, watch.label) == watch.label;
                event = event.filter(|_| !again || self.emit != Moment::Change);
            }
            *place = event.unwrap_or(Event::NONE);
            if event.is_some() {
                flow = Flow::Emit;
            }
        }
        Ok(flow)
    }

    fn reset(&mut self) {
        for run in self.runs.as_mut() {
            *run = Run { quiet_until: run.quiet_until, ..Run::IDLE };
        }
    }

    fn restart(&mut self) {
        self.runs.as_mut().fill(Run::IDLE);
        self.last = NO_LABEL;
    }
}

#[cfg(feature = "std")]
mod curve;
#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
mod point;
#[cfg(feature = "std")]
mod sensitivity;
#[cfg(feature = "std")]
mod tuned;
#[cfg(feature = "std")]
pub use kind::TriggerParams;
#[cfg(feature = "std")]
pub use point::{PointParams, is_word};
#[cfg(feature = "std")]
pub use sensitivity::Sensitivity;
