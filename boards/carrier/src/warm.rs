//! A place that starts again and rebuilds its state: it goes over the last seconds of its stream again, silently.

#![cfg_attr(
    not(feature = "nats"),
    allow(dead_code, reason = "only stored links go over what they carried again")
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use kws_engine::{Density, Direction, Plan, Port};

/// How a place that starts again warms up.
///
/// It reads its stream again from before what it had done with, and nothing comes of that: no sink acts, no block goes on.
/// Then all of its stages stand as if it had never ended.
#[derive(Clone, Debug)]
pub struct WarmUp {
    /// Seconds of the stream that its stages remember at most.
    pub(crate) time: Duration,
    /// Seconds of the stream that may be on their way through its lanes.
    pub(crate) margin: Duration,
    /// Ticks after which all stages stand as at the beginning.
    cycle: u64,
    quiet: Arc<Quiet>,
}

/// Up to where nothing comes of what a place reads.
#[derive(Debug)]
struct Quiet {
    clock: u32,
    /// The last tick of which nothing comes; [`ALL`] before it is known.
    until: AtomicU64,
    /// Whether the place goes on in a stream that an earlier run began.
    again: AtomicBool,
    /// Who may still have something to do with what was read.
    busy: AtomicUsize,
}

/// Somebody may still have something to do with what was read, until this is dropped.
#[derive(Debug)]
pub struct Busy(Arc<Quiet>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

const ALL: u64 = u64::MAX;

/// Beyond what the plan's rings hold.
const MARGIN: Duration = Duration::from_secs(1);

/// Blocks after which a stage's state may begin, at most: beyond that, it begins wherever the warm-up does.
const LONGEST_CYCLE: u64 = 1 << 16;

impl WarmUp {
    /// For a part whose stages remember so much; `None` where nothing comes to it.
    pub fn new(plan: &Plan, time: Duration) -> Option<Self> {
        let first =
            plan.links.iter().flat_map(|link| &link.edges).find(|edge| edge.direction == Direction::In)?;
        let clock = first.port.clock;
        let rings =
            plan.edges.iter().filter_map(|edge| Some((edge.ring?, plan.stages[edge.from].output.as_ref()?)));
        let held = rings
            .filter(|(_, port)| port.density == Density::Dense)
            .map(|(ring, port)| ring.depth as f64 * port.seconds(port.period));
        let margin = MARGIN + Duration::from_secs_f64(held.sum());
        let quiet = Quiet {
            clock,
            until: AtomicU64::new(ALL),
            again: AtomicBool::new(false),
            busy: AtomicUsize::new(0),
        };
        Some(WarmUp { time, margin, cycle: cycle(plan, &first.port), quiet: Arc::new(quiet) })
    }

    /// Whether what is completed at this tick of this clock was done with by an earlier run.
    pub fn is_quiet(&self, tick: u64, clock: u32) -> bool {
        let Quiet { clock: of, until, .. } = &*self.quiet;
        match until.load(Ordering::Acquire) {
            ALL => true,
            until => u128::from(tick) * u128::from(*of) <= u128::from(until) * u128::from(clock),
        }
    }

    /// To be held by whoever does something with what is read: the place is done with its stream when nobody is busy any more.
    pub fn busy(&self) -> Busy {
        self.quiet.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.quiet.clone())
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.quiet.busy.load(Ordering::Acquire) == 0
    }

    /// Blocks after which all stages stand as at the beginning.
    pub(crate) fn cycle(&self) -> u64 {
        self.cycle
    }

    /// An earlier run was here.
    pub(crate) fn go_on(&self) {
        self.quiet.again.store(true, Ordering::Release);
    }

    /// Whether an earlier run was here.
    pub(crate) fn is_again(&self) -> bool {
        self.quiet.again.load(Ordering::Acquire)
    }

    /// From behind this moment on, all is new.
    pub(crate) fn speak(&self, (tick, clock): (u64, u32)) {
        let Quiet { clock: of, until, .. } = &*self.quiet;
        let tick = u128::from(tick) * u128::from(*of) / u128::from(clock.max(1));
        // Streams of several senders: from the earliest on.
        until.fetch_min(u64::try_from(tick).unwrap_or(ALL - 1), Ordering::AcqRel);
    }
}

/// Blocks of what comes by this port after which all stages of a part stand as at the beginning.
pub fn cycle(plan: &Plan, first: &Port) -> u64 {
    let ticks = plan
        .stages
        .iter()
        .filter_map(|stage| stage.output.as_ref())
        .filter(|port| port.density == Density::Dense && port.clock == first.clock)
        .fold(first.period, |all, port| least_common_multiple(all, port.period));
    (ticks / first.period.max(1)).clamp(1, LONGEST_CYCLE)
}

fn least_common_multiple(a: u64, b: u64) -> u64 {
    let (mut x, mut y) = (a.max(1), b.max(1));
    let product = x.saturating_mul(y);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    product / x
}
