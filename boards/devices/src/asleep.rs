//! How much of its time a board's core sleeps, and what its stream lost: the lines that a main loop writes itself.

use core::fmt::{self, Display, Formatter};

use kws_engine::line::Seconds;
use kws_engine::tick::Gap;

/// Seconds from one report to the next.
const EVERY: u64 = 10;

/// Counts the cycles in which the core was awake, by a counter of 32 bits that may stand still while it sleeps, as the
/// cycle counter of a Cortex-M does.
///
/// Time as such comes from the microphone: its samples tell how long the core has run. Interrupts that end a sleep count
/// as sleep.
///
/// # Example
/// ```
/// use kws_devices::Asleep;
///
/// // A second of a microphone of 16 kHz is 64,000,000 cycles of this core.
/// let mut asleep = Asleep::new(64_000_000, 16_000, 0);
/// asleep.sleeps(160_000_000);
/// asleep.wakes(160_000_000);
/// let report = asleep.report(160_000).map(|report| report.to_string());
/// assert_eq!(report.as_deref(), Some(r#"{"time":10.000,"asleep":0.750}"#));
/// ```
#[derive(Clone, Debug)]
pub struct Asleep {
    clock_hz: u32,
    rate: u32,
    /// Cycles awake since the last report.
    awake: u64,
    /// Where the counter stood when the core woke up.
    since: u32,
    /// Tick of the last report.
    reported: u64,
}

impl Asleep {
    /// A core of so many cycles per second, which is awake, and whose counter stands at `now`; `rate` is the
    /// microphone's ticks per second.
    pub const fn new(clock_hz: u32, rate: u32, now: u32) -> Self {
        Asleep { clock_hz, rate, awake: 0, since: now, reported: 0 }
    }

    /// The core goes to sleep.
    pub fn sleeps(&mut self, now: u32) {
        self.awake += u64::from(now.wrapping_sub(self.since));
    }

    /// The core woke up.
    pub fn wakes(&mut self, now: u32) {
        self.since = now;
    }

    /// The share of the time since the last report that the core slept, at the microphone's tick `at`: every ten
    /// seconds, when it has just woken up.
    pub fn report(&mut self, at: u64) -> Option<Report> {
        let ticks = at - self.reported;
        if ticks < EVERY * u64::from(self.rate) {
            return None;
        }
        let all = ticks * u64::from(self.clock_hz) / u64::from(self.rate);
        let awake = (self.awake * 1000 / all).min(1000);
        (self.reported, self.awake) = (at, 0);
        Some(Report { at: Seconds { tick: at, clock: self.rate }, asleep: 1000 - awake as u32 })
    }
}

/// A line that tells how much the core slept.
pub struct Report {
    at: Seconds,
    /// Thousandths of the time.
    asleep: u32,
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.asleep / 1000, self.asleep % 1000);
        write!(f, r#"{{"time":{},"asleep":{whole}.{rest:03}}}"#, self.at)
    }
}

/// A line that tells of a gap: when it ended, which stage met it, and how many seconds are missing.
pub struct Missed {
    gap: Gap,
    rate: u32,
}

impl Missed {
    /// The line of a gap in a stream of `rate` ticks per second.
    ///
    /// ```
    /// use kws_devices::Missed;
    /// use kws_engine::tick::Gap;
    ///
    /// let line = Missed::new(Gap { stage: "mic", at: 48_000, lost: 1600 }, 16_000).to_string();
    /// assert_eq!(line, r#"{"time":3.000,"stage":"mic","lost":0.100}"#);
    /// ```
    pub const fn new(gap: Gap, rate: u32) -> Self {
        Missed { gap, rate }
    }
}

impl Display for Missed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let seconds = |tick| Seconds { tick, clock: self.rate };
        let Gap { stage, at, lost } = self.gap;
        write!(f, r#"{{"time":{},"stage":"{stage}","lost":{}}}"#, seconds(at), seconds(lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_overflows_counts_on_and_each_report_tells_of_its_own_time() {
        let mut asleep = Asleep::new(1_000, 1_000, u32::MAX - 499);
        let mut nap = |from, to, at| {
            asleep.sleeps(from);
            asleep.wakes(to);
            asleep.report(at).map(|report| report.to_string())
        };
        assert_eq!(nap(500, 7000, 9_999), None);
        assert_eq!(nap(8500, 9000, 10_000).as_deref(), Some(r#"{"time":10.000,"asleep":0.750}"#));
        assert_eq!(nap(9100, 9200, 20_000).as_deref(), Some(r#"{"time":20.000,"asleep":0.990}"#));
    }
}
