//! A run as a service: metrics, a line about how it goes, and what systemd wants to hear.

use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, tick};
use kws_engine::run::{Counters, RunStats, StageStats};
use kws_engine::{Element, Plan, StageState};
use kws_service::Supervisor;
use kws_service::exposition::{MetricKind, Metrics, serve};

use super::arguments::Arguments;
use super::journal::{Level, tell};
use super::{stats, units};

/// How often a service is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What a run owes to those who watch over it.
pub(crate) struct Service {
    supervisor: Supervisor,
    /// How often a health line is written.
    every: Option<Duration>,
    written: Instant,
}

impl Service {
    /// Of a run that has started, which the supervisor learns here.
    ///
    /// # Errors
    /// When metrics cannot be served at the address that is asked for.
    pub(crate) fn begin(plan: &Plan, arguments: &Arguments, counters: Counters) -> io::Result<Self> {
        if let Some(address) = arguments.metrics {
            let facts = Facts::of(plan);
            let address = serve(address, move || facts.text(&counters.read())).map_err(|error| {
                io::Error::new(error.kind(), format!("`--metrics {address}`: cannot listen there: {error}"))
            })?;
            tell(Level::Info, format_args!("metrics at http://{address}/metrics"));
        }
        let supervisor = Supervisor::new();
        supervisor.ready();
        let every = arguments.health.map(Duration::from_secs_f64);
        Ok(Service { supervisor, every, written: Instant::now() })
    }

    /// When to look; never where nobody watches.
    pub(crate) fn looks(&self) -> Receiver<Instant> {
        if self.every.is_some() || self.supervisor.listens() { tick(LOOK) } else { never() }
    }

    /// Tells how it goes, as far as it is time for that.
    pub(crate) fn look(&mut self, plan: &Plan, stats: &RunStats) {
        if !self.supervisor.alive(turns(plan, stats)) {
            tell(Level::Error, "a source hangs: the watchdog gets no sign of life");
        }
        if self.every.is_some_and(|every| self.written.elapsed() >= every) {
            self.written = Instant::now();
            tell(Level::Info, health(plan, stats));
        }
    }

    /// The run is to end.
    pub(crate) fn stopping(&self) {
        self.supervisor.stopping();
    }
}

/// Firings of the sources that are at work: one that waits for its device fires too, and one whose readers hang does not.
fn turns(plan: &Plan, stats: &RunStats) -> Vec<u64> {
    let sources = stats.stages.iter().enumerate().filter(|(index, _)| plan.inputs(*index).next().is_none());
    let working = |stage: &StageStats| matches!(stage.health.state, StageState::Running | StageState::Down);
    sources.filter(|(_, stage)| working(stage)).map(|(_, stage)| stage.fired).collect()
}

/// How it goes, in one line.
fn health(plan: &Plan, stats: &RunStats) -> String {
    let sum = |of: fn(&StageStats) -> u64| stats.stages.iter().map(of).sum::<u64>();
    let down = stats.stages.iter().filter(|stage| stage.health.state == StageState::Down);
    let down: Vec<String> = down.map(|stage| format!("`{}`", stage.stage)).collect();
    let down = if down.is_empty() { "none".to_owned() } else { down.join(", ") };
    let dropped: u64 = stats.rings.iter().map(|ring| ring.dropped).sum();
    format!(
        "health: {:.1} s of stream, {} real time, {} events, {} gaps, {} blocks dropped, {} faults, {} restarts; down: {down}",
        stats::stream_seconds(plan, stats),
        units::times(stats::times_real_time(plan, stats)),
        stats::events(plan, stats),
        sum(|stage| stage.gaps),
        dropped,
        sum(|stage| stage.health.faults),
        sum(|stage| stage.health.restarts),
    )
}

/// What metrics need to know of a plan, which stays in its thread.
struct Facts {
    /// For each stage, ticks in a second of what it reads, or of a source what it writes.
    clocks: Vec<u32>,
    /// Whether it reads anything.
    reads: Vec<bool>,
    /// Whether it writes events.
    events: Vec<bool>,
}

impl Facts {
    fn of(plan: &Plan) -> Self {
        let stages = 0..plan.stages.len();
        let output = |index: usize| plan.stages[index].output.as_ref();
        let clock = |index| plan.first_input(index).or(output(index)).map_or(1, |port| port.clock);
        let events = |index| output(index).is_some_and(|port| port.element == Element::Event);
        Facts {
            clocks: stages.clone().map(clock).collect(),
            reads: stages.clone().map(|index| plan.first_input(index).is_some()).collect(),
            events: stages.map(events).collect(),
        }
    }

    /// Prometheus' text format.
    fn text(&self, stats: &RunStats) -> String {
        use MetricKind::{Counter, Gauge};
        let mut metrics = Metrics::default();
        let labels: Vec<[(&str, &str); 2]> = stats
            .stages
            .iter()
            .map(|stage| [("stage", stage.stage.as_str()), ("lane", stage.lane.as_str())])
            .collect();
        let mut stages = |kind, name: &str, help: &str, value: &dyn Fn(usize, &StageStats) -> Option<f64>| {
            let values = stats.stages.iter().enumerate().zip(&labels);
            let values =
                values.filter_map(|((index, stage), labels)| Some((&labels[..], value(index, stage)?)));
            metrics.several(kind, name, help, values);
        };
        let seconds = |index: usize, ticks: u64| ticks as f64 / f64::from(self.clocks[index]);
        stages(Counter, "blocks_total", "Blocks that a stage has worked off.", &|_, s| Some(s.fired as f64));
        stages(Counter, "emitted_blocks_total", "Blocks that a stage has written.", &|_, s| {
            Some(s.emitted as f64)
        });
        stages(Counter, "detections_total", "Events that a stage has written.", &|index, s| {
            self.events[index].then_some(s.emitted as f64)
        });
        stages(Counter, "gaps_total", "Gaps that a stage has met.", &|_, s| Some(s.gaps as f64));
        stages(Counter, "lost_seconds_total", "Seconds of stream lost in gaps.", &|index, s| {
            Some(seconds(index, s.lost))
        });
        stages(Counter, "faults_total", "Failures of a stage that goes on.", &|_, s| {
            Some(s.health.faults as f64)
        });
        stages(Counter, "restarts_total", "Times that a stage began anew.", &|_, s| {
            Some(s.health.restarts as f64)
        });
        stages(Gauge, "stage_up", "Whether a stage works.", &|_, s| {
            Some(f64::from(u8::from(s.health.state == StageState::Running)))
        });
        stages(
            Counter,
            "busy_seconds_total",
            "Time that a stage has taken; of a device's source nothing.",
            &|_, s| s.time.map(|time| time.total as f64 / 1e9),
        );
        stages(
            Gauge,
            "latency_p99_seconds",
            "From the end of a block to the end of a sink's work on it.",
            &|_, s| s.latency.map(|latency| latency.p99 as f64 / 1e9),
        );
        let rings: Vec<[(&str, &str); 2]> =
            stats.rings.iter().map(|ring| [("from", ring.from.as_str()), ("to", ring.to.as_str())]).collect();
        let mut ring = |kind, name: &str, help: &str, value: &dyn Fn(usize) -> f64| {
            let values = rings.iter().enumerate().map(|(index, labels)| (&labels[..], value(index)));
            metrics.several(kind, name, help, values);
        };
        ring(Gauge, "ring_blocks", "Blocks that a ring holds.", &|index| stats.rings[index].depth as f64);
        let help = "The most blocks that ever waited in a ring.";
        ring(Gauge, "ring_high_water_blocks", help, &|index| stats.rings[index].high_water as f64);
        let help = "Blocks that a ring lost.";
        ring(Counter, "ring_dropped_blocks_total", help, &|index| stats.rings[index].dropped as f64);
        let uptime = stats.elapsed.max(1) as f64 / 1e9;
        let stream = stats.stages.iter().enumerate().filter(|(index, _)| self.reads[*index]);
        let stream = stream.map(|(index, stage)| seconds(index, stage.at)).fold(0.0, f64::max);
        metrics.one(Counter, "stream_seconds_total", "Seconds of stream that were worked off.", stream);
        metrics.one(
            Gauge,
            "real_time_factor",
            "Times faster than the stream itself, from the start.",
            stream / uptime,
        );
        metrics.one(Gauge, "uptime_seconds", "Time since the start.", uptime);
        metrics.into_text()
    }
}
