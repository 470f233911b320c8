//! How much of its time a board's core sleeps.

/// Counts the cycles in which the core was awake, by a counter of 32 bits that may stand still while it sleeps, as the
/// cycle counter of a Cortex-M does.
///
/// Time as such comes from the stream: its ticks tell how long the core has run. Interrupts that end a sleep count as
/// sleep.
///
/// # Example
/// ```
/// use kws_devices::Asleep;
///
/// // 16 ticks of a clock of 16 kHz are 64,000 cycles of a core of 64 MHz.
/// let mut asleep = Asleep::new(64_000_000, 16_000, 5_000);
/// asleep.sleeps(21_000);
/// asleep.wakes(3_000_000_000);
/// assert_eq!(asleep.share(16), 0.75);
/// ```
#[derive(Clone, Debug)]
pub struct Asleep {
    awake: u64,
    since: u32,
    cycles_per_tick: f32,
}

impl Asleep {
    /// A core of so many cycles per second, which is awake, and whose counter stands at `now`; `rate` is the stream's
    /// ticks per second.
    pub fn new(clock_hz: u32, rate: u32, now: u32) -> Self {
        Asleep { awake: 0, since: now, cycles_per_tick: clock_hz as f32 / rate as f32 }
    }

    /// The core goes to sleep.
    pub fn sleeps(&mut self, now: u32) {
        self.awake += u64::from(now.wrapping_sub(self.since));
    }

    /// The core woke up.
    pub fn wakes(&mut self, now: u32) {
        self.since = now;
    }

    /// Share of the time asleep up to a tick of the stream, 0 to 1.
    pub fn share(&self, tick: u64) -> f32 {
        let all = tick as f32 * self.cycles_per_tick;
        if all > 0.0 { (1.0 - self.awake as f32 / all).clamp(0.0, 1.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_overflows_counts_on() {
        let mut asleep = Asleep::new(1_000, 1_000, u32::MAX - 9);
        asleep.sleeps(10);
        asleep.wakes(50);
        asleep.sleeps(55);
        assert_eq!(asleep.share(100), 0.75);
        assert_eq!((asleep.share(0), asleep.share(1)), (0.0, 0.0));
    }
}
