//! AVX2: two products of 16-bit integers per lane and instruction.

use core::arch::x86_64::*;

use super::image::{Corners, Padded};
use super::loops::packed_kernels;
use super::pack::AVX2 as FORM;
use super::tables::{Block, Tables, check, lend};
use crate::nn::kernels::{self, Constants, Plain};
use crate::nn::op::{Conv, Depthwise, FullyConnected, Layout};

/// Kernels for x86-64 with AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// The set, where this computer can run it.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

packed_kernels!(Avx2, "avx2");

/// A vector of sums.
type Vector = __m256i;
/// Lanes of a vector.
const LANES: usize = FORM.lanes;
/// Most pixels that are computed side by side.
const PIXELS: usize = 6;
/// Bytes of an item of the image.
const ITEM: usize = 2;

/// An input byte with its offset, as the image holds it.
fn item(byte: i8, offset: i32) -> [i8; ITEM] {
    (i16::from(byte) + offset as i16).to_le_bytes().map(|byte| byte as i8)
}

/// What the image holds beyond its border: with the offset in each item, zero.
fn padding(_: i32) -> [i8; ITEM] {
    [0; ITEM]
}

#[target_feature(enable = "avx2")]
fn broadcast(word: i32) -> __m256i {
    _mm256_set1_epi32(word)
}

#[target_feature(enable = "avx2")]
fn accumulate(sum: __m256i, word: __m256i, weights: __m256i) -> __m256i {
    _mm256_add_epi32(sum, _mm256_madd_epi16(word, weights))
}

#[target_feature(enable = "avx2")]
fn weights(bytes: &[i8; 32]) -> __m256i {
    // SAFETY: an array of 32 bytes is as long as a vector.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
pub(super) fn load(row: &[i32], panel: usize) -> __m256i {
    let lanes: &[i32; LANES] = &row.as_chunks().0[panel];
    // SAFETY: an array of 8 words is as long as a vector.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
}

/// Sums to outputs: [`fixed::Factor::apply`](crate::nn::fixed::Factor::apply) plus the output's zero point, for
/// factors below one half whose sums cannot overflow, which `pack` made sure of.
#[target_feature(enable = "avx2")]
pub(super) fn rescale(sums: __m256i, rows: &[&[i32]; 4], panel: usize) -> __m256i {
    let [_, multiplier, rounding, shift] = rows.map(|row| load(row, panel));
    let half = _mm256_set1_epi64x(1 << 30);
    let odd = |v| _mm256_srli_epi64::<32>(v);
    let low = _mm256_add_epi64(_mm256_mul_epi32(sums, multiplier), half);
    let high = _mm256_add_epi64(_mm256_mul_epi32(odd(sums), odd(multiplier)), half);
    let product = _mm256_blend_epi32::<0xaa>(_mm256_srli_epi64::<31>(low), _mm256_slli_epi64::<1>(high));
    let ties = _mm256_srai_epi32::<31>(product);
    _mm256_srav_epi32(_mm256_add_epi32(_mm256_add_epi32(product, rounding), ties), shift)
}

/// Rescales the sums of one pixel and writes its channels.
#[target_feature(enable = "avx2")]
fn write<const P: usize>(block: &mut Block<'_>, sums: [__m256i; P], pixel: usize) {
    let rescaled: [__m256i; P] = core::array::from_fn(|p| rescale(sums[p], &block.rows, p));
    write_rescaled(block, rescaled, pixel);
}

/// Writes one pixel's channels.
#[target_feature(enable = "avx2")]
pub(super) fn write_rescaled<const P: usize>(block: &mut Block<'_>, rescaled: [__m256i; P], pixel: usize) {
    let (channels, rescaling) = (block.tables.channels, block.tables.rescaling);
    let count = (channels - block.first).min(P * LANES);
    let to = &mut block.to[pixel * channels + block.first..][..count];
    let first = rescaled[0];
    let (low, high) = if P == FORM.panels {
        let both = _mm256_packs_epi32(first, rescaled[P - 1]);
        (_mm256_castsi256_si128(both), _mm256_extracti128_si256::<1>(both))
    } else {
        let words = _mm_packs_epi32(_mm256_castsi256_si128(first), _mm256_extracti128_si256::<1>(first));
        (words, words)
    };
    let bytes = _mm_packs_epi16(low, high);
    let bytes = _mm_max_epi8(bytes, _mm_set1_epi8(rescaling.min as i8));
    let bytes = _mm_min_epi8(bytes, _mm_set1_epi8(rescaling.max as i8));
    let mut written = [0i8; 16];
    // SAFETY: an array of 16 bytes is as long as a vector.
    unsafe { _mm_storeu_si128(written.as_mut_ptr().cast(), bytes) };
    match to.as_chunks_mut().0 {
        [whole] => *whole = written,
        _ => to.copy_from_slice(&written[..count]),
    }
}

/// Depthwise sums of a block of channels at one pixel.
///
/// # Safety
///
/// 32 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx2")]
unsafe fn depthwise_pixel(block: &mut Block<'_>, corner: usize, pixel: usize, panels: usize) {
    // SAFETY: passed on to the caller.
    unsafe {
        match panels {
            1 => eight(block, corner, pixel),
            _ => sixteen(block, corner, pixel),
        }
    }
}

/// Depthwise sums of 16 channels at one pixel.
///
/// # Safety
///
/// 32 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx2")]
unsafe fn sixteen(block: &mut Block<'_>, corner: usize, pixel: usize) {
    let mut sums: [__m256i; 2] = core::array::from_fn(|p| load(block.rows[0], p));
    let weights = block.weights.as_chunks::<{ 4 * LANES }>().0.as_chunks::<2>().0;
    for (steps, weights) in block.tables.steps.as_chunks::<2>().0.iter().zip(weights) {
        // SAFETY: the caller made sure of these vectors.
        let [a, b] = steps.map(|step| unsafe {
            _mm256_loadu_si256(block.image.as_ptr().add(corner + step as usize).cast())
        });
        let pairs = [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)];
        for ((sum, pairs), weights) in sums.iter_mut().zip(pairs).zip(weights) {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, self::weights(weights)));
        }
    }
    write(block, sums, pixel);
}

/// Depthwise sums of 8 channels at one pixel.
///
/// # Safety
///
/// 16 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx2")]
unsafe fn eight(block: &mut Block<'_>, corner: usize, pixel: usize) {
    let mut sum = load(block.rows[0], 0);
    let weights = block.weights.as_chunks::<{ 4 * LANES }>().0;
    for (steps, weights) in block.tables.steps.as_chunks::<2>().0.iter().zip(weights) {
        // SAFETY: the caller made sure of these vectors.
        let [a, b] = steps
            .map(|step| unsafe { _mm_loadu_si128(block.image.as_ptr().add(corner + step as usize).cast()) });
        let pairs = _mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, self::weights(weights)));
    }
    write(block, [sum], pixel);
}

/// Sum of the products of weights with inputs.
#[target_feature(enable = "avx2")]
fn dot(inputs: &[i8], weights: &[i8]) -> i32 {
    let ((inputs, input_rest), (weights, weight_rest)) =
        (inputs.as_chunks::<16>(), weights.as_chunks::<16>());
    let mut sums = [_mm256_setzero_si256(); 2];
    for (i, (inputs, weights)) in inputs.iter().zip(weights).enumerate() {
        // SAFETY: arrays of 16 bytes are as long as a vector of them.
        let [x, w] = [inputs, weights]
            .map(|bytes| unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes.as_ptr().cast())) });
        sums[i % 2] = _mm256_add_epi32(sums[i % 2], _mm256_madd_epi16(x, w));
    }
    let mut lanes = [0i32; LANES];
    // SAFETY: an array of 8 words is as long as a vector.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), _mm256_add_epi32(sums[0], sums[1])) };
    lanes.into_iter().fold(kernels::dot(input_rest, weight_rest, 0), i32::wrapping_add)
}
