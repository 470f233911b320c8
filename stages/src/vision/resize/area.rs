//! Each pixel as the mean of the area that it covers.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::{Scaling, ratio};

/// `resize` by area: each pixel is the mean of what lies under it, edges counted by the share that is covered, rounded
/// to the nearest with ties upwards. The mean is exact.
///
/// # Reads
/// `image` u8 `[height, width, channels]`.
///
/// # Writes
/// `image` u8 `[new height, new width, channels]`, one for each.
///
/// # Parameters
/// `width`, `height`, `method = "area"`.
///
/// # Reference
/// OpenCV's `INTER_AREA` computes the same in singles and differs by at most one step, as does Pillow's `BOX` for whole
/// ratios.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::vision::{Area, Scaling, Size};
///
/// let from = Size { height: 1, width: 3, channels: 1 };
/// let mut resize = Area::new(Scaling { from, height: 1, width: 2 }, [0_u16; 3]);
/// let mut out = [0; 2];
/// resize.process(Block { at: 1, items: &[30, 60, 90] }, &mut out)?;
/// assert_eq!(out, [40, 80]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Area<A, B> {
    pub(super) scaling: Scaling,
    /// A row of sums over what lies under a row of pixels.
    pub(super) sums: B,
    sum: core::marker::PhantomData<A>,
}

/// A whole number that holds a column's sum: `u16` where the ratio of heights allows it, else `u32`.
pub trait Accumulator: Copy + Default + Send + Into<u32> + 'static {
    /// The most rows, by weight, whose sum it holds.
    const ROWS: u32;
    /// What Rust calls it.
    const NAME: &'static str;

    /// The sum with a value of this weight.
    fn plus(self, value: u8, weight: u32) -> Self;
}

impl Accumulator for u16 {
    const ROWS: u32 = u16::MAX as u32 / 255;
    const NAME: &'static str = "u16";

    #[inline]
    fn plus(self, value: u8, weight: u32) -> Self {
        self.wrapping_add(u16::from(value).wrapping_mul(weight as u16))
    }
}

impl Accumulator for u32 {
    const ROWS: u32 = u32::MAX / 255;
    const NAME: &'static str = "u32";

    #[inline]
    fn plus(self, value: u8, weight: u32) -> Self {
        self.wrapping_add(u32::from(value).wrapping_mul(weight))
    }
}

impl<A, B> Area<A, B> {
    /// Means of images; `sums` has room for a row of the images that are read. `A` holds sums of as many rows as
    /// there are in the least whole numbers of the ratio of heights.
    pub const fn new(scaling: Scaling, sums: B) -> Self {
        Area { scaling, sums, sum: core::marker::PhantomData }
    }

    /// Rows that a sum is of, by weight.
    #[cfg(feature = "std")]
    pub(super) const fn rows(scaling: Scaling) -> u32 {
        ratio(scaling.from.height, scaling.height).0
    }
}

impl<A: Accumulator, B: AsMut<[A]>> Stage for Area<A, B> {
    type In = u8;
    type Out = u8;

    fn process(&mut self, input: Block<'_, u8>, output: &mut [u8]) -> Result<Flow, StageFault> {
        let Scaling { from, height, width } = self.scaling;
        let sums = self.sums.as_mut();
        if input.len() != from.items()
            || output.len() != self.scaling.to().items()
            || sums.len() != from.row()
        {
            return Err(StageFault::new("`resize` received images of another size"));
        }
        let (rows_in, rows_out) = ratio(from.height, height);
        let across = ratio(from.width, width);
        let mean = Mean::of(across.0 * rows_in);
        for (index, row) in output.chunks_exact_mut(width * from.channels).enumerate() {
            let under = covered(index, rows_in, rows_out);
            add_all(sums, under.map(|(row, weight)| (&input[row * from.row()..][..from.row()], weight)));
            match from.channels {
                1 => means::<A, 1>(sums, row, across, mean),
                _ => means::<A, 3>(sums, row, across, mean),
            }
        }
        Ok(Flow::Emit)
    }
}

/// The places that lie under one of the result, each with the part of it that does, in units of which a place has `to`.
#[inline]
fn covered(index: usize, from: u32, to: u32) -> impl Iterator<Item = (usize, u32)> {
    let begin = index as u64 * u64::from(from);
    let end = begin + u64::from(from);
    let to = u64::from(to);
    let last = end.div_ceil(to);
    (begin / to..last).map(move |place| {
        let part = end.min((place + 1) * to) - begin.max(place * to);
        (place as usize, part as u32)
    })
}

/// Sums of rows, each with its weight; three at a time, since each look at a sum takes as long as one at a pixel.
#[inline]
fn add_all<'a, A: Accumulator>(sums: &mut [A], mut rows: impl Iterator<Item = (&'a [u8], u32)>) {
    sums.fill(A::default());
    loop {
        match [rows.next(), rows.next(), rows.next()] {
            [Some(first), Some(second), Some(third)] => add_three(sums, first, second, third),
            [Some(first), Some(second), None] => return add_two(sums, first, second),
            [Some(only), None, _] => return add(sums, only),
            [None, ..] => return,
        }
    }
}

type Row<'a> = (&'a [u8], u32);

#[inline]
fn add<A: Accumulator>(sums: &mut [A], row: Row<'_>) {
    for (sum, value) in sums.iter_mut().zip(row.0) {
        *sum = sum.plus(*value, row.1);
    }
}

#[inline]
fn add_two<A: Accumulator>(sums: &mut [A], first: Row<'_>, second: Row<'_>) {
    for ((sum, a), b) in sums.iter_mut().zip(first.0).zip(second.0) {
        *sum = sum.plus(*a, first.1).plus(*b, second.1);
    }
}

#[inline]
fn add_three<A: Accumulator>(sums: &mut [A], first: Row<'_>, second: Row<'_>, third: Row<'_>) {
    for (((sum, a), b), c) in sums.iter_mut().zip(first.0).zip(second.0).zip(third.0) {
        *sum = sum.plus(*a, first.1).plus(*b, second.1).plus(*c, third.1);
    }
}

/// A row of means. Ratio of widths: `from` to `to`.
#[inline]
fn means<A: Accumulator, const C: usize>(sums: &[A], row: &mut [u8], (from, to): (u32, u32), mean: Mean) {
    let (sums, _) = sums.as_chunks::<C>();
    let (row, _) = row.as_chunks_mut::<C>();
    // Units of the pixel at `place` that are still to be given out.
    let (mut place, mut rest) = (0, to);
    for pixel in row {
        let mut total = [0_u32; C];
        let mut missing = from;
        while missing > 0 {
            let part = missing.min(rest);
            add_pixel(&mut total, part, &sums[place]);
            missing -= part;
            rest -= part;
            if rest == 0 {
                (place, rest) = (place + 1, to);
            }
        }
        // Written out, as below: code that is made as small as it can be does not unroll loops.
        pixel[0] = mean.of_sum(total[0]);
        if C == 3 {
            pixel[1] = mean.of_sum(total[1]);
            pixel[2] = mean.of_sum(total[2]);
        }
    }
}

/// Adds the sums of a pixel, of which there are one or three.
#[inline]
fn add_pixel<A: Accumulator, const C: usize>(total: &mut [u32; C], part: u32, sums: &[A; C]) {
    total[0] += part * sums[0].into();
    if C == 3 {
        total[1] += part * sums[1].into();
        total[2] += part * sums[2].into();
    }
}

/// Division by one number, by way of its reciprocal.
#[derive(Clone, Copy)]
struct Mean {
    half: u32,
    reciprocal: u64,
}

impl Mean {
    /// Binary places of the reciprocal: a byte is left of 64 for the mean.
    const PLACES: u32 = 56;

    /// The mean of so many values, at most 2²⁴.
    const fn of(count: u32) -> Self {
        Mean { half: count / 2, reciprocal: (1 << Self::PLACES) / count as u64 + 1 }
    }

    /// The mean of values of this sum, to the nearest with ties upwards. The reciprocal is too large by 2⁻⁵⁶ at most,
    /// so the result by less than 2⁻²⁴; where it is no whole number, the next is at least that far.
    #[inline]
    const fn of_sum(self, sum: u32) -> u8 {
        (((sum + self.half) as u64 * self.reciprocal) >> Self::PLACES) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::Mean;

    #[test]
    fn the_reciprocal_divides_exactly() {
        let counts = (1..2000_u32).chain((11..=24).flat_map(|power| [(1 << power) - 1, 1 << power]));
        for count in counts {
            let mean = Mean::of(count);
            // Around each sum at which the mean goes up by one.
            for step in 0..=255 {
                let edge = step * count - (count / 2).min(step * count);
                for sum in [edge.saturating_sub(1), edge, edge + 1].map(|sum| sum.min(255 * count)) {
                    assert_eq!(u32::from(mean.of_sum(sum)), (sum + count / 2) / count, "{sum} of {count}");
                }
            }
        }
    }
}
