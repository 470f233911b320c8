//! Packed constants of an operator, cut up and checked.

use super::image::Corners;
use super::pack::Form;
use crate::kernels::Constants;
use crate::op::{Rescaling, Span};

/// Packed constants of an operator.
pub(super) struct Tables<'a> {
    /// Where the words of a window lie, in bytes from its corner.
    pub(super) steps: &'a [i32],
    rows: Rows<'a>,
    weights: &'a [i8],
    pub(super) rescaling: Rescaling,
    /// Output channels.
    pub(super) channels: usize,
}

/// Bias, multiplier, rounding and shift of each lane, from a block's first lane on: a single slice, since four would be
/// written to memory and read back at once, which processors are slow at.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    words: &'a [i32],
    /// Lanes of all blocks: from one row to the next.
    lanes: usize,
}

impl<'a> Rows<'a> {
    #[inline(always)]
    pub(super) fn biases(&self) -> &'a [i32] {
        self.words
    }

    #[inline(always)]
    pub(super) fn multipliers(&self) -> &'a [i32] {
        &self.words[self.lanes..]
    }

    #[inline(always)]
    pub(super) fn roundings(&self) -> &'a [i32] {
        &self.words[2 * self.lanes..]
    }

    #[inline(always)]
    pub(super) fn shifts(&self) -> &'a [i32] {
        &self.words[3 * self.lanes..]
    }
}

impl<'a> Tables<'a> {
    /// The tables that `spans` of the bytes and of the words hold. Inlined, so that nothing divides by the numbers of
    /// a form.
    #[inline(always)]
    pub(super) fn new(
        form: Form,
        constants: Constants<'a>,
        spans: (Span, Span),
        channels: usize,
        rescaling: Rescaling,
    ) -> Self {
        let lanes = form.walked(channels);
        let words = &constants.words[spans.1.range()];
        let (steps, rest) = words.split_at(words.len() - 4 * lanes);
        let (rows, weights) = (Rows { words: rest, lanes }, &constants.bytes[spans.0.range()]);
        Self { steps, rows, weights, rescaling, channels }
    }

    /// Where sums are handed on, the sum of each lane's weights, of all blocks.
    #[inline(always)]
    pub(super) fn totals(&self) -> &'a [i32] {
        &self.rows.multipliers()[..self.rows.lanes]
    }

    /// First channel, panels, weights and lanes of each block of channels of a form, whose lanes have `words` words of
    /// weights.
    #[inline(always)]
    pub(super) fn blocks(
        &self,
        form: Form,
        words: usize,
    ) -> impl Iterator<Item = (usize, usize, &'a [i8], Rows<'a>)> {
        let (weights, rows) = (self.weights, self.rows);
        // Blocks before the last are full, so that a block's first lane has its first channel's number.
        form.blocks(self.channels).map(move |(first, panels)| {
            let bytes = words * form.word();
            let weights = &weights[first * bytes..][..panels * form.lanes * bytes];
            (first, panels, weights, Rows { words: &rows.words[first..], lanes: rows.lanes })
        })
    }
}

/// Checks that the `read` bytes from every step of every window on lie in the image, whose items take `item` bytes:
/// then the kernels may read without looking.
#[inline(always)]
pub(super) fn check(tables: &Tables<'_>, corners: Corners, item: usize, read: usize, image: &[i8]) {
    // A step backwards, as an unsigned number, is farther than any image reaches.
    let step = tables.steps.iter().fold(0, |most: u32, step| most.max(*step as u32)) as usize;
    let end = corners.last() * item + step + read;
    assert!(end <= image.len(), "the plan was not packed for these kernels");
}

/// One block of output channels of one image.
pub(super) struct Block<'a> {
    pub(super) image: &'a [i8],
    /// The whole output image.
    pub(super) to: &'a mut [i8],
    /// Where the sums of all lanes go, pixel by pixel, instead of outputs; nothing where outputs are wanted.
    pub(super) sums: Option<&'a mut [[i8; 4]]>,
    /// The block's first channel.
    pub(super) first: usize,
    pub(super) weights: &'a [i8],
    pub(super) rows: Rows<'a>,
    pub(super) tables: &'a Tables<'a>,
}
