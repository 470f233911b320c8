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
    /// Counts what was taken by the run.
    popped: u64,
    /// Blocks that have come since the start or a gap.
    unbroken: u64,
    /// What is missing before the next block is no gap: this end has had it, and goes over what follows again.
    is_again: bool,
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
            unbroken: 0,
            is_again: false,
        }
    }

    /// What comes next was read by this end before, and is fed to stages that begin anew: nothing is missing before it.
    #[cfg(feature = "nats")]
    pub(crate) fn again(&mut self) {
        self.is_again = true;
    }

    /// Blocks that have come since the start or a gap.
    #[cfg(feature = "nats")]
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

    /// Counts what the run has taken, and what it will have taken when nothing waits any more.
    #[cfg(feature = "nats")]
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.popped, self.popped + self.waiting.len() as u64)
    }

    /// Whether a block has begun to come.
    #[cfg(feature = "nats")]
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

    fn arrival(&mut self, mark: Mark) -> Arrival {
        let Mark { block, tick, blocks: dropped, lost, order } = mark;
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
