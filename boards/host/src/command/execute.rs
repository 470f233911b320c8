//! Runs a plan: starts it, listens to it, ends it.

use std::time::Instant;

use crossbeam_channel::{Receiver, after, never, select, unbounded};
use kws_carrier::{News, WarmUp};
use kws_engine::run::{Outcome, Report, RunError, RunOptions, RunStats, Running, Stopper};
use kws_engine::{Plan, PlannedStage};

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::gaps::{GATHER, Gaps};
use super::journal::{Level, tell};
use super::progress::{Detail, Progress};
use super::service::Service;
use super::tracing::Tracing;
use super::viewing::Viewing;
use super::{faults, interrupt, links, stats};

/// Runs a plan to its end, or to a Ctrl-C.
pub(crate) fn execute(plan: &Plan, arguments: &Arguments) -> Result<(), CommandError> {
    for notice in &plan.notices {
        let style = Level::Notice.style();
        tell(Level::Notice, format_args!("{style}notice:{style:#} {notice}"));
    }
    let interrupts = interrupt::watch();
    suppress_lane_panics();
    let detail = if arguments.stats { Detail::Stats } else { Detail::Line };
    let mut viewing = Viewing::begin(plan, arguments)?;
    let progress =
        if viewing.has_screen() { Progress::hidden() } else { Progress::new(detail, || plan.seconds()) };
    let viewed = viewing.is_on();
    let options = RunOptions {
        paced: arguments.realtime || viewing.keeps_time(),
        timed: arguments.stats || arguments.metrics.is_some() || viewed,
        one_lane: false,
    };
    let mut tracing = Tracing::begin(plan, arguments)?;
    let warm_up = arguments.warm_up.and_then(|time| WarmUp::new(plan, time));
    let warm_up = warm_up.as_ref();
    if let Some(warm_up) = warm_up {
        links::tell_what_is_short(plan, arguments, warm_up);
    }
    let dress = |stage: &PlannedStage, node| {
        let node = links::dress(plan, stage, node, warm_up);
        let traced = tracing.dress(plan, stage, progress.dress(stage, node));
        viewing.dress(plan, stage, traced)
    };
    let (heard, news) = unbounded();
    let running =
        plan.start_linked(options, dress, |link| links::carrier(link, arguments, warm_up, &heard))?;
    let service = Service::begin(plan, arguments, running.counters())?;
    let mut listener = Listener {
        plan,
        progress,
        service,
        viewing,
        gaps: Gaps::default(),
        reported: None,
        interrupted: false,
        news,
    };
    let outcome = listener.listen(running, &interrupts);
    listener.progress.clear();
    let traced = tracing.end();
    listener.conclude(&outcome);
    listener.viewing.show(&outcome.stats);
    let reported = listener.viewing.over();
    if outcome.fault.is_none() && !listener.interrupted {
        listener.viewing.stay(&interrupts);
    }
    listener.viewing.close();
    if arguments.stats {
        let mut text = Vec::new();
        stats::write(plan, &outcome.stats, &mut text)?;
        tell(Level::Info, String::from_utf8_lossy(&text).trim_end());
    }
    match outcome.fault {
        None => traced.and(reported),
        Some(fault) if listener.reported.as_ref() == Some(&fault.stage) => Err(CommandError::Reported),
        Some(fault) => Err(fault.into()),
    }
}

/// Follows a run.
struct Listener<'a> {
    plan: &'a Plan,
    progress: Progress,
    service: Service,
    viewing: Viewing<'a>,
    gaps: Gaps,
    /// The stage whose fault ends the run and was reported.
    reported: Option<String>,
    interrupted: bool,
    /// What happens to links.
    news: Receiver<News>,
}

impl Listener<'_> {
    /// Until every lane has ended.
    fn listen(&mut self, mut running: Running, interrupts: &Receiver<()>) -> Outcome {
        let reports = running.reports().clone();
        let stopper = running.stopper();
        let (ticks, looks) = (self.progress.ticks(), self.service.looks());
        let (views, left) = (self.viewing.ticks(), self.viewing.left());
        let news = self.news.clone();
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
                recv(interrupts) -> _ => self.stop(&stopper),
                recv(left) -> _ => self.stop(&stopper),
                recv(news) -> news => if let Ok(news) = news { self.tell_news(&news) },
                recv(gather) -> _ => self.tell_gaps(),
                recv(looks) -> _ => self.look(&running.stats()),
                recv(views) -> _ => self.viewing.show(&running.stats()),
                recv(ticks) -> _ => self.progress.draw(self.plan, || running.stats()),
            }
        }
        running.wait()
    }

    /// Lets the run end.
    fn stop(&mut self, stopper: &Stopper) {
        self.interrupted = true;
        self.service.stopping();
        stopper.stop();
    }

    /// Takes note of a report: faults are reported at once, however long the other stages take to end.
    fn note(&mut self, report: &Report) {
        match report {
            Report::Gap(gap) => self.gaps.note(gap),
            Report::StageFault { stage, fault } if self.reported.is_none() => {
                self.reported = Some(stage.clone());
                let error = CommandError::from(RunError { stage: stage.clone(), fault: fault.clone() });
                let _ = self.progress.aside(|| error.report());
            }
            Report::Down { stage, fault, at } => {
                let line = faults::down(self.plan, stage, fault, *at);
                self.progress.aside(|| tell(Level::Warning, &line));
            }
            Report::Up { stage, at, lost } => {
                let line = faults::up(self.plan, stage, *at, *lost);
                self.progress.aside(|| tell(Level::Warning, &line));
            }
            Report::StageFault { .. } | Report::Ended { .. } => {}
        }
    }

    fn look(&mut self, stats: &RunStats) {
        let Listener { plan, progress, service, .. } = self;
        progress.aside(|| service.look(plan, stats));
    }

    fn tell_news(&mut self, news: &News) {
        let level = match news {
            News::Damaged(..)
            | News::Leaving(..)
            | News::Lost(_)
            | News::Restarted(_)
            | News::Waiting(..) => Level::Warning,
            _ => Level::Info,
        };
        self.progress.aside(|| tell(level, news));
    }

    fn tell_gaps(&mut self) {
        let lines = self.gaps.tell(self.plan, Instant::now());
        if !lines.is_empty() {
            self.progress.aside(|| lines.iter().for_each(|line| tell(Level::Warning, line)));
        }
    }

    /// What is to be said at the end of every run.
    fn conclude(&self, outcome: &Outcome) {
        if self.interrupted {
            let seconds = stats::stream_seconds(self.plan, &outcome.stats);
            let events = stats::events(self.plan, &outcome.stats);
            tell(Level::Info, format_args!("interrupted at {seconds:.2} s; {events} events"));
        }
        let mut text = Vec::new();
        // Nothing fails to be written to memory.
        let _ = self.gaps.sum(self.plan, &mut text).and_then(|()| faults::sum(&outcome.stats, &mut text));
        if !text.is_empty() {
            tell(Level::Warning, String::from_utf8_lossy(&text).trim_end());
        }
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
