//! The order of what happens in streams, the same however lanes are scheduled.

use std::cmp::Ordering;

/// A moment of the stream that a source counts, and a place among those of that moment.
///
/// A merge lets several blocks of one moment pass. Numbering them makes the order of any two blocks a fact of the data:
/// otherwise a join behind it would see what the threads happened to have delivered. Streams of several sources are
/// compared by their clocks, exactly.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// Ticks since the start.
    pub tick: u64,
    /// Ticks in a second.
    pub clock: u32,
    /// Counts those of one tick from 0.
    pub nth: u32,
}

/// The place after all that come before the next tick.
const END: u32 = u32::MAX;

/// From here on all of a moment is over: blocks are never so many, and joins behind each other tell places just before
/// [`END`], one lower for each.
const OVER: u32 = END / 2;

impl Time {
    /// Before anything.
    pub const START: Time = Time { tick: 0, clock: 1, nth: 0 };

    /// The first of a tick.
    #[inline]
    pub const fn of(tick: u64, clock: u32) -> Self {
        Time { tick, clock, nth: 0 }
    }

    /// The first of the same moment.
    #[inline]
    pub(crate) const fn first(self) -> Self {
        Time { nth: 0, ..self }
    }

    /// The first of the same moment, unless all of that moment is over.
    #[inline]
    pub(crate) const fn certain(self) -> Self {
        if self.nth >= OVER { self } else { self.first() }
    }

    /// After all of the same moment.
    #[inline]
    pub(crate) const fn last(self) -> Self {
        Time { nth: END - 1, ..self }
    }

    /// Before the next tick of the same clock.
    #[inline]
    pub(crate) const fn end(self) -> Self {
        Time { nth: END, ..self }
    }

    /// Before this.
    #[inline]
    pub(crate) const fn before(self) -> Self {
        match (self.tick, self.nth) {
            (0, 0) => self,
            (tick, 0) => Time { tick: tick - 1, nth: END, ..self },
            (_, nth) => Time { nth: nth - 1, ..self },
        }
    }

    /// This, or the next after `last` if this is not later: streams never go back.
    #[inline]
    pub(crate) fn after(self, last: Time) -> Self {
        if self > last { self } else { Time { nth: last.nth.saturating_add(1), ..last } }
    }
}

impl Ord for Time {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if self.clock == other.clock {
            return (self.tick, self.nth).cmp(&(other.tick, other.nth));
        }
        // The end of a tick is the moment before the next one, which ticks of a faster clock may lie before.
        let place = |time: &Time, rate: u32| {
            let ended = time.nth == END;
            let tick = u128::from(time.tick) + u128::from(ended);
            (tick * u128::from(rate), if ended { 0 } else { u64::from(time.nth) + 1 })
        };
        place(self, other.clock).cmp(&place(other, self.clock))
    }
}

impl PartialOrd for Time {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Time {}

/// When a block was complete, and what its writer knows besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The tick that its readers see, by the clock of its port.
    pub tick: u64,
    /// Its place in the order of things.
    pub time: Time,
    /// Whatever comes next is later than this. A merge may send several blocks of one moment; only with the last does
    /// it know that the moment is over, which others may wait for.
    pub known: Time,
}

impl Stamp {
    /// Before anything.
    pub const START: Stamp = Stamp { tick: 0, time: Time::START, known: Time::START };

    /// The only block of its tick.
    #[inline]
    pub const fn only(tick: u64, clock: u32) -> Self {
        let time = Time::of(tick, clock);
        Stamp { tick, time, known: time.end() }
    }

    /// Mere progress.
    #[inline]
    pub(crate) const fn progress(tick: u64, known: Time) -> Self {
        Stamp { tick, time: known, known }
    }

    /// What is put out for this after `last` was.
    #[inline]
    pub(crate) fn after(self, last: Time) -> Self {
        let time = self.time.after(last);
        Stamp { time, known: self.known.max(time), ..self }
    }
}

/// Ticks of a clock of `from` a second, in ticks of one of `to`, rounded up.
#[inline]
pub(crate) fn rescale(ticks: u64, from: u32, to: u32) -> u64 {
    if from == to {
        return ticks;
    }
    let scaled = (u128::from(ticks) * u128::from(to)).div_ceil(u128::from(from.max(1)));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_compared_in_seconds() {
        let at = Time::of;
        assert_eq!(at(16_000, 16_000), at(48_000, 48_000), "one second is one second");
        assert!(at(16_001, 16_000) > at(48_002, 48_000));
        assert!(at(15_999, 16_000) < at(47_998, 48_000));
        assert!(Time { nth: 1, ..at(16_000, 16_000) } > at(48_000, 48_000));
        assert!(at(9, 1000) < at(4, 500).end(), "9 ms is before tick 5, 10 ms");
        assert!(at(9, 1000) > at(4, 500).last());
        assert!(at(10, 1000) > at(4, 500).end());
    }

    #[test]
    fn before_is_just_before() {
        assert!(Time::of(5, 1000).before() < Time::of(5, 1000));
        assert!(Time::of(5, 1000).before() > Time::of(4, 1000).last());
        assert_eq!(Time { nth: 3, ..Time::of(5, 1000) }.before(), Time { nth: 2, ..Time::of(5, 1000) });
        assert_eq!(Time::START.before(), Time::START);
    }

    /// Joins behind each other each tell what is before that: a moment that is over stays over.
    #[test]
    fn just_before_the_end_of_a_moment_it_is_over() {
        let mut time = Time::of(5, 1000).end();
        for _ in 0..100 {
            assert_eq!(time.certain(), time);
            time = time.before();
        }
        assert_eq!(Time { nth: 100, ..time }.certain(), time.first());
    }

    #[test]
    fn equal_ticks_are_numbered() {
        let at = Time::of(5, 1000);
        let second = at.after(at.after(Time::START));
        assert_eq!((second.nth, at.after(second).nth), (1, 2));
        assert_eq!(Time::of(6, 1000).after(second).nth, 0);
        assert_eq!(Time::of(500, 100_000).after(second).nth, 2, "the same moment by another clock");
    }

    #[test]
    fn ticks_are_rounded_up_to_the_other_clock() {
        assert_eq!(rescale(441, 44_100, 16_000), 160);
        assert_eq!(rescale(442, 44_100, 16_000), 161);
        assert_eq!(rescale(u64::MAX, 1, 2), u64::MAX);
    }
}
