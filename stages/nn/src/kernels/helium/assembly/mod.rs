//! The inner loops: safe functions that check their arguments, and below them the assembly or its stand-in.

use super::pack::{SCALING, STEP, groups};

// All that leads to the assembly is generic or `inline`, so that it exists only in an image whose plan uses it: a core
// without Helium must not even see it.
#[cfg(all(target_arch = "arm", target_os = "none"))]
mod arm;
#[cfg(not(all(target_arch = "arm", target_os = "none")))]
mod portable;

#[cfg(all(target_arch = "arm", target_os = "none"))]
use arm as inner;
#[cfg(not(all(target_arch = "arm", target_os = "none")))]
use portable as inner;

/// Copies `rows` rows of `run` bytes, `down` bytes apart, to where they lie `across` bytes apart.
///
/// # Panics
/// Where a row leaves the image or `to`.
#[inline]
pub(super) fn copy_rows(from: &[i8], down: usize, to: &mut [i8], across: usize, rows: usize, run: usize) {
    if rows == 0 || run == 0 {
        return;
    }
    let fits = (rows - 1) * down + run <= from.len() && (rows - 1) * across + run <= to.len();
    assert!(fits, "the plan was not packed for these kernels");
    inner::copy_rows(from, down, to, across, rows, run);
}

/// Whether a window and a stream are those of a convolution to as many channels.
#[inline]
fn fits(window: &[i8], stream: &[i32], channels: usize) -> bool {
    let (steps, groups) = (window.len().div_ceil(STEP), channels.div_ceil(4));
    steps > 0 && groups > 0 && stream.len() == groups * 4 * (1 + SCALING + 4 * steps)
}

/// Computes all channels of one pixel from its window, within `bounds`.
///
/// # Panics
/// Where the lengths do not fit together.
#[inline]
pub(super) fn pixel(window: &[i8], stream: &[i32], output: &mut [i8], bounds: [i32; 2]) {
    assert!(fits(window, stream, output.len()), "the plan was not packed for these kernels");
    inner::pixel(window, stream, output, bounds);
}

/// Computes all channels of two pixels from their windows, which are whole steps, within `bounds`.
///
/// # Panics
/// Where the lengths do not fit together.
#[inline]
pub(super) fn pixel_pair(windows: [&[i8]; 2], stream: &[i32], outputs: [&mut [i8]; 2], bounds: [i32; 2]) {
    let alike = windows[0].len() == windows[1].len() && outputs[0].len() == outputs[1].len();
    assert!(alike && fits(windows[0], stream, outputs[0].len()), "the plan was not packed for these kernels");
    inner::pixel_pair(windows, stream, outputs, bounds);
}

/// The taps of a depthwise window, in bytes of the memory that it lies in.
pub(super) struct Patch {
    /// Not zero.
    pub(super) rows: usize,
    /// Not zero.
    pub(super) columns: usize,
    /// From a row to the next.
    pub(super) down: usize,
    /// From a column to the next.
    pub(super) right: usize,
}

/// Computes all channels of one pixel of a depthwise convolution, whose first tap is at the start of `from`, within
/// `bounds`.
///
/// # Panics
/// Where a tap leaves `from` or the lengths do not fit together.
#[inline]
pub(super) fn patch(patch: &Patch, from: &[i8], stream: &[i32], pixel: &mut [i8], bounds: [i32; 2]) {
    let (taps, channels) = (patch.rows * patch.columns, pixel.len());
    assert!(taps > 0, "a window without taps");
    let reach = (patch.rows - 1) * patch.down + (patch.columns - 1) * patch.right + channels;
    let lanes = groups(channels).map(|(_, lanes)| lanes).sum::<usize>();
    let fits = reach <= from.len() && stream.len() == lanes / 4 * (4 * (1 + SCALING) + taps);
    assert!(fits, "the plan was not packed for these kernels");
    let (whole, rest) = (channels / 16 * 16, channels % 16);
    let (wide, narrow) = stream.split_at(whole / 4 * (4 * (1 + SCALING) + taps));
    let (first, last) = pixel.split_at_mut(whole);
    if whole > 0 {
        inner::patch_wide(patch, from, wide, first, bounds);
    }
    if rest > 0 {
        inner::patch_narrow(patch, &from[whole..], narrow, last, bounds);
    }
}
