//! Packed constants of an operator, cut up and checked.

use super::image::Corners;
use super::pack::Form;
use crate::nn::kernels::Constants;
use crate::nn::op::{Rescaling, Span};

/// Packed constants of an operator.
pub(super) struct Tables<'a> {
    form: Form,
    /// Where the words of a window lie, in bytes from its corner.
    pub(super) steps: &'a [i32],
    /// Bias, multiplier, rounding and shift of each lane.
    rows: [&'a [i32]; 4],
    weights: &'a [i8],
    pub(super) rescaling: Rescaling,
    /// Output channels.
    pub(super) channels: usize,
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
        let ((biases, rest), shifts) = (rest.split_at(lanes), &rest[3 * lanes..]);
        let rows = [biases, &rest[..lanes], &rest[lanes..2 * lanes], shifts];
        Self { form, steps, rows, weights: &constants.bytes[spans.0.range()], rescaling, channels }
    }

    /// First channel, panels, weights and lanes of each block of channels, whose lanes have `words` words of weights.
    #[inline(always)]
    pub(super) fn blocks(
        &self,
        words: usize,
    ) -> impl Iterator<Item = (usize, usize, &'a [i8], [&'a [i32]; 4])> {
        let (lanes, weights, rows) = (self.form.lanes, self.weights, self.rows);
        // Blocks before the last are full, so that a block's first lane has its first channel's number.
        self.form.blocks(self.channels).map(move |(first, panels)| {
            let weights = &weights[first * words * 4..][..panels * lanes * words * 4];
            (first, panels, weights, rows.map(|row| &row[first..][..panels * lanes]))
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
    /// The block's first channel.
    pub(super) first: usize,
    pub(super) weights: &'a [i8],
    pub(super) rows: [&'a [i32]; 4],
    pub(super) tables: &'a Tables<'a>,
}

/// Input, output and scratch memory of an operator.
pub(super) fn lend(arena: &mut [i8], input: Span, output: Span, scratch: Span) -> [&mut [i8]; 3] {
    arena
        .get_disjoint_mut([input.range(), output.range(), scratch.range()])
        .expect("spans of a plan lie apart in the arena")
}
