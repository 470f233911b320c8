//! The inner loops: safe functions that check their arguments, and below them the assembly or its stand-in.

use core::cell::Cell;

// On a core without the DSP extension the assembly must not even be looked at. All that leads to it is generic or
// `inline`, so that it exists only in an image whose plan uses it. With an operating system, Arm is no Cortex-M: its
// instruction set A32 does not have the register pairs of the assembly.
#[cfg(all(target_arch = "arm", target_os = "none"))]
mod arm;
#[cfg(not(all(target_arch = "arm", target_os = "none")))]
mod portable;

#[cfg(all(target_arch = "arm", target_os = "none"))]
use arm as inner;
#[cfg(not(all(target_arch = "arm", target_os = "none")))]
use portable as inner;

/// The first `count` whole words of `bytes`.
#[inline]
pub(super) fn words(bytes: &mut [i8], count: usize) -> &mut [u32] {
    // SAFETY: every four bytes are a word.
    let (_, words, _) = unsafe { bytes.align_to_mut::<u32>() };
    &mut words[..count]
}

/// The first `count` whole 16-bit integers of `bytes`.
#[inline]
pub(super) fn halves(bytes: &mut [i8], count: usize) -> &mut [i16] {
    // SAFETY: every two bytes are an integer.
    let (_, halves, _) = unsafe { bytes.align_to_mut::<i16>() };
    &mut halves[..count]
}

/// What is added to every input.
#[derive(Clone, Copy)]
pub(super) struct Offset(i32);

impl Offset {
    #[inline]
    pub(super) fn new(offset: i32) -> Self {
        debug_assert!((-127..=128).contains(&offset));
        Self(offset)
    }

    #[inline]
    pub(super) fn value(self) -> i32 {
        self.0
    }

    /// The offset in both halves of a word.
    #[inline]
    fn pair(self) -> u32 {
        (self.0 as u32 & 0xFFFF) * 0x1_0001
    }

    /// Writes `rows` rows of `groups` groups of four bytes, `down` bytes apart, as pairs of 16-bit integers, offset
    /// added: `(0, 2)` and `(1, 3)`.
    ///
    /// # Panics
    /// Where a row leaves the image or `to` has not two words to a group.
    #[inline]
    pub(super) fn expand(self, image: &[i8], rows: usize, down: usize, groups: usize, to: &mut [u32]) {
        if rows == 0 || groups == 0 {
            return;
        }
        let fits = (rows - 1) * down + 4 * groups <= image.len() && to.len() == 2 * rows * groups;
        assert!(fits, "the plan was not packed for these kernels");
        inner::expand(image, rows, down, groups, self.pair(), to);
    }
}

/// The output byte of a sum: `[multiplier, rounding, shift]` of its channel applied, saturated.
#[inline]
pub(super) fn rescale(sum: i32, [multiplier, rounding, shift]: [i32; 3]) -> i8 {
    let high = ((i64::from(sum.wrapping_shl(1)) * i64::from(multiplier) + (1 << 31)) >> 32) as i32;
    (high.wrapping_add(high >> 31).wrapping_add(rounding) >> shift).clamp(-128, 127) as i8
}

/// Computes all channels of two pixels from their expanded windows; the two may be the same pixel.
///
/// # Panics
/// Where the lengths do not fit together.
#[inline]
pub(super) fn pixel_pair(windows: [&[u32]; 2], stream: &[i32], outputs: [&[Cell<i8>]; 2]) {
    let (words, channels) = (windows[0].len(), outputs[0].len());
    let block = words + 8;
    let fits = words >= 4
        && words.is_multiple_of(4)
        && windows[1].len() == words
        && outputs[1].len() == channels
        && stream.len() == channels.div_ceil(2) * block;
    assert!(fits, "the plan was not packed for these kernels");
    let whole = channels / 2;
    let (pairs, last) = stream.split_at(whole * block);
    if whole > 0 {
        inner::pairs(windows, pairs, outputs, whole, 1);
    }
    if !last.is_empty() {
        inner::pairs(windows, last, outputs.map(|output| &output[channels - 1..]), 1, 0);
    }
}

/// The part of a depthwise window that lies inside the image, in items of it.
pub(super) struct Patch {
    /// Channel 0 of the first tap inside.
    pub(super) start: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// From a row to the next.
    pub(super) down: usize,
    /// From a column to the next.
    pub(super) right: usize,
    /// Number of the first tap inside.
    pub(super) first_tap: usize,
    /// Taps from a row to the next.
    pub(super) taps_down: usize,
    /// Taps of the whole window.
    pub(super) taps: usize,
}

/// Computes all channels of one pixel of a depthwise convolution.
///
/// # Panics
/// Where the patch leaves the image or the lengths do not fit together.
#[inline]
pub(super) fn patch(patch: &Patch, image: &[i8], stream: &[i32], offset: Offset, pixel: &mut [i8]) {
    let channels = pixel.len();
    let block = 4 + 2 * patch.taps + 12;
    let inside = patch.rows > 0 && patch.columns > 0;
    let (below, right) = (patch.rows.saturating_sub(1), patch.columns.saturating_sub(1));
    let fits = channels >= 4
        && stream.len() == channels.div_ceil(4) * block
        && patch.start + below * patch.down + right * patch.right + channels <= image.len()
        && patch.first_tap + below * patch.taps_down + right < patch.taps;
    assert!(fits || !inside, "the plan was not packed for these kernels");
    if !inside {
        // Nothing but padding: the sums are the biases.
        for (group, stream) in stream.chunks_exact(block).enumerate() {
            let scaling = stream[block - 12..].as_chunks::<3>().0;
            let first = (4 * group).min(channels - 4);
            for (i, scaling) in scaling.iter().enumerate() {
                pixel[first + i] = rescale(stream[i], *scaling);
            }
        }
        return;
    }
    let whole = channels / 4;
    let (groups, last) = stream.split_at(whole * block);
    inner::patch(patch, &image[patch.start..], groups, offset.pair(), &mut pixel[..4 * whole]);
    if !last.is_empty() {
        let first = channels - 4;
        inner::patch(patch, &image[patch.start + first..], last, offset.pair(), &mut pixel[first..]);
    }
}

/// Computes two neighbouring channels of a line of pixels, `right` bytes apart, from the inputs that the pixels' windows see,
/// which begin `step` apart.
///
/// # Panics
/// Where the lengths do not fit together.
#[inline]
pub(super) fn line(inputs: &[i16], step: usize, stream: &[i32], outputs: &mut [i8], right: usize) {
    let (last, taps) = (outputs.len().saturating_sub(1) / right, stream.len().saturating_sub(8));
    let fits = outputs.len() >= last * right + 2
        && taps >= 2
        && taps.is_multiple_of(2)
        && inputs.len() >= last * step + taps;
    assert!(fits, "the plan was not packed for these kernels");
    let pairs = last.div_ceil(2);
    if pairs > 0 {
        inner::line(inputs, step, stream, outputs, right, pairs);
    }
    if last.is_multiple_of(2) {
        // The last of an odd number of pixels is computed twice.
        inner::line(&inputs[last * step..], 0, stream, &mut outputs[last * right..], 0, 1);
    }
}

/// Multiplies a vector with all rows of weights, two rows to a block of the stream.
///
/// # Panics
/// Where the lengths do not fit together.
#[inline]
pub(super) fn dense(vector: &[i8], stream: &[i32], offset: Offset, outputs: &mut [i8]) {
    let words = vector.len().div_ceil(4);
    let block = 2 + 2 * words + 6;
    let fits = words > 0 && stream.len() == outputs.len().div_ceil(2) * block;
    assert!(fits, "the plan was not packed for these kernels");
    let (whole, last) = vector.split_at(4 * (words - 1));
    // The weights of what fills up the last word are zero.
    let last = core::array::from_fn(|i| last.get(i).copied().unwrap_or(0));
    let (whole, offset) = (whole.as_chunks::<4>().0, offset.pair());
    let (groups, rest) = outputs.as_chunks_mut::<4>();
    let (pairs, last_pairs) = stream.split_at(2 * groups.len() * block);
    if !groups.is_empty() {
        inner::dense(whole, last, pairs, block, offset, groups);
    }
    if !rest.is_empty() {
        // A single pair is computed twice, and so is the last of an odd number of outputs.
        let mut results = [[0; 4]];
        inner::dense(whole, last, last_pairs, last_pairs.len() - block, offset, &mut results);
        rest.copy_from_slice(&results[0][..rest.len()]);
    }
}
