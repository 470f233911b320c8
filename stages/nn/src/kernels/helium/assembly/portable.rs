//! What the assembly computes, in plain Rust.

use super::Patch;
use crate::kernels::helium::pack::{SCALING, STEP};

/// Copies `rows` rows of `run` bytes.
pub(super) fn copy_rows(from: &[i8], down: usize, to: &mut [i8], across: usize, rows: usize, run: usize) {
    for row in 0..rows {
        to[row * across..][..run].copy_from_slice(&from[row * down..][..run]);
    }
}

/// `vqrdmulh` and what goes with it, of one lane: what it finds at every fourth of these words.
fn rescale(sum: i32, scaling: &[i32], [min, max]: [i32; 2]) -> i8 {
    let [left, multiplier, right, rounding] = [0, 4, 8, 12].map(|row| scaling[row]);
    let high = ((2 * i64::from(sum << left) * i64::from(multiplier) + (1 << 31)) >> 32) as i32;
    let away = (high & right) >> 31;
    (high.wrapping_add(away).wrapping_add(rounding) >> -right).max(min).min(max) as i8
}

/// The weights of a stream as bytes, 16 to four words.
fn byte(words: &[i32], at: usize) -> i32 {
    i32::from(words[at / 4].to_le_bytes()[at % 4] as i8)
}

/// All channels of one pixel.
pub(super) fn pixel(window: &[i8], stream: &[i32], output: &mut [i8], bounds: [i32; 2]) {
    let steps = window.len().div_ceil(STEP);
    let (block, scaling) = (4 * (1 + SCALING + 4 * steps), 4 + 16 * steps);
    for (channel, to) in output.iter_mut().enumerate() {
        let (stream, i) = (&stream[channel / 4 * block..][..block], channel % 4);
        let weight = |at: usize| byte(&stream[4..], at / STEP * 4 * STEP + i * STEP + at % STEP);
        let products = window.iter().enumerate().map(|(at, x)| i32::from(*x) * weight(at));
        let sum = products.fold(stream[i], i32::wrapping_add);
        *to = rescale(sum, &stream[scaling + i..], bounds);
    }
}

/// All channels of two pixels.
pub(super) fn pixel_pair(windows: [&[i8]; 2], stream: &[i32], outputs: [&mut [i8]; 2], bounds: [i32; 2]) {
    for (window, output) in windows.into_iter().zip(outputs) {
        pixel(window, stream, output, bounds);
    }
}

/// Groups of 16 channels of one pixel.
pub(super) fn patch_wide(patch: &Patch, from: &[i8], stream: &[i32], pixel: &mut [i8], bounds: [i32; 2]) {
    groups::<16>(patch, from, stream, pixel, bounds);
}

/// Groups of 8 channels of one pixel, the last one of fewer.
pub(super) fn patch_narrow(patch: &Patch, from: &[i8], stream: &[i32], pixel: &mut [i8], bounds: [i32; 2]) {
    groups::<8>(patch, from, stream, pixel, bounds);
}

fn groups<const LANES: usize>(
    patch: &Patch,
    from: &[i8],
    stream: &[i32],
    pixel: &mut [i8],
    bounds: [i32; 2],
) {
    let taps = patch.rows * patch.columns;
    let block = LANES / 4 * (4 * (1 + SCALING) + taps);
    for (group, outputs) in pixel.chunks_mut(LANES).enumerate() {
        let stream = &stream[group * block..][..block];
        for (i, output) in outputs.iter_mut().enumerate() {
            let lane = i / 8 * 8 + i % 2 * 4 + i % 8 / 2;
            let mut sum = stream[lane];
            for tap in 0..taps {
                let at = tap / patch.columns * patch.down + tap % patch.columns * patch.right;
                let value = i32::from(from[at + group * LANES + i]);
                sum = sum.wrapping_add(value * byte(&stream[LANES..], tap * LANES + i));
            }
            let scaling = LANES + taps * LANES / 4 + lane / 4 * 4 * SCALING + lane % 4;
            *output = rescale(sum, &stream[scaling..], bounds);
        }
    }
}
