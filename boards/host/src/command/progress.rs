//! How far a run has come, shown on a terminal while it goes.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use crossbeam_channel::{Receiver, never, tick};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kws_engine::run::RunStats;
use kws_engine::{Effect, Node, Plan, PlannedStage, around};

use super::stats;
use super::units;

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(100);
/// Runs that end before so many times [`EVERY`] need no progress.
const TICKS_HIDDEN: u32 = 10;

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// One line.
    Line,
    /// A line, and below it what every stage does.
    Stats,
}

/// How far a run has come, on standard error where that is a terminal; elsewhere nothing.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    detail: Detail,
    /// Seconds of stream that the source holds, where that is known.
    length: Option<f64>,
    ticks: u32,
}

impl Progress {
    pub(crate) fn new(detail: Detail, length: impl FnOnce() -> Option<f64>) -> Self {
        let shown = stderr().is_terminal();
        let bar = shown.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.with_style(ProgressStyle::with_template("{msg}").expect("this template is right"))
        });
        Progress { bar, detail, length: if shown { length() } else { None }, ticks: 0 }
    }

    /// Of a run that something else shows.
    pub(crate) fn hidden() -> Self {
        Progress { bar: None, detail: Detail::Line, length: None, ticks: 0 }
    }

    /// When to draw; never where nothing is shown.
    pub(crate) fn ticks(&self) -> Receiver<std::time::Instant> {
        if self.bar.is_some() { tick(EVERY) } else { never() }
    }

    /// Draws.
    pub(crate) fn draw(&mut self, plan: &Plan, stats: impl FnOnce() -> RunStats) {
        self.ticks += 1;
        let Some(bar) = self.bar.as_ref().filter(|_| self.ticks >= TICKS_HIDDEN) else { return };
        let stats = stats();
        let mut text = line(plan, &stats, self.length);
        if self.detail == Detail::Stats {
            let mut below = Vec::new();
            if stats::write(plan, &stats, &mut below).is_ok() {
                let plain = anstream::adapter::strip_bytes(&below).into_vec();
                text = format!("{text}\n{}", String::from_utf8_lossy(&plain).trim_end());
            }
        }
        bar.set_message(text);
    }

    /// Writes something else to the terminal, out of the way of what is drawn.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes away what is drawn.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Wraps stages that show something on the same terminal, so that what is drawn makes way for them.
    pub(crate) fn dress(&self, stage: &PlannedStage, node: Box<dyn Node>) -> Box<dyn Node> {
        match &self.bar {
            Some(bar) if stage.effect == Effect::Shows => {
                let bar = bar.clone();
                around(node, move |node, inputs, output| bar.suspend(|| node.fire(inputs, output)))
            }
            _ => node,
        }
    }
}

/// The line: `83.2 s of 120 s, 69 %, 3120× real time, 4 events`.
fn line(plan: &Plan, stats: &RunStats, length: Option<f64>) -> String {
    let seconds = stats::stream_seconds(plan, stats);
    let come = match length {
        Some(length) if length > 0.0 => {
            let share = (100.0 * seconds / length).min(100.0);
            format!("{seconds:.1} s of {length:.1} s, {share:.0} %")
        }
        _ => format!("{seconds:.1} s"),
    };
    let events = match stats::events(plan, stats) {
        1 => "1 event".to_owned(),
        events => format!("{events} events"),
    };
    format!("{come}, {} real time, {events}", units::times(stats::times_real_time(plan, stats)))
}
