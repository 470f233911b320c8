//! A place that starts again and rebuilds its state: it goes over the last seconds of its stream again, silently.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use kws_engine::{Density, Direction, LinkPlan, Plan, Port};
use kws_link::Outbox;

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
    /// The last tick of which nothing goes on to other places, and of which no sink here hears; [`ALL`] before it is known.
    until: AtomicU64,
    heard: AtomicU64,
    /// Whether the place goes on in a stream that an earlier run began.
    again: AtomicBool,
    /// Who may still have something to do with what was read.
    busy: AtomicUsize,
    /// Streams that are read and of which it is not yet written down that this place has begun to read them.
    #[cfg(feature = "nats")]
    unnoted: AtomicUsize,
    /// For each place to which blocks go, since which tick it has not all of them: [`ALL`] where it has.
    held: Vec<(String, AtomicU64)>,
}

/// Somebody may still have something to do with what was read, until this is dropped.
#[derive(Debug)]
pub struct Busy(Arc<Quiet>);

impl Quiet {
    fn lies_before(&self, until: &AtomicU64, tick: u64, clock: u32) -> bool {
        match until.load(Ordering::Acquire) {
            ALL => true,
            until => u128::from(tick) * u128::from(self.clock) <= u128::from(until) * u128::from(clock),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

/// It is not yet written down that this place has begun to read a stream, until this is dropped.
#[cfg(feature = "nats")]
#[derive(Debug)]
pub(crate) struct Unnoted(Arc<Quiet>);

#[cfg(feature = "nats")]
impl Drop for Unnoted {
    fn drop(&mut self) {
        self.0.unnoted.fetch_sub(1, Ordering::AcqRel);
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
        // Of the rings behind the links it is known what waits in them.
        let comes = |stage: usize| {
            let mut edges = plan.links.iter().flat_map(|link| &link.edges);
            edges.any(|edge| edge.direction == Direction::In && edge.stage == stage)
        };
        let edges = plan.edges.iter().filter(|edge| !comes(edge.from));
        let rings = edges.filter_map(|edge| Some((edge.ring?, plan.stages[edge.from].output.as_ref()?)));
        let held = rings
            .filter(|(_, port)| port.density == Density::Dense)
            .map(|(ring, port)| ring.depth as f64 * port.seconds(port.period));
        let margin = MARGIN + Duration::from_secs_f64(held.sum());
        let goes = |link: &&LinkPlan| link.edges.iter().any(|edge| edge.direction == Direction::Out);
        let goes = plan.links.iter().filter(goes);
        let held = goes.map(|link| (link.place.clone(), AtomicU64::new(0))).collect();
        let quiet = Quiet {
            clock,
            until: AtomicU64::new(ALL),
            heard: AtomicU64::new(ALL),
            again: AtomicBool::new(false),
            busy: AtomicUsize::new(0),
            #[cfg(feature = "nats")]
            unnoted: AtomicUsize::new(0),
            held,
        };
        Some(WarmUp { time, margin, cycle: cycle(plan, &first.port), quiet: Arc::new(quiet) })
    }

    /// How far back a run that starts again reads what comes to it, but for what it missed while it was away.
    pub fn reads_back(&self) -> Duration {
        self.time + self.margin
    }

    /// Whether what is completed at this tick of this clock went on to other places in an earlier run.
    pub(crate) fn is_quiet(&self, tick: u64, clock: u32) -> bool {
        self.quiet.lies_before(&self.quiet.until, tick, clock)
    }

    /// Whether the sinks of an earlier run have heard what is completed at this tick of this clock.
    pub fn is_heard(&self, tick: u64, clock: u32) -> bool {
        self.quiet.lies_before(&self.quiet.heard, tick, clock)
    }

    /// To be held by whoever does something with what is read: the place is done with its stream when nobody is busy any more.
    pub fn busy(&self) -> Busy {
        self.quiet.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.quiet.clone())
    }

    /// To be held from before the first block of a stream goes on until it is written down that this place reads it: whoever
    /// starts again and finds no such note takes itself for the first one.
    #[cfg(feature = "nats")]
    pub(crate) fn unnoted(&self) -> Unnoted {
        self.quiet.unnoted.fetch_add(1, Ordering::AcqRel);
        Unnoted(self.quiet.clone())
    }

    /// Whether it is written down of all streams that this place reads them.
    #[cfg(feature = "nats")]
    pub(crate) fn is_noted(&self) -> bool {
        self.quiet.unnoted.load(Ordering::Acquire) == 0
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.quiet.busy.load(Ordering::Acquire) == 0
    }

    /// These outboxes, whose blocks have these ticks a second, hold what the other place does not have.
    pub(crate) fn hold<'a>(&self, place: &str, outboxes: impl Iterator<Item = (&'a Outbox<Vec<u8>>, u32)>) {
        let Some((_, held)) = self.quiet.held.iter().find(|(of, _)| of == place) else { return };
        let mut since = ALL;
        for (outbox, clock) in outboxes.filter(|(outbox, _)| !outbox.is_empty()) {
            // Of a block of which a part has come it was known before.
            let Some(tick) = outbox.waits_since() else { return };
            let tick = u128::from(tick) * u128::from(self.quiet.clock) / u128::from(clock.max(1));
            since = since.min(u64::try_from(tick).unwrap_or(ALL));
        }
        held.store(since, Ordering::Release);
    }

    #[cfg(test)]
    pub(crate) fn for_test(time: Duration, goes: &str) -> Self {
        let quiet = Quiet {
            clock: 1,
            until: AtomicU64::new(ALL),
            heard: AtomicU64::new(ALL),
            again: AtomicBool::new(false),
            busy: AtomicUsize::new(0),
            #[cfg(feature = "nats")]
            unnoted: AtomicUsize::new(0),
            held: vec![(goes.to_owned(), AtomicU64::new(0))],
        };
        WarmUp { time, margin: MARGIN, cycle: 1, quiet: Arc::new(quiet) }
    }

    /// A place does not have all since this second.
    #[cfg(test)]
    pub(crate) fn hold_from(&self, place: &str, since: Option<u64>) {
        let held = self.quiet.held.iter().find(|(of, _)| of == place);
        held.into_iter().for_each(|(_, held)| held.store(since.unwrap_or(ALL), Ordering::Release));
    }

    /// Since which second some other place does not have all.
    pub(crate) fn held(&self) -> Option<f64> {
        let held = self.quiet.held.iter().map(|(_, held)| held.load(Ordering::Acquire)).min();
        held.filter(|since| *since != ALL).map(|since| since as f64 / f64::from(self.quiet.clock.max(1)))
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

    /// From behind these moments on, all is new for other places, and for the sinks here.
    pub(crate) fn speak(&self, done: (u64, u32), heard: (u64, u32)) {
        let Quiet { clock: of, until, heard: here, .. } = &*self.quiet;
        for (until, (tick, clock)) in [(until, done), (here, heard)] {
            let tick = u128::from(tick) * u128::from(*of) / u128::from(clock.max(1));
            // Streams of several senders: from the earliest on.
            until.fetch_min(u64::try_from(tick).unwrap_or(ALL - 1), Ordering::AcqRel);
        }
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
