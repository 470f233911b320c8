//! `--stats`: where the time went.

use std::io::{self, Write};

use anstyle::Style;
use kws_engine::Plan;
use kws_engine::run::{Percentiles, RunStats, StageStats};

use super::table::{Side, Table};
use super::units;

const TITLE: Style = Style::new().bold();

/// A run faster than this keeps no clock, and being late means nothing to it.
const KEEPS_TIME: f64 = 1.05;

/// Seconds of stream that the run has worked off: how far the readers of its sources have come.
pub(crate) fn stream_seconds(plan: &Plan, stats: &RunStats) -> f64 {
    let come_to = |(index, stage): (usize, &StageStats)| {
        plan.first_input(index).map_or(0.0, |port| port.seconds(stage.at))
    };
    stats.stages.iter().enumerate().map(come_to).fold(0.0, f64::max)
}

/// Blocks of events that left the pipeline: those of the stages whose events a sink reads.
pub(crate) fn events(plan: &Plan, stats: &RunStats) -> u64 {
    let shown = |index: usize| {
        let events =
            plan.stages[index].output.as_ref().is_some_and(|p| p.element == kws_engine::Element::Event);
        events && plan.outputs(index).any(|edge| plan.stages[edge.to].output.is_none())
    };
    stats.stages.iter().enumerate().filter(|(index, _)| shown(*index)).map(|(_, stage)| stage.emitted).sum()
}

/// Times faster than the stream itself.
pub(crate) fn times_real_time(plan: &Plan, stats: &RunStats) -> f64 {
    stream_seconds(plan, stats) / (stats.elapsed.max(1) as f64 / 1e9)
}

/// Writes what a timed run has counted so far.
pub(crate) fn write(plan: &Plan, stats: &RunStats, to: &mut impl Write) -> io::Result<()> {
    let stream = stream_seconds(plan, stats);
    let times = times_real_time(plan, stats);
    writeln!(
        to,
        "{TITLE}{stream:.2} s of stream in {}, {} real time{TITLE:#}",
        units::nanos(stats.elapsed),
        units::times(times)
    )?;
    lanes(plan, stats, stream).write(to, "  ")?;
    let rings = rings(stats);
    if !rings.is_empty() {
        rings.write(to, "  ")?;
    }
    if times < KEEPS_TIME { latencies(stats, to) } else { Ok(()) }
}

fn lanes(plan: &Plan, stats: &RunStats, stream: f64) -> Table {
    use Side::{Left, Right};
    let mut table = Table::new(
        2,
        &[
            ("lane", Left),
            ("stage", Left),
            ("fired", Right),
            ("emitted", Right),
            ("p50", Right),
            ("p99", Right),
            ("max", Right),
            ("total", Right),
            ("of real time", Right),
            ("gaps", Right),
        ],
    );
    let share = |nanos: u64| {
        if stream > 0.0 { units::percent(nanos as f64 / 1e9 / stream) } else { String::new() }
    };
    for lane in &plan.lanes {
        let members: Vec<&StageStats> = stats.stages.iter().filter(|stage| stage.lane == *lane).collect();
        let total: u64 = members.iter().filter_map(|stage| stage.time).map(|time| time.total).sum();
        let blank = std::iter::repeat_n(String::new(), 6);
        table.row([lane.clone()].into_iter().chain(blank).chain([units::nanos(total), share(total)]));
        for stage in members {
            let time = stage.time.filter(|time| time.count > 0);
            let taken =
                |part: fn(Percentiles) -> u64| time.map_or_else(String::new, |time| units::nanos(part(time)));
            table.row([
                String::new(),
                stage.stage.clone(),
                stage.fired.to_string(),
                stage.emitted.to_string(),
                taken(|time| time.p50),
                taken(|time| time.p99),
                taken(|time| time.max),
                taken(|time| time.total),
                time.map_or_else(String::new, |time| share(time.total)),
                stage.gaps.to_string(),
            ]);
        }
    }
    table
}

fn rings(stats: &RunStats) -> Table {
    use Side::{Left, Right};
    let mut table = Table::new(
        2,
        &[("ring from", Left), ("to", Left), ("blocks", Right), ("high water", Right), ("dropped", Right)],
    );
    for ring in &stats.rings {
        table.row([
            ring.from.clone(),
            ring.to.clone(),
            ring.depth.to_string(),
            ring.high_water.to_string(),
            ring.dropped.to_string(),
        ]);
    }
    table
}

/// Detection latency: from the end of what decided to the end of the sink's firing.
fn latencies(stats: &RunStats, to: &mut impl Write) -> io::Result<()> {
    let measured = |stage: &StageStats| stage.latency.map(|latency| (stage.stage.clone(), latency));
    for (stage, Percentiles { p50, p99, max, .. }) in stats.stages.iter().filter_map(measured) {
        writeln!(
            to,
            "  latency of `{stage}`: p50 {}, p99 {}, max {}",
            units::nanos(p50),
            units::nanos(p99),
            units::nanos(max)
        )?;
    }
    Ok(())
}
