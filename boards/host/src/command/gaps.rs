//! Gaps: reported soon after they come, not more than once a second for each stage, and summed at the end.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use anstyle::Style;
use kws_engine::Plan;
use kws_engine::run::GapReport;

use super::journal::Level;

const GAP: Style = Level::Warning.style();
/// How long gaps are gathered before they are reported: what is lost block by block comes in many reports.
pub(crate) const GATHER: Duration = Duration::from_millis(100);
/// How often one stage's gaps are reported.
const PAUSE: Duration = Duration::from_secs(1);

/// Stretches that are missing.
#[derive(Clone, Copy, Default)]
struct Missing {
    gaps: u64,
    ticks: u64,
}

impl Missing {
    fn add(&mut self, gaps: u64, ticks: u64) {
        self.gaps += gaps;
        self.ticks += ticks;
    }
}

/// What one stage met.
#[derive(Default)]
struct Met {
    all: Missing,
    /// Met since the last line about this stage.
    pending: Missing,
    /// Tick up to which the last gap reaches.
    until: u64,
    reported: Option<Instant>,
}

/// Gaps of a run, by the stage that met them.
#[derive(Default)]
pub(crate) struct Gaps {
    by_stage: BTreeMap<String, Met>,
}

impl Gaps {
    /// Takes note of a report. One that begins where the last ended goes on with the same gap.
    pub(crate) fn note(&mut self, report: &GapReport) {
        let met = self.by_stage.entry(report.stage.clone()).or_default();
        let begins = report.at.saturating_sub(report.lost);
        let new = u64::from(met.all.gaps == 0 || begins > met.until);
        met.until = report.at;
        met.all.add(new, report.lost);
        met.pending.add(new, report.lost);
    }

    /// Whether there is something to report.
    pub(crate) fn pending(&self) -> bool {
        self.by_stage.values().any(|met| met.pending.ticks > 0)
    }

    /// Lines about gaps that were not reported yet, for stages of which nothing was reported for a while.
    pub(crate) fn tell(&mut self, plan: &Plan, now: Instant) -> Vec<String> {
        let quiet = |met: &Met| met.reported.is_none_or(|reported| now.duration_since(reported) >= PAUSE);
        let due = self.by_stage.iter_mut().filter(|(_, met)| met.pending.ticks > 0 && quiet(met));
        due.map(|(stage, met)| {
            met.reported = Some(now);
            let clock = clock(plan, stage);
            let text = missed(std::mem::take(&mut met.pending), clock);
            format!("{GAP}gap:{GAP:#} `{stage}` lost {text}, until {:.3} s", seconds(met.until, clock))
        })
        .collect()
    }

    /// One line for each stage that met gaps.
    pub(crate) fn sum(&self, plan: &Plan, to: &mut impl Write) -> io::Result<()> {
        for (stage, met) in &self.by_stage {
            writeln!(
                to,
                "{GAP}gaps:{GAP:#} `{stage}` lost {} in total",
                missed(met.all, clock(plan, stage))
            )?;
        }
        Ok(())
    }
}

fn missed(missing: Missing, clock: u32) -> String {
    let lost = seconds(missing.ticks, clock);
    match missing.gaps {
        // A gap that goes on was counted when it began.
        0 | 1 => format!("{lost:.3} s"),
        gaps => format!("{lost:.3} s in {gaps} gaps"),
    }
}

/// Ticks in a second of what a stage reads, or of what a source writes.
pub(crate) fn clock(plan: &Plan, stage: &str) -> u32 {
    let Some(index) = plan.stages.iter().position(|other| other.name == stage) else { return 1 };
    plan.first_input(index).or(plan.stages[index].output.as_ref()).map_or(1, |port| port.clock)
}

fn seconds(ticks: u64, clock: u32) -> f64 {
    ticks as f64 / f64::from(clock)
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{pipeline, registry};
    use super::*;

    fn plan() -> Plan {
        Plan::new(&pipeline("[[stage]]\nkind = \"tone\"\n[[stage]]\nkind = \"half\""), &registry()).unwrap()
    }

    fn report(at: u64, lost: u64) -> GapReport {
        GapReport { stage: "half".to_owned(), at, lost }
    }

    fn plain(line: &str) -> String {
        anstream::adapter::strip_str(line).to_string()
    }

    #[test]
    fn reports_that_follow_on_each_other_are_one_gap() {
        let mut gaps = Gaps::default();
        [(160, 160), (320, 160), (1600, 160)].into_iter().for_each(|(at, lost)| gaps.note(&report(at, lost)));
        let mut sum = Vec::new();
        gaps.sum(&plan(), &mut sum).unwrap();
        let sum = plain(&String::from_utf8(sum).unwrap());
        assert_eq!(sum, "gaps: `half` lost 0.030 s in 2 gaps in total\n");
    }

    #[test]
    fn a_stage_is_reported_once_a_second() {
        let (mut gaps, plan, begin) = (Gaps::default(), plan(), Instant::now());
        gaps.note(&report(1600, 160));
        let lines = gaps.tell(&plan, begin);
        assert_eq!(
            lines.iter().map(|line| plain(line)).collect::<Vec<_>>(),
            ["gap: `half` lost 0.010 s, until 0.100 s"]
        );
        assert!(!gaps.pending());
        [3200, 4800].into_iter().for_each(|at| gaps.note(&report(at, 160)));
        assert!(gaps.pending() && gaps.tell(&plan, begin + PAUSE / 2).is_empty());
        let lines = gaps.tell(&plan, begin + PAUSE);
        assert_eq!(
            lines.iter().map(|line| plain(line)).collect::<Vec<_>>(),
            ["gap: `half` lost 0.020 s in 2 gaps, until 0.300 s"]
        );
    }
}
