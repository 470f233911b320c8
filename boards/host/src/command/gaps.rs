//! Gaps: told as they come, not more than once a second for each stage, and summed at the end.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use kws_engine::Plan;
use kws_engine::run::GapReport;

use super::check::input_port;

const GAP: Style = AnsiColor::Yellow.on_default().bold();
/// How often one stage's gaps are told.
const PAUSE: Duration = Duration::from_secs(1);

/// What one stage met.
#[derive(Default)]
struct Met {
    gaps: u64,
    lost: u64,
    /// Met since the last line about this stage.
    untold: u64,
    told: Option<Instant>,
}

/// Gaps of a run, by the stage that met them.
#[derive(Default)]
pub(crate) struct Gaps {
    by_stage: BTreeMap<String, Met>,
}

impl Gaps {
    /// Takes note of a gap; a line about it where it is time for one.
    pub(crate) fn note(&mut self, gap: &GapReport, plan: &Plan, now: Instant) -> Option<String> {
        let met = self.by_stage.entry(gap.stage.clone()).or_default();
        met.gaps += 1;
        met.lost += gap.lost;
        if met.told.is_some_and(|told| now.duration_since(told) < PAUSE) {
            met.untold += 1;
            return None;
        }
        met.told = Some(now);
        let more = match std::mem::take(&mut met.untold) {
            0 => String::new(),
            untold => format!(", and {untold} more since the last line"),
        };
        let rate = clock(plan, &gap.stage);
        let (at, lost) = (seconds(gap.at, rate), seconds(gap.lost, rate));
        Some(format!("{GAP}gap:{GAP:#} `{}` missed {lost:.3} s before {at:.3} s{more}", gap.stage))
    }

    /// One line for each stage that met gaps.
    pub(crate) fn sum(&self, plan: &Plan, to: &mut impl Write) -> io::Result<()> {
        for (stage, met) in &self.by_stage {
            let lost = seconds(met.lost, clock(plan, stage));
            let gaps = if met.gaps == 1 { "gap" } else { "gaps" };
            writeln!(to, "{GAP}gaps:{GAP:#} `{stage}` met {} {gaps}, {lost:.3} s lost", met.gaps)?;
        }
        Ok(())
    }
}

/// Ticks in a second of what a stage reads, or of what a source writes.
fn clock(plan: &Plan, stage: &str) -> u32 {
    let Some(index) = plan.stages.iter().position(|other| other.name == stage) else { return 1 };
    input_port(plan, index).or(plan.stages[index].output.as_ref()).map_or(1, |port| port.clock)
}

fn seconds(ticks: u64, rate: u32) -> f64 {
    ticks as f64 / f64::from(rate)
}
