//! Runs a plan: starts it, listens to it, ends it.

use std::fmt::Display;
use std::io::Write;
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use crossbeam_channel::{Receiver, after, never, select};
use kws_engine::Plan;
use kws_engine::run::{Outcome, Report, RunError, RunOptions, Running};

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::gaps::{GATHER, Gaps};
use super::progress::{Detail, Progress};
use super::{faults, interrupt, stats};

const NOTICE: Style = AnsiColor::Yellow.on_default();

/// Runs a plan to its end, or to a Ctrl-C.
pub(crate) fn execute(plan: &Plan, arguments: &Arguments) -> Result<(), CommandError> {
    for notice in &plan.notices {
        tell(format_args!("{NOTICE}notice:{NOTICE:#} {notice}"));
    }
    let interrupts = interrupt::watch();
    suppress_lane_panics();
    let detail = if arguments.stats { Detail::Stats } else { Detail::Line };
    let progress = Progress::new(detail, || plan.seconds());
    let options = RunOptions { paced: arguments.realtime, timed: arguments.stats, one_lane: false };
    let running = plan.start_with(options, |stage, node| progress.dress(stage, node))?;
    let mut listener = Listener { plan, progress, gaps: Gaps::default(), told: None, interrupted: false };
    let outcome = listener.listen(running, &interrupts);
    listener.progress.clear();
    listener.conclude(&outcome);
    if arguments.stats {
        // What cannot be told on standard error cannot be told anywhere.
        let _ = stats::write(plan, &outcome.stats, &mut anstream::stderr());
    }
    match outcome.fault {
        None => Ok(()),
        Some(fault) if listener.told.as_ref() == Some(&fault.stage) => Err(CommandError::Told),
        Some(fault) => Err(fault.into()),
    }
}

/// Tells a line on standard error. When that is gone, there is nowhere left to say so.
fn tell(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Follows a run.
struct Listener<'a> {
    plan: &'a Plan,
    progress: Progress,
    gaps: Gaps,
    /// The stage whose fault ends the run and was told.
    told: Option<String>,
    interrupted: bool,
}

impl Listener<'_> {
    /// Until every lane has ended.
    fn listen(&mut self, mut running: Running, interrupts: &Receiver<()>) -> Outcome {
        let reports = running.reports().clone();
        let stopper = running.stopper();
        let ticks = self.progress.ticks();
        loop {
            let gather = if self.gaps.pending() { after(GATHER) } else { never() };
            select! {
                recv(reports) -> report => {
                    let Ok(report) = report else { break };
                    self.note(&report);
                    if running.note(report) {
                        break;
                    }
                }
                recv(interrupts) -> _ => {
                    self.interrupted = true;
                    stopper.stop();
                }
                recv(gather) -> _ => self.tell_gaps(),
                recv(ticks) -> _ => self.progress.draw(self.plan, || running.stats()),
            }
        }
        running.wait()
    }

    /// Takes note of a report: faults are told at once, however long the other stages take to end.
    fn note(&mut self, report: &Report) {
        match report {
            Report::Gap(gap) => self.gaps.note(gap),
            Report::StageFault { stage, fault } if self.told.is_none() => {
                self.told = Some(stage.clone());
                let error = CommandError::from(RunError { stage: stage.clone(), fault: fault.clone() });
                let _ = self.progress.aside(|| error.report());
            }
            Report::Down { stage, fault, at } => {
                let line = faults::down(self.plan, stage, fault, *at);
                self.progress.aside(|| tell(&line));
            }
            Report::Up { stage, at, lost } => {
                let line = faults::up(self.plan, stage, *at, *lost);
                self.progress.aside(|| tell(&line));
            }
            Report::StageFault { .. } | Report::Ended { .. } => {}
        }
    }

    fn tell_gaps(&mut self) {
        let lines = self.gaps.tell(self.plan, Instant::now());
        if !lines.is_empty() {
            self.progress.aside(|| lines.iter().for_each(tell));
        }
    }

    /// What is to be said at the end of every run.
    fn conclude(&self, outcome: &Outcome) {
        if self.interrupted {
            let seconds = stats::stream_seconds(self.plan, &outcome.stats);
            let events = stats::events(self.plan, &outcome.stats);
            tell(format_args!("interrupted at {seconds:.2} s; {events} events"));
        }
        let _ = self.gaps.sum(self.plan, &mut anstream::stderr());
        let _ = faults::sum(&outcome.stats, &mut anstream::stderr());
    }
}

/// Keeps Rust's own message about a panic from appearing for the engine's threads: it is reported as the fault of the
/// stage that panicked.
fn suppress_lane_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let lane = std::thread::current().name().is_some_and(|name| name.starts_with("lane "));
        if !lane {
            usual(panic);
        }
    }));
}
