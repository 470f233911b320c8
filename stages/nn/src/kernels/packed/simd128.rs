//! WebAssembly's vectors of 128 bits: two products of 16-bit integers per lane and instruction, as AVX2 in half the width.
//!
//! There is nothing to detect at run time: a module that holds these instructions is refused as a whole where they are
//! unknown. So the build decides, by `-C target-feature=+simd128`. Relaxed dot products of bytes stay unused: what they give
//! differs from machine to machine.

#![expect(unused_unsafe, reason = "here, unlike on other machines, every function may call these")]

use core::arch::wasm32::*;

use super::hybrid;
use super::image::{Corners, Padded};
use super::loops::packed_kernels;
use super::pack::SIMD128 as FORM;
use super::tables::{Block, Rows, Tables, check};
use crate::kernels::{self, Constants, Plain};
use crate::op::{
    Binary, Conv, Depthwise, FloatConv, FloatDepthwise, FloatFullyConnected, FullyConnected, HybridConv,
    Layout, Mean, Pool, Rescaling,
};

/// Kernels for WebAssembly with vectors of 128 bits.
#[derive(Clone, Copy, Debug)]
pub struct Simd128(());

impl Simd128 {
    /// The set, where the module was built with these instructions.
    pub fn detect() -> Option<Self> {
        cfg!(target_feature = "simd128").then_some(Self(()))
    }
}

packed_kernels!(Simd128, "simd128");

/// A vector of sums.
type Vector = v128;
/// Lanes of a vector.
const LANES: usize = FORM.lanes;
/// Bytes of an item of the image.
const ITEM: usize = 2;
/// Bytes that the writer of a pixel makes at once.
const BLOCK: usize = 16;

/// An input byte with its offset, as the image holds it.
fn item(byte: i8, offset: i32) -> [i8; ITEM] {
    (i16::from(byte) + offset as i16).to_le_bytes().map(|byte| byte as i8)
}

/// What the image holds beyond its border: with the offset in each item, zero.
fn padding(_: i32) -> [i8; ITEM] {
    [0; ITEM]
}

/// One word to all lanes.
///
/// # Safety
///
/// Four bytes from `at` on must be readable.
#[target_feature(enable = "simd128")]
unsafe fn words<const T: usize>(at: *const i8, _: usize) -> v128 {
    // SAFETY: the caller made sure of these bytes.
    unsafe { v128_load32_splat(at.cast()) }
}

#[target_feature(enable = "simd128")]
fn zero() -> v128 {
    i32x4_splat(0)
}

#[target_feature(enable = "simd128")]
fn add(a: v128, b: v128) -> v128 {
    i32x4_add(a, b)
}

#[target_feature(enable = "simd128")]
fn accumulate(sum: v128, word: v128, weights: v128) -> v128 {
    i32x4_add(sum, i32x4_dot_i16x8(word, weights))
}

#[target_feature(enable = "simd128")]
fn weights(bytes: &[i8; 16]) -> v128 {
    // SAFETY: an array of 16 bytes is as long as a vector.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "simd128")]
fn load(row: &[i32], panel: usize) -> v128 {
    let lanes: &[i32; LANES] = &row.as_chunks().0[panel];
    // SAFETY: an array of 4 words is as long as a vector.
    unsafe { v128_load(lanes.as_ptr().cast()) }
}

/// What rescales the lanes of a panel: products are computed in 64 bits, two lanes at a time.
#[derive(Clone, Copy)]
struct Scale {
    multiplier: v128,
    /// The second rounding above half of what the first one drops, for the low and for the high lanes.
    roundings: [v128; 2],
    /// A shift to the right, for which there is no instruction by lanes, as a factor: 2^(31 − shift).
    factor: v128,
    /// Lanes that are not shifted, for which that factor is too large.
    unshifted: v128,
}

#[target_feature(enable = "simd128")]
fn scale(rows: &Rows<'_>, panel: usize) -> Scale {
    let (rounding, shift) = (load(rows.roundings(), panel), load(rows.shifts(), panel));
    let half = i64x2_splat(1 << 31);
    let above = |pair: v128| i64x2_add(i64x2_shl(pair, 32), half);
    let shifts: &[i32; LANES] = &rows.shifts().as_chunks().0[panel];
    let [a, b, c, d] = shifts.map(|shift| 1i32.wrapping_shl((31 - shift) as u32));
    Scale {
        multiplier: load(rows.multipliers(), panel),
        roundings: [above(i64x2_extend_low_i32x4(rounding)), above(i64x2_extend_high_i32x4(rounding))],
        factor: i32x4(a, b, c, d),
        unshifted: i32x4_eq(shift, zero()),
    }
}

/// Sums to outputs: [`fixed::Factor::apply`](crate::fixed::Factor::apply) plus the output's zero point, for
/// factors below one half whose sums cannot overflow, which `pack` made sure of.
///
/// Doubled sums put a product where its upper half is what the first rounding leaves; the second rounding and the zero
/// point are added there too. Halves are rounded away from zero: a negative sum loses one more.
#[target_feature(enable = "simd128")]
fn rescale(sums: v128, scale: &Scale) -> v128 {
    let doubled = i32x4_add(sums, sums);
    let low = i64x2_add(i64x2_extmul_low_i32x4(doubled, scale.multiplier), scale.roundings[0]);
    let high = i64x2_add(i64x2_extmul_high_i32x4(doubled, scale.multiplier), scale.roundings[1]);
    let product = i32x4_add(i32x4_shuffle::<1, 3, 5, 7>(low, high), i32x4_shr(sums, 31));
    // Only the lower halves count, so that it does not matter what a shift brings in from above.
    let low = u64x2_shr(i64x2_extmul_low_i32x4(product, scale.factor), 31);
    let high = u64x2_shr(i64x2_extmul_high_i32x4(product, scale.factor), 31);
    v128_bitselect(product, i32x4_shuffle::<0, 2, 4, 6>(low, high), scale.unshifted)
}

/// Rescales the sums of pixels that follow each other and writes their channels.
#[target_feature(enable = "simd128")]
fn write<const M: usize, const P: usize>(
    block: &mut Block<'_>,
    scales: &[Scale; P],
    sums: [[v128; P]; M],
    pixel: usize,
) {
    let (channels, first, rescaling) = (block.tables.channels, block.first, block.tables.rescaling);
    let count = (channels - first).min(P * LANES);
    let to = &mut block.to[pixel * channels + first..][..(M - 1) * channels + count];
    let (min, max) = (i8x16_splat(rescaling.min as i8), i8x16_splat(rescaling.max as i8));
    for (m, sums) in sums.into_iter().enumerate() {
        let panels: [v128; P] = core::array::from_fn(|p| rescale(sums[p], &scales[p]));
        // Panels that are not there repeat the last.
        let panel = |p: usize| panels[p.min(P - 1)];
        let (low, high) = (i16x8_narrow_i32x4(panel(0), panel(1)), i16x8_narrow_i32x4(panel(2), panel(3)));
        let bytes = i8x16_min(i8x16_max(i8x16_narrow_i16x8(low, high), min), max);
        let mut written = [0i8; BLOCK];
        // SAFETY: an array of 16 bytes is as long as a vector.
        unsafe { v128_store(written.as_mut_ptr().cast(), bytes) };
        let to = &mut to[m * channels..][..count];
        match to.as_chunks_mut().0 {
            [whole] => *whole = written,
            _ => to.copy_from_slice(&written[..count]),
        }
    }
}

/// Depthwise sums of `P` panels of channels at one pixel.
///
/// # Safety
///
/// `P` times 8 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "simd128")]
unsafe fn depthwise_sums<const P: usize>(block: &Block<'_>, corner: usize) -> [v128; P] {
    let mut sums: [v128; P] = core::array::from_fn(|p| load(block.rows.biases(), p));
    let panels = block.weights.as_chunks::<{ 4 * LANES }>().0.as_chunks::<P>().0;
    for (steps, panels) in block.tables.steps.as_chunks::<2>().0.iter().zip(panels) {
        let taps = steps.map(|step| block.image.as_ptr().wrapping_add(corner + step as usize));
        // SAFETY: the caller made sure of these vectors.
        let pairs = unsafe { gather::<P>(taps) };
        for ((sum, pair), panel) in sums.iter_mut().zip(pairs).zip(panels) {
            *sum = accumulate(*sum, pair, weights(panel));
        }
    }
    sums
}

/// Two taps of `P` times 4 channels, those of each channel side by side.
///
/// # Safety
///
/// `P` times 8 bytes from either tap on must be readable.
#[target_feature(enable = "simd128")]
unsafe fn gather<const P: usize>(taps: [*const i8; 2]) -> [v128; P] {
    core::array::from_fn(|p| {
        // SAFETY: the caller made sure of these bytes.
        let [a, b] = taps.map(|tap| unsafe { v128_load64_zero(tap.add(p * 8).cast()) });
        i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b)
    })
}

/// Sum of the products of weights with inputs.
#[target_feature(enable = "simd128")]
fn dot(inputs: &[i8], row: &[i8]) -> i32 {
    let ((inputs, input_rest), (row, row_rest)) = (inputs.as_chunks::<16>(), row.as_chunks::<16>());
    let mut sums = [zero(); 2];
    for (inputs, row) in inputs.iter().zip(row) {
        let (x, w) = (weights(inputs), weights(row));
        sums[0] = accumulate(sums[0], i16x8_extend_low_i8x16(x), i16x8_extend_low_i8x16(w));
        sums[1] = accumulate(sums[1], i16x8_extend_high_i8x16(x), i16x8_extend_high_i8x16(w));
    }
    let sum = i32x4_add(sums[0], sums[1]);
    let lanes = [
        i32x4_extract_lane::<0>(sum),
        i32x4_extract_lane::<1>(sum),
        i32x4_extract_lane::<2>(sum),
        i32x4_extract_lane::<3>(sum),
    ];
    lanes.into_iter().fold(kernels::dot(input_rest, row_rest, 0), i32::wrapping_add)
}
