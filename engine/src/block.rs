//! What one firing reads.

use core::ops::Deref;

/// Consecutive items and the tick that completed them.
///
/// A tick counts in the source's own unit (samples, frames, microseconds: the port's `clock` says how many make a
/// second). The first item of a stream completes tick 1, so a first block of 160 samples is `at` tick 160.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block<'a, T> {
    /// Tick that completed the block.
    pub at: u64,
    /// The items; their number is the product of the port's shape.
    pub items: &'a [T],
}

impl<T> Deref for Block<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.items
    }
}
