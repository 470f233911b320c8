//! What a run counts while it goes: written by one lane without locks, read by anyone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use super::clock::Clock;
use crate::lane::slot::{Counts, Life};
use crate::recovery::{Health, Watch};

const STEPS: usize = 8;
const BUCKETS: usize = 64 * STEPS;

/// Durations, counted in buckets an eighth of an octave wide. One lane writes, anyone reads.
pub(crate) struct Histogram {
    buckets: Box<[AtomicU32]>,
    max: AtomicU64,
    total: AtomicU64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        let buckets = (0..BUCKETS).map(|_| AtomicU32::new(0)).collect();
        Histogram { buckets, max: AtomicU64::new(0), total: AtomicU64::new(0) }
    }

    /// Counts one duration in nanoseconds. Only the owning lane calls it, so that no write is lost.
    pub(crate) fn count(&self, nanos: u64) {
        bump(&self.total, nanos);
        if nanos > self.max.load(Ordering::Relaxed) {
            self.max.store(nanos, Ordering::Relaxed);
        }
        let bucket = &self.buckets[bucket_of(nanos)];
        bucket.store(bucket.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let counts: Vec<u64> = self.buckets.iter().map(|b| u64::from(b.load(Ordering::Relaxed))).collect();
        let all: u64 = counts.iter().sum();
        let max = self.max.load(Ordering::Relaxed);
        let quantile = |share: f64| {
            let wanted = (all as f64 * share).ceil() as u64;
            let mut seen = 0;
            let index = counts.iter().position(|count| {
                seen += count;
                seen >= wanted && seen > 0
            });
            index.map_or(0, |index| upper_edge(index).min(max))
        };
        Percentiles {
            count: all,
            p50: quantile(0.5),
            p99: quantile(0.99),
            max,
            total: self.total.load(Ordering::Relaxed),
        }
    }
}

fn bucket_of(nanos: u64) -> usize {
    if nanos < STEPS as u64 {
        return nanos as usize;
    }
    let octave = 63 - nanos.leading_zeros() as usize;
    let step = (nanos >> (octave - 3)) as usize & (STEPS - 1);
    (octave - 2) * STEPS + step
}

fn upper_edge(bucket: usize) -> u64 {
    if bucket < STEPS {
        return bucket as u64;
    }
    let (octave, step) = (bucket / STEPS + 2, bucket % STEPS);
    (((STEPS + step + 1) as u64) << (octave - 3)) - 1
}

/// Adds without a read-modify-write: right for a counter with one writer.
#[inline]
pub(crate) fn bump(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(by), Ordering::Relaxed);
}

/// A distribution of durations in nanoseconds; the percentiles are upper edges of their bucket (12 % wide).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// How many were counted.
    pub count: u64,
    /// Half were no longer.
    pub p50: u64,
    /// 99 of 100 were no longer.
    pub p99: u64,
    /// The longest.
    pub max: u64,
    /// All together.
    pub total: u64,
}

/// What one stage counts.
pub(crate) struct StageMeter {
    pub(crate) fired: AtomicU64,
    pub(crate) emitted: AtomicU64,
    /// Tick that it has come to.
    pub(crate) at: AtomicU64,
    pub(crate) gaps: AtomicU64,
    pub(crate) lost: AtomicU64,
    /// A [`Life`].
    life: AtomicU8,
    /// Present where the stage goes on when it fails.
    pub(crate) watch: Option<Arc<Watch>>,
    /// Present when the run is timed.
    pub(crate) time: Option<Histogram>,
    /// From the end of a block's time to the end of its firing; for sinks of a timed, paced run.
    pub(crate) latency: Option<Histogram>,
}

impl StageMeter {
    /// Shows what the lane has counted.
    pub(crate) fn show(&self, counts: Counts) {
        self.fired.store(counts.fired, Ordering::Relaxed);
        self.emitted.store(counts.emitted, Ordering::Relaxed);
        self.at.store(counts.at, Ordering::Relaxed);
        self.gaps.store(counts.gaps, Ordering::Relaxed);
        self.lost.store(counts.lost, Ordering::Relaxed);
        self.life.store(counts.life as u8, Ordering::Relaxed);
    }

    fn health(&self) -> Health {
        Health::of(Life::of(self.life.load(Ordering::Relaxed)), self.watch.as_deref())
    }

    pub(crate) fn new(timed: bool, watch: Option<Arc<Watch>>) -> Self {
        let zero = || AtomicU64::new(0);
        let histogram = || timed.then(Histogram::new);
        StageMeter {
            fired: zero(),
            emitted: zero(),
            at: zero(),
            gaps: zero(),
            lost: zero(),
            life: AtomicU8::new(Life::Working as u8),
            watch,
            time: histogram(),
            latency: histogram(),
        }
    }
}

/// What one ring counts.
#[derive(Default)]
pub(crate) struct RingMeter {
    pub(crate) high_water: AtomicU64,
    pub(crate) dropped: AtomicU64,
}

impl RingMeter {
    /// Counts blocks that were lost.
    pub(crate) fn drop(&self, blocks: u64) {
        bump(&self.dropped, blocks);
    }

    /// Notes how many blocks wait.
    pub(crate) fn see(&self, waiting: u64) {
        if waiting > self.high_water.load(Ordering::Relaxed) {
            self.high_water.store(waiting, Ordering::Relaxed);
        }
    }
}

/// What one stage has done so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageStats {
    /// The stage's name.
    pub stage: String,
    /// The lane it ran in.
    pub lane: String,
    /// Firings.
    pub fired: u64,
    /// Blocks written.
    pub emitted: u64,
    /// Tick that it has come to.
    pub at: u64,
    /// Gaps that it met.
    pub gaps: u64,
    /// Ticks lost in them.
    pub lost: u64,
    /// Whether it works, and how often it failed.
    pub health: Health,
    /// How long its firings took, when the run is timed.
    pub time: Option<Percentiles>,
    /// How long after the end of a block its firing ended, when the run is timed and keeps real time.
    pub latency: Option<Percentiles>,
}

/// What one ring has seen so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingStats {
    /// The stage that writes.
    pub from: String,
    /// The stage that reads.
    pub to: String,
    /// Blocks it holds.
    pub depth: usize,
    /// The most that ever waited in it.
    pub high_water: u64,
    /// Blocks it lost.
    pub dropped: u64,
}

/// What a run has done so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStats {
    /// In the order of the plan.
    pub stages: Vec<StageStats>,
    /// In the order of the plan's edges.
    pub rings: Vec<RingStats>,
    /// Time since the start, in nanoseconds.
    pub elapsed: u64,
}

/// What is counted, and for whom.
pub(super) struct Meters {
    pub(super) stages: Vec<(String, String, Arc<StageMeter>)>,
    /// The stages at both ends of each ring, and the blocks that it holds.
    pub(super) rings: Vec<(String, String, usize)>,
    pub(super) ring_meters: Arc<[RingMeter]>,
    pub(super) clock: Clock,
}

impl Meters {
    pub(super) fn read(&self) -> RunStats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let percentiles = |times: &Option<Histogram>| times.as_ref().map(|times| times.percentiles());
        let stages = self.stages.iter().map(|(stage, lane, meter)| StageStats {
            stage: stage.clone(),
            lane: lane.clone(),
            fired: load(&meter.fired),
            emitted: load(&meter.emitted),
            at: load(&meter.at),
            gaps: load(&meter.gaps),
            lost: load(&meter.lost),
            health: meter.health(),
            time: percentiles(&meter.time),
            latency: percentiles(&meter.latency).filter(|latency| latency.count > 0),
        });
        let rings =
            self.rings.iter().zip(self.ring_meters.iter()).map(|((from, to, depth), meter)| RingStats {
                from: from.clone(),
                to: to.clone(),
                depth: *depth,
                high_water: load(&meter.high_water),
                dropped: load(&meter.dropped),
            });
        RunStats { stages: stages.collect(), rings: rings.collect(), elapsed: self.clock.now() }
    }
}

/// The counters of a run, for whoever looks at it from another thread, also after its end.
#[derive(Clone)]
pub struct Counters(pub(super) Arc<Meters>);

impl Counters {
    /// What everything has done so far.
    pub fn read(&self) -> RunStats {
        self.0.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_rise_and_hold_their_values() {
        let mut last = 0;
        for nanos in (0..5_000).chain([1 << 20, 1 << 40, u64::MAX >> 1]) {
            let bucket = bucket_of(nanos);
            assert!(bucket >= last);
            assert!(upper_edge(bucket) >= nanos, "{nanos} is above its bucket");
            assert!(
                (upper_edge(bucket) as f64) <= nanos as f64 * 1.13 + 1.0,
                "{nanos} is far below its bucket"
            );
            last = bucket;
        }
    }

    #[test]
    fn percentiles_of_a_known_distribution() {
        let histogram = Histogram::new();
        for _ in 0..98 {
            histogram.count(100);
        }
        histogram.count(5_000);
        histogram.count(1_000_000);
        let found = histogram.percentiles();
        assert_eq!((found.count, found.max), (100, 1_000_000));
        assert!((100..=112).contains(&found.p50), "{found:?}");
        assert!((5_000..=5_630).contains(&found.p99), "{found:?}");
    }
}
