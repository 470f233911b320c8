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

/// Two channels of `pairs` pairs of pixels.
pub(super) fn line(
    inputs: &[i16],
    step: usize,
    stream: &[i32],
    outputs: &mut [i8],
    right: usize,
    pairs: usize,
) {
    let (biases, rest) = stream.split_at(2);
    let (weights, scaling) = rest.split_at(rest.len() - 6);
    let (weights, scaling) = (weights.as_chunks::<2>().0, scaling.as_chunks::<3>().0);
    for pixel in 0..2 * pairs {
        let window = inputs[pixel * step..].as_chunks::<2>().0;
        for channel in [0, 1] {
            let sum = weights.iter().zip(window).fold(biases[channel], |sum, (weights, [low, high])| {
                add_products(
                    weights[channel] as u32,
                    u32::from(*low as u16) | (u32::from(*high as u16) << 16),
                    sum,
                )
            });
            outputs[pixel * right + channel] = rescale(sum, scaling[channel]);
        }
    }
}

/// Groups of four outputs of a vector: two blocks of the stream, `other` words apart.
pub(super) fn dense(
    vector: &[[i8; 4]],
    last: [i8; 4],
    stream: &[i32],
    other: usize,
    offset: u32,
    outputs: &mut [[i8; 4]],
) {
    let block = 2 + 2 * (vector.len() + 1) + 6;
    for (group, outputs) in outputs.iter_mut().enumerate() {
        for (i, output) in outputs.iter_mut().enumerate() {
            let block = &stream[2 * block * group + i / 2 * other..][..block];
            let (biases, rest) = block.split_at(2);
            let (weights, scaling) = rest.split_at(rest.len() - 6);
            let rows = weights.as_chunks::<2>().0;
            let sum = vector.iter().chain([&last]).zip(rows).fold(biases[i % 2], |sum, (bytes, rows)| {
                let (word, row) = (u32::from_le_bytes(bytes.map(|byte| byte as u8)), rows[i % 2] as u32);
                add_products(
                    odd(0, row),
                    odd(offset, word),
                    add_products(even(0, row), even(offset, word), sum),
                )
            });
            *output = rescale(sum, scaling.as_chunks::<3>().0[i % 2]);
        }
    }
}
