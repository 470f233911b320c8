//! Samples in any portions, as blocks of one length.

use kws_engine::{Flow, Item};

/// An element that samples are written as.
pub(crate) trait Sample: Item {
    /// From full scale at ±1, rounded to the nearest and limited.
    fn of(unit: f32) -> Self;
}

impl Sample for i16 {
    fn of(unit: f32) -> i16 {
        let scaled = unit * 32_768.0;
        // A cast cuts off toward 0 and saturates.
        (scaled + 0.5f32.copysign(scaled)) as i16
    }
}

impl Sample for f32 {
    fn of(unit: f32) -> f32 {
        unit
    }
}

/// Cuts samples into blocks. What is lost between them is widened to whole blocks, so that the ticks of a stream stay
/// multiples of its block whatever befalls it.
pub(crate) struct Reblock {
    block: usize,
    queue: Vec<f32>,
    /// Samples of the queue that are behind us.
    used: usize,
    /// Samples lost, in whole blocks, that are still to be reported.
    lost: u64,
    /// Samples still to be left out, which a gap that was reported covers.
    skip: u64,
}

impl Reblock {
    /// Into blocks of so many samples.
    pub(crate) fn new(block: usize) -> Self {
        Reblock { block, queue: Vec::new(), used: 0, lost: 0, skip: 0 }
    }

    /// Forgets what waits.
    #[cfg(any(test, feature = "mic"))]
    pub(crate) fn restart(&mut self) {
        self.queue.clear();
        (self.used, self.lost, self.skip) = (0, 0, 0);
    }

    /// Lets `add` append samples and say how many were lost before those that it appended.
    ///
    /// # Errors
    /// Those of `add`.
    pub(crate) fn append<E>(&mut self, add: impl FnOnce(&mut Vec<f32>) -> Result<u64, E>) -> Result<(), E> {
        self.queue.drain(..self.used);
        self.used = 0;
        let before = self.queue.len();
        let lost = add(&mut self.queue)?;
        if lost > 0 {
            self.queue.drain(..before);
            self.lose(before as u64 + lost);
        }
        let skipped = self.queue.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
        self.used = skipped;
        self.skip -= skipped as u64;
        Ok(())
    }

    /// Widens a gap to whole blocks, where the one before does not cover it.
    fn lose(&mut self, samples: u64) {
        let more = samples.saturating_sub(self.skip);
        let whole = more.next_multiple_of(self.block as u64);
        self.lost += whole;
        self.skip = self.skip + whole - samples;
    }

    /// Tells of a gap, or writes the next block; `None` when more samples are needed.
    pub(crate) fn take<T: Sample>(&mut self, block: &mut [T]) -> Option<Flow> {
        if self.lost > 0 {
            return Some(Flow::Lost(std::mem::take(&mut self.lost)));
        }
        let samples = self.queue.get(self.used..self.used + self.block)?;
        block.iter_mut().zip(samples).for_each(|(to, from)| *to = T::of(*from));
        self.used += self.block;
        Some(Flow::Emit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_come_through_exactly() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(i16::of(f32::from(sample) / 32_768.0), sample);
        }
    }

    #[test]
    fn others_are_rounded_and_limited() {
        let step = 1.0 / 32_768.0;
        let found = [0.4, 0.6, -0.4, -0.6, 1.5].map(|steps| i16::of(steps * step));
        assert_eq!(found, [0, 1, 0, -1, 2]);
        assert_eq!([i16::of(1.5), i16::of(-1.5), i16::of(f32::NAN)], [i16::MAX, i16::MIN, 0]);
    }

    /// Appends samples that bear their own number, after a loss. Returns the first sample of every block of 10, and
    /// every gap as a negative number.
    fn feed(reblock: &mut Reblock, numbers: std::ops::Range<u32>, lost: u64) -> Vec<i64> {
        let added = reblock.append(|queue| {
            queue.extend(numbers.map(|number| number as f32));
            Ok::<u64, ()>(lost)
        });
        added.unwrap();
        let mut block = [0.0; 10];
        let next = || match reblock.take(&mut block)? {
            Flow::Lost(lost) => Some(-(lost as i64)),
            _ => Some(block[0] as i64),
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn blocks_follow_each_other_whatever_the_portions() {
        let mut reblock = Reblock::new(10);
        assert!(feed(&mut reblock, 0..7, 0).is_empty());
        assert_eq!(feed(&mut reblock, 7..25, 0), [0, 10]);
        assert_eq!(feed(&mut reblock, 25..30, 0), [20]);
    }

    #[test]
    fn a_loss_is_widened_to_whole_blocks() {
        let mut reblock = Reblock::new(10);
        assert_eq!(feed(&mut reblock, 0..13, 0), [0]);
        // 10, 11, 12 and then 13 to 16 are lost, and so 17 to 19 are left out.
        assert_eq!(feed(&mut reblock, 17..19, 4), [-10]);
        assert_eq!(feed(&mut reblock, 19..30, 0), [20]);
        // 30 and 31 are lost, and 35 is covered by the same gap.
        assert_eq!(feed(&mut reblock, 32..35, 2), [-10]);
        assert_eq!(feed(&mut reblock, 36..50, 1), [40]);
        // 50 to 54 are lost; then 57 to 61, for which that gap is too short.
        assert_eq!(feed(&mut reblock, 55..57, 5), [-10]);
        assert_eq!(feed(&mut reblock, 62..80, 5), [-10, 70]);
    }
}
