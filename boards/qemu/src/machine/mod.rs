//! The machine's time: instructions, milliseconds, and sleep until the next interrupt.
//!
//! QEMU runs with `-icount shift=4`: each instruction takes 16 ns of the machine's time, as on a core of 62.5 MHz that
//! takes one cycle for each. The counts repeat to a few instructions; they are no cycles.

#[cfg_attr(target_arch = "arm", path = "cortex_m.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv.rs")]
mod core;

pub use self::core::entry;

/// Nanoseconds that an instruction takes.
#[cfg(target_arch = "arm")]
const INSTRUCTION: u64 = 16;
/// Ticks of the machine's timer in a second.
const TIMER_HZ: u32 = number(env!("TIMER_HZ"));

/// A number that the build took from the table of machines.
pub(crate) const fn number(text: &str) -> u32 {
    match u32::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("expected a decimal number"),
    }
}

/// The running clock.
pub struct Clock {
    /// Instructions that counting itself takes.
    own: u64,
}

impl Clock {
    /// Starts the clock.
    ///
    /// # Panics
    /// The second time.
    pub fn start() -> Self {
        self::core::start_free();
        Self::calibrated()
    }

    /// Starts the clock, and lets an interrupt do `work` every millisecond.
    ///
    /// # Panics
    /// The second time.
    pub fn every_millisecond(work: fn()) -> Self {
        self::core::start_milliseconds(work);
        Self::calibrated()
    }

    fn calibrated() -> Self {
        let mut clock = Self { own: 0 };
        clock.own = clock.count(|| {});
        clock
    }

    /// Instructions that `work` takes, interrupts among them. It must not sleep.
    pub fn count(&self, work: impl FnOnce()) -> u64 {
        let start = self::core::instructions();
        work();
        (self::core::instructions() - start).saturating_sub(self.own)
    }

    /// Nanoseconds since the machine was started.
    pub fn nanoseconds(&self) -> u64 {
        self::core::nanoseconds()
    }

    /// Sleeps until the next interrupt unless something is `ready`, and says for how many nanoseconds.
    pub fn sleep_unless(&self, ready: impl FnOnce() -> bool) -> u64 {
        let asleep = self.nanoseconds();
        // An interrupt that comes after the look still ends the sleep, since it stays pending.
        critical_section::with(|_| {
            if !ready() {
                self::core::wait();
            }
        });
        self.nanoseconds() - asleep
    }
}
