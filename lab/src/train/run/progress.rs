//! How far a phase has come: a bar where standard error is a terminal, else a line per epoch.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::train::config::Fit;
use crate::train::kept::history::{Epoch, Phase};

const TEMPLATE: &str = "{prefix:>5} {bar:24} {pos}/{len} steps  {msg}  {eta} left";

/// The progress of one phase.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    phase: Phase,
    epochs: usize,
    steps: usize,
    /// Epochs that were there before this program started, which say nothing about its pace.
    before: usize,
    start: Instant,
}

impl Progress {
    /// Begins after `before` epochs.
    pub(crate) fn new(phase: Phase, fit: &Fit, before: usize) -> Self {
        let steps = fit.clips / fit.batch;
        let bar = stderr().is_terminal().then(|| {
            let length = Some((fit.epochs * steps) as u64);
            let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::with_template(TEMPLATE).expect("this template is right"));
            bar.set_prefix(phase.to_string());
            bar.set_position((before * steps) as u64);
            bar.reset_eta();
            bar
        });
        Self { bar, phase, epochs: fit.epochs, steps, before, start: Instant::now() }
    }

    /// A step of an epoch (both from zero) has ended; loss and accuracy are the epoch's so far.
    pub(crate) fn step(&self, epoch: usize, step: usize, loss: f64, accuracy: f64) {
        if let Some(bar) = &self.bar {
            bar.set_position((epoch * self.steps + step + 1) as u64);
            bar.set_message(format!("loss {loss:.3}  accuracy {accuracy:.3}"));
        }
    }

    /// Writes down an epoch that has ended.
    pub(crate) fn epoch(&self, epoch: &Epoch) {
        let done = (epoch.epoch - self.before) as f64;
        let left = self.start.elapsed().mul_f64((self.epochs - epoch.epoch) as f64 / done);
        self.say(&format!(
            "{:>5} {:3}/{}: loss {:.4}, accuracy {:.4}; validation: loss {:.4}, top-1 {:.4}, balanced {:.4}; {} left",
            self.phase,
            epoch.epoch,
            self.epochs,
            epoch.loss,
            epoch.accuracy,
            epoch.validation_loss,
            epoch.validation_top1,
            epoch.validation_balanced,
            clock(left)
        ));
    }

    /// Writes a line, out of the way of the bar.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => eprintln!("{line}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
