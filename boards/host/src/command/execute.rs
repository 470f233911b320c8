//! Runs a plan: starts it, listens to it, ends it.

use std::io::Write;
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use crossbeam_channel::{Receiver, select};
use kws_engine::Plan;
use kws_engine::run::{Outcome, Report, RunOptions, Running};

use super::arguments::Arguments;
use super::failure::Failure;
use super::gaps::Gaps;
use super::interrupt;

const NOTICE: Style = AnsiColor::Yellow.on_default();

/// Runs a plan to its end, or to a Ctrl-C.
pub(crate) fn execute(plan: &Plan, arguments: &Arguments) -> Result<(), Failure> {
    let mut stderr = anstream::stderr();
    for notice in &plan.notices {
        writeln!(stderr, "{NOTICE}notice:{NOTICE:#} {notice}")?;
    }
    let interrupts = interrupt::watch();
    hush_lanes();
    let options = RunOptions { paced: arguments.realtime, timed: false, one_lane: false };
    let running = plan.start(options)?;
    let mut gaps = Gaps::default();
    let outcome = listen(running, plan, &interrupts, &mut gaps)?;
    gaps.sum(plan, &mut stderr)?;
    match outcome.fault {
        Some(fault) => Err(fault.into()),
        None => Ok(()),
    }
}

/// Follows a run until every lane has ended.
fn listen(
    mut running: Running,
    plan: &Plan,
    interrupts: &Receiver<()>,
    gaps: &mut Gaps,
) -> Result<Outcome, Failure> {
    let mut stderr = anstream::stderr();
    let reports = running.reports().clone();
    let stopper = running.stopper();
    loop {
        select! {
            recv(reports) -> report => {
                let Ok(report) = report else { break };
                if let Report::Gap(gap) = &report
                    && let Some(line) = gaps.note(gap, plan, Instant::now())
                {
                    writeln!(stderr, "{line}")?;
                }
                if running.note(report) {
                    break;
                }
            }
            recv(interrupts) -> _ => stopper.stop(),
        }
    }
    Ok(running.wait())
}

/// Keeps Rust's own message about a panic from appearing for the engine's threads: it is reported as the fault of the
/// stage that panicked.
fn hush_lanes() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let lane = std::thread::current().name().is_some_and(|name| name.starts_with("lane "));
        if !lane {
            usual(panic);
        }
    }));
}
