//! A board with a model, as what a device under test runs on.

use super::Machine;

/// A model in memory of its own, and a clock.
#[derive(Debug)]
pub struct Board<R, C> {
    /// The model's arena.
    pub arena: &'static mut [i8],
    /// Runs the model once in its arena.
    pub run: R,
    /// Microseconds since any moment.
    pub clock: C,
    /// The board's name.
    pub name: &'static str,
    /// SHA-256 of the model's file, in hexadecimal digits.
    pub model: &'static str,
}

impl<R: FnMut(&mut [i8]), C: FnMut() -> u64> Machine for Board<R, C> {
    fn arena(&mut self) -> &mut [i8] {
        self.arena
    }

    fn infer(&mut self) {
        (self.run)(self.arena);
    }

    fn microseconds(&mut self) -> u64 {
        (self.clock)()
    }

    fn name(&self) -> &str {
        self.name
    }

    fn model(&self) -> &str {
        self.model
    }
}
