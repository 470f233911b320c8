//! What has come of one edge, until the run takes it.

use std::collections::VecDeque;

use kws_engine::run::{Arrival, Stamp, Time};
use kws_engine::{Element, Port};
use kws_link::{Mark, Moment, Order, Part};

/// Blocks that may wait before the sender gets no more credit.
const MOST_WAITING: usize = 64;

/// What waits for the run.
#[derive(Debug)]
pub(crate) enum Item {
    /// A block, or mere progress.
    Arrival(Arrival, Vec<u8>),
    /// The stream is over; so many blocks are missing at its end.
    Over(u64),
}

/// What has come of one edge, until the run takes it: parts become blocks, and ticks of a sender that started again go on
/// where those before ended.
pub(crate) struct Delivery {
    waiting: VecDeque<Item>,
    bytes: Vec<u8>,
    mark: Option<Mark>,
    element: Element,
    clock: u32,
    period: u64,
    /// The seconds that streams of earlier sessions took, as a tick of a clock.
    base: (u64, u32),
    /// The last tick, of this session's own count.
    last: u64,
    /// A sender has started again, and nothing of it has come yet.
    is_anew: bool,
    /// Counts what was handed to the run, and what the run has taken of that.
    popped: u64,
    taken: u64,
    /// Blocks that have come since the start or a gap.
    unbroken: u64,
    /// What is missing before the next block is no gap: this end has had it, and goes over what follows again.
    is_again: bool,
    /// This end goes over again what it has had, and where some of that is gone, it begins at a multiple of so many blocks of the
    /// sender's stream, where all stages of the run that never ended stand as at the beginning as well.
    begins_at: Option<u64>,
    /// Blocks that came before that.
    skipped: u64,
}

impl Delivery {
    pub(crate) fn new(port: &Port) -> Self {
        Delivery {
            waiting: VecDeque::new(),
            bytes: Vec::with_capacity(port.bytes()),
            mark: None,
            element: port.element,
            clock: port.clock,
            period: port.period,
            base: (0, 1),
            last: 0,
            is_anew: false,
            popped: 0,
            taken: 0,
            unbroken: 0,
            is_again: false,
            begins_at: None,
            skipped: 0,
        }
    }

    /// What comes next was read by this end before, and is fed to stages that begin anew: nothing is missing before it.
    #[cfg(feature = "nats")]
    pub(crate) fn again(&mut self) {
        self.is_again = true;
    }

    /// Blocks that have come since the start or a gap.
    pub(crate) fn unbroken(&self) -> u64 {
        self.unbroken
    }

    /// Whether the sender shall wait.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    /// The next that the run is to take.
    pub(crate) fn front(&self) -> Option<&Item> {
        self.waiting.front()
    }

    pub(crate) fn pop(&mut self) -> Option<Item> {
        let item = self.waiting.pop_front();
        self.popped += u64::from(item.is_some());
        item
    }

    /// Puts back what was popped last.
    #[cfg(feature = "nats")]
    pub(crate) fn put_back(&mut self, item: Item) {
        self.popped -= 1;
        self.waiting.push_front(item);
    }

    /// So many of the last ones that were handed to the run wait in its rings, where that is known.
    pub(crate) fn wait(&mut self, waiting: Option<u64>) {
        if let Some(waiting) = waiting {
            self.taken = self.taken.max(self.popped.saturating_sub(waiting));
        }
    }

    /// Counts what the run has taken out of its rings, and what it will have taken when nothing waits any more.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.taken, self.popped + self.waiting.len() as u64)
    }

    /// Whether a block has begun to come.
    pub(crate) fn is_within(&self) -> bool {
        self.mark.is_some()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The moment up to which it has come, by its clock.
    pub(crate) fn reached(&self) -> (u64, u32) {
        (self.last + after(self.base, self.clock), self.clock)
    }

    /// Before the first part: the sender's ticks count from `base`, as they did for an earlier run.
    pub(crate) fn count_from(&mut self, base: (u64, u32)) {
        self.base = base;
    }

    /// Before the first part: what an earlier run has had is gone over again. Where some of that is gone, the first block is one whose
    /// number is a multiple of `cycle`.
    pub(crate) fn go_over(&mut self, cycle: u64) {
        self.begins_at = Some(cycle);
    }

    /// The sender has started again: its ticks count from `base`.
    pub(crate) fn begin_anew(&mut self, base: (u64, u32)) {
        (self.base, self.last, self.is_anew) = (base, 0, true);
        self.bytes.clear();
        self.mark = None;
    }

    /// Takes a part in.
    pub(crate) fn take(&mut self, part: Part<'_>) {
        match part {
            Part::Block { begins, bytes, completes, .. } => {
                if begins.is_some() {
                    self.bytes.clear();
                    self.mark = begins;
                }
                self.bytes.extend_from_slice(bytes);
                if let Some(mark) = self.mark.take_if(|_| completes) {
                    if self.skips(&mark) {
                        return;
                    }
                    let arrival = self.arrival(mark);
                    let mut bytes = Vec::new();
                    if arrival.block {
                        bytes = std::mem::take(&mut self.bytes);
                        self.rebase(&mut bytes);
                    }
                    self.waiting.push_back(Item::Arrival(arrival, bytes));
                }
            }
            Part::Over { blocks, .. } => self.waiting.push_back(Item::Over(blocks)),
        }
    }

    /// Whether a block comes before the one to begin at.
    fn skips(&mut self, mark: &Mark) -> bool {
        let Some(cycle) = self.begins_at else { return false };
        // All that is gone counts as missing, from the beginning of the stream on.
        self.skipped += mark.blocks;
        if mark.block && self.skipped.is_multiple_of(cycle) {
            self.begins_at = None;
            return false;
        }
        self.skipped += u64::from(mark.block);
        true
    }

    fn arrival(&mut self, mark: Mark) -> Arrival {
        let Mark { block, tick, blocks: mut dropped, lost, order } = mark;
        dropped = dropped.max(std::mem::take(&mut self.skipped));
        self.last = self.last.max(tick);
        let at = tick + after(self.base, self.clock);
        let moved = |moment: Moment| Time {
            tick: moment.tick + after(self.base, moment.clock),
            clock: moment.clock,
            nth: moment.nth,
        };
        let stamp = match order {
            Some(Order { time: of, known }) => Stamp { tick: at, time: moved(of), known: moved(known) },
            None => Stamp::only(at, self.clock),
        };
        if std::mem::take(&mut self.is_again) {
            self.unbroken = u64::from(block);
            return Arrival { stamp, lost: 0, block, dropped: 0 };
        }
        // Nobody knows how long a sender was away: a block at least.
        let dropped = dropped + u64::from(std::mem::take(&mut self.is_anew));
        let lost = lost + dropped * self.period;
        self.unbroken = if lost > 0 { 0 } else { self.unbroken } + u64::from(block);
        Arrival { stamp, lost, block, dropped }
    }

    /// Moves the times of events to where this session's stream stands.
    fn rebase(&self, bytes: &mut [u8]) {
        let offset = after(self.base, self.clock);
        if self.element != Element::Event || offset == 0 {
            return;
        }
        for event in bytes.chunks_exact_mut(Element::Event.bytes()) {
            for time in [8, 16] {
                if let Some(place) = event[time..].first_chunk_mut() {
                    *place = u64::from_le_bytes(*place).saturating_add(offset).to_le_bytes();
                }
            }
        }
    }
}

/// Ticks of a clock that lie before a moment, rounded up.
fn after((tick, of): (u64, u32), clock: u32) -> u64 {
    let ticks = (u128::from(tick) * u128::from(clock)).div_ceil(u128::from(of.max(1)));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// The later of two moments.
pub(crate) fn later(one: (u64, u32), other: (u64, u32)) -> (u64, u32) {
    let place = |of: (u64, u32), by: (u64, u32)| u128::from(of.0) * u128::from(by.1);
    if place(one, other) >= place(other, one) { one } else { other }
}

/// The place of a block in the order of things, by its sender's own count.
#[cfg(feature = "nats")]
pub(crate) fn time(mark: &Mark, clock: u32) -> Time {
    match mark.order {
        Some(Order { time: Moment { tick, clock, nth }, .. }) => Time { tick, clock, nth },
        None => Stamp::only(mark.tick, clock).time,
    }
}

/// What a link says of an arrival whose blocks have this port.
pub(crate) fn mark(arrival: &Arrival, port: &Port) -> Mark {
    let Arrival { stamp, lost, block, dropped } = *arrival;
    let moment = |time: Time| Moment { tick: time.tick, clock: time.clock, nth: time.nth };
    let Stamp { tick, time, known } = stamp;
    let order = Order { time: moment(time), known: moment(known) };
    let plain = Stamp::only(tick, port.clock);
    let usual = Order { time: moment(plain.time), known: moment(plain.known) };
    let order = (order != usual).then_some(order);
    Mark { block, tick, blocks: dropped + u64::from(block), lost, order }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "this is test code")]
mod tests {
    use super::*;

    /// What comes of a sender whose blocks before the one of this number are gone.
    fn after_a_gap(missing: u64, cycle: u64) -> Vec<(u64, u64)> {
        let port = Port {
            element: Element::I16,
            shape: vec![1],
            role: kws_engine::Role::new("samples"),
            clock: 1000,
            period: 10,
            delay: 0,
            quant: None,
            labels: Vec::new(),
            points: Vec::new(),
            made_by: Vec::new(),
            calibrated: Vec::new(),
            density: kws_engine::Density::Dense,
            clip: None,
        };
        let mut delivery = Delivery::new(&port);
        delivery.go_over(cycle);
        for number in missing..missing + 10 {
            let blocks = if number == missing { missing } else { 0 };
            let mark = Mark { block: true, tick: (number + 1) * 10, blocks, lost: 0, order: None };
            delivery.take(Part::Block { begins: Some(mark), at: 0, bytes: &[0; 2], completes: true });
        }
        let arrivals = std::iter::from_fn(|| delivery.pop());
        let arrivals = arrivals.map(|item| match item {
            Item::Arrival(arrival, _) => (arrival.stamp.tick, arrival.dropped),
            Item::Over(_) => panic!("it is not over"),
        });
        arrivals.collect()
    }

    /// A stage that reads every other block must read the same ones as in the run that never ended.
    #[test]
    fn what_is_gone_over_after_a_gap_begins_where_all_stages_stand_as_at_the_beginning() {
        for (missing, begins) in [(0, 0), (4, 4), (5, 6), (373, 374)] {
            let come = after_a_gap(missing, 2);
            assert_eq!(come[0], ((begins + 1) * 10, begins), "{missing}");
            assert_eq!(come[1], ((begins + 2) * 10, 0), "{missing}");
            assert_eq!(come.len() as u64, 10 - (begins - missing), "{missing}");
        }
        assert_eq!(after_a_gap(13, 5)[0], (160, 15));
    }
}
