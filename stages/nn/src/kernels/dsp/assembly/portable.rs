//! What the assembly computes, in plain Rust.

use core::cell::Cell;

use super::{Patch, rescale};

/// Expands `rows` rows of `groups` groups of four bytes, `down` bytes apart.
pub(super) fn expand(image: &[i8], rows: usize, down: usize, groups: usize, offset: u32, to: &mut [u32]) {
    for (row, to) in to.chunks_exact_mut(2 * groups).enumerate().take(rows) {
        for (bytes, pairs) in image[row * down..].as_chunks::<4>().0.iter().zip(to.as_chunks_mut::<2>().0) {
            let word = u32::from_le_bytes(bytes.map(|byte| byte as u8));
            *pairs = [even(offset, word), odd(offset, word)];
        }
    }
}

/// `sxtab16`: bytes 0 and 2 of `word`, each added to one half of `offset`.
fn even(offset: u32, word: u32) -> u32 {
    let half = |shift: u32| u32::from((offset >> shift) as u16).wrapping_add((word >> shift) as i8 as u32);
    (half(0) & 0xFFFF) | (half(16) << 16)
}

/// `sxtab16` with a rotation: bytes 1 and 3.
fn odd(offset: u32, word: u32) -> u32 {
    even(offset, word.rotate_right(8))
}

/// `smlad`: adds the products of both halves.
fn add_products(a: u32, b: u32, sum: i32) -> i32 {
    let product = |shift: u32| i32::from((a >> shift) as i16) * i32::from((b >> shift) as i16);
    sum.wrapping_add(product(0)).wrapping_add(product(16))
}

/// `count` pairs of channels of two pixels; the second channel of a pair lies `second` bytes beyond the first.
pub(super) fn pairs(
    windows: [&[u32]; 2],
    stream: &[i32],
    outputs: [&[Cell<i8>]; 2],
    count: usize,
    second: usize,
) {
    let words = windows[0].len();
    for (pair, stream) in stream.chunks_exact(words + 8).enumerate().take(count) {
        for (window, output) in windows.iter().zip(outputs) {
            for channel in [1, 0] {
                let weights = stream[2..][..words].iter().skip(channel).step_by(2);
                let sum = weights.zip(window.as_chunks::<2>().0).fold(stream[channel], |sum, (w, x)| {
                    let sum = add_products(even(0, *w as u32), x[0], sum);
                    add_products(odd(0, *w as u32), x[1], sum)
                });
                let scaling = stream[words + 2 + 3 * channel..].first_chunk().copied().unwrap_or_default();
                output[2 * pair + channel * second].set(rescale(sum, scaling));
            }
        }
    }
}

/// Groups of four channels of one pixel.
pub(super) fn patch(patch: &Patch, image: &[i8], stream: &[i32], offset: u32, pixel: &mut [i8]) {
    let block = 4 + 2 * patch.taps + 12;
    let offset = i32::from(offset as i16);
    for (group, (stream, outputs)) in stream.chunks_exact(block).zip(pixel.as_chunks_mut::<4>().0).enumerate()
    {
        for (i, output) in outputs.iter_mut().enumerate() {
            let mut sum = stream[i];
            for (row, column) in (0..patch.rows).flat_map(|y| (0..patch.columns).map(move |x| (y, x))) {
                let tap = patch.first_tap + row * patch.taps_down + column;
                let weight = i32::from((stream[4 + 2 * tap + i % 2] >> (i / 2 * 16)) as i16);
                let value = image[row * patch.down + column * patch.right + 4 * group + i];
                sum = sum.wrapping_add(weight * (i32::from(value) + offset));
            }
            let scaling = stream[block - 12 + 3 * i..].first_chunk().copied().unwrap_or_default();
            *output = rescale(sum, scaling);
        }
    }
}

/// Products of a vector with two rows of weights, added to `sums`.
pub(super) fn dots(vector: &[[i8; 4]], weights: &[i32], offset: u32, mut sums: [i32; 2]) -> [i32; 2] {
    for (bytes, rows) in vector.iter().zip(weights.as_chunks::<2>().0) {
        let word = u32::from_le_bytes(bytes.map(|byte| byte as u8));
        let (low, high) = (even(offset, word), odd(offset, word));
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum = add_products(even(0, *row as u32), low, *sum);
            *sum = add_products(odd(0, *row as u32), high, *sum);
        }
    }
    sums
}
