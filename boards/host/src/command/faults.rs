//! Stages that fail and go on: reported when they fail and when they work again, and summed at the end.

use std::io::{self, Write};

use anstyle::Style;
use kws_engine::run::{RunStats, StageStats};
use kws_engine::{Plan, StageFault, StageState};

use super::gaps::clock;
use super::journal::Level;

const FAULT: Style = Level::Warning.style();

/// A line about a stage that has failed.
pub(crate) fn down(plan: &Plan, stage: &str, fault: &StageFault, at: u64) -> String {
    let at = seconds(plan, stage, at);
    format!("{FAULT}fault:{FAULT:#} `{stage}` failed at {at:.3} s: {fault}; it is tried again after a pause")
}

/// A line about a stage that works again.
pub(crate) fn up(plan: &Plan, stage: &str, at: u64, lost: u64) -> String {
    let (at, lost) = (seconds(plan, stage, at), seconds(plan, stage, lost));
    format!("{FAULT}fault:{FAULT:#} `{stage}` works again at {at:.3} s, after {lost:.3} s")
}

/// One line for each stage that failed and went on.
pub(crate) fn sum(stats: &RunStats, to: &mut impl Write) -> io::Result<()> {
    for StageStats { stage, health, .. } in stats.stages.iter().filter(|stage| stage.health.faults > 0) {
        let times = |count: u64| if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let (failed, anew) = (times(health.faults), times(health.restarts));
        let down = if health.state == StageState::Down { ", and is down" } else { "" };
        writeln!(to, "{FAULT}faults:{FAULT:#} `{stage}` failed {failed}, began anew {anew}{down}")?;
    }
    Ok(())
}

fn seconds(plan: &Plan, stage: &str, ticks: u64) -> f64 {
    ticks as f64 / f64::from(clock(plan, stage))
}
