//! AVX2: two products of 16-bit integers per lane and instruction.

use core::arch::x86_64::*;

use super::hybrid;
use super::image::{Corners, Padded};
use super::loops::packed_kernels;
use super::pack::AVX2 as FORM;
use super::tables::{Block, Rows, Tables, check};
use crate::kernels::{self, Constants, Plain};
use crate::op::{
    Binary, Conv, Depthwise, FloatConv, FloatDepthwise, FloatFullyConnected, FullyConnected, HybridConv,
    Layout, Mean, Pool, Rescaling,
};

/// Kernels for x86-64 with AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// The set, where this computer can run it.
    pub fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

packed_kernels!(Avx2, "avx2", bytes);

/// A vector of sums.
type Vector = __m256i;
/// Lanes of a vector.
const LANES: usize = FORM.lanes;
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

/// One word to all lanes.
///
/// # Safety
///
/// Four bytes from `at` on must be readable.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn words<const T: usize>(at: *const i8, _: usize) -> __m256i {
    // SAFETY: the caller made sure of these bytes.
    _mm256_set1_epi32(unsafe { at.cast::<i32>().read_unaligned() })
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn zero() -> __m256i {
    _mm256_setzero_si256()
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn add(a: __m256i, b: __m256i) -> __m256i {
    _mm256_add_epi32(a, b)
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

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load(row: &[i32], panel: usize) -> __m256i {
    let lanes: &[i32; LANES] = &row.as_chunks().0[panel];
    // SAFETY: an array of 8 words is as long as a vector.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
}

/// What rescales the lanes of a panel: a product is computed in 64 bits, those of even and of odd lanes by themselves.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    even: __m256i,
    odd: __m256i,
    even_rounding: __m256i,
    odd_rounding: __m256i,
    shift: __m256i,
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn scale(rows: &Rows<'_>, panel: usize) -> Scale {
    let (multiplier, rounding) = (load(rows.multipliers(), panel), load(rows.roundings(), panel));
    let shift = load(rows.shifts(), panel);
    let half = _mm256_set1_epi64x(1 << 31);
    Scale {
        even: multiplier,
        odd: _mm256_srli_epi64::<32>(multiplier),
        even_rounding: _mm256_add_epi64(_mm256_slli_epi64::<32>(rounding), half),
        odd_rounding: _mm256_blend_epi32::<0x55>(rounding, half),
        shift,
    }
}

/// Sums to outputs: [`fixed::Factor::apply`](crate::fixed::Factor::apply) plus the output's zero point, for
/// factors below one half whose sums cannot overflow, which `pack` made sure of.
///
/// Doubled sums put a product where its upper half is what the first rounding leaves; the second rounding and the zero
/// point are added there too. Halves are rounded away from zero: a negative sum loses one more.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn rescale(sums: __m256i, scale: &Scale) -> __m256i {
    let doubled = _mm256_add_epi32(sums, sums);
    let even = _mm256_add_epi64(_mm256_mul_epi32(doubled, scale.even), scale.even_rounding);
    let odd = _mm256_mul_epi32(_mm256_srli_epi64::<32>(doubled), scale.odd);
    let odd = _mm256_add_epi64(odd, scale.odd_rounding);
    let product = _mm256_blend_epi32::<0xaa>(_mm256_shuffle_epi32::<0xf5>(even), odd);
    let ties = _mm256_srai_epi32::<31>(sums);
    _mm256_srav_epi32(_mm256_add_epi32(product, ties), scale.shift)
}

/// Rescales the sums of pixels that follow each other and writes their channels.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn write<const M: usize, const P: usize>(
    block: &mut Block<'_>,
    scales: &[Scale; P],
    sums: [[__m256i; P]; M],
    pixel: usize,
) {
    let (channels, first, rescaling) = (block.tables.channels, block.first, block.tables.rescaling);
    let count = (channels - first).min(P * LANES);
    let to = &mut block.to[pixel * channels + first..][..(M - 1) * channels + count];
    let (min, max) = (_mm_set1_epi8(rescaling.min as i8), _mm_set1_epi8(rescaling.max as i8));
    for (m, sums) in sums.into_iter().enumerate() {
        let (low, high) = (rescale(sums[0], &scales[0]), rescale(sums[P - 1], &scales[P - 1]));
        let (low, high) = if P == FORM.panels {
            let both = _mm256_packs_epi32(low, high);
            (_mm256_castsi256_si128(both), _mm256_extracti128_si256::<1>(both))
        } else {
            let words = _mm_packs_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256::<1>(low));
            (words, words)
        };
        let bytes = _mm_min_epi8(_mm_max_epi8(_mm_packs_epi16(low, high), min), max);
        store(&mut to[m * channels..][..count], bytes);
    }
}

/// Writes as many of the first bytes as `to` holds.
///
/// A number that is no power of two goes as two parts that overlap: a copy of a length unknown to the compiler is a call.
#[inline]
#[target_feature(enable = "avx2")]
fn store(to: &mut [i8], bytes: __m128i) {
    // SAFETY: each store writes as many bytes as `to` is long, the last to an array of its own.
    unsafe {
        match to.len() {
            16 => _mm_storeu_si128(to.as_mut_ptr().cast(), bytes),
            8 => _mm_storeu_si64(to.as_mut_ptr().cast(), bytes),
            count => {
                let mut written = [0i8; 16];
                _mm_storeu_si128(written.as_mut_ptr().cast(), bytes);
                let from = &written[..count];
                match count {
                    8.. => ends::<8>(to, from),
                    4.. => ends::<4>(to, from),
                    2.. => ends::<2>(to, from),
                    _ => ends::<1>(to, from),
                }
            }
        }
    }
}

/// Copies the first `N` bytes and the last `N`, which are all.
#[inline]
fn ends<const N: usize>(to: &mut [i8], from: &[i8]) {
    if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
        to.first_chunk_mut::<N>().into_iter().for_each(|to| *to = *first);
        to.last_chunk_mut::<N>().into_iter().for_each(|to| *to = *last);
    }
}

/// Depthwise sums of `P` panels of channels at one pixel.
///
/// # Safety
///
/// `P` times 16 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx2")]
unsafe fn depthwise_sums<const P: usize>(block: &Block<'_>, corner: usize) -> [__m256i; P] {
    let mut sums: [__m256i; P] = core::array::from_fn(|p| load(block.rows.biases(), p));
    let weights = block.weights.as_chunks::<{ 4 * LANES }>().0.as_chunks::<P>().0;
    for (steps, weights) in block.tables.steps.as_chunks::<2>().0.iter().zip(weights) {
        // SAFETY: the caller made sure of these vectors.
        let pairs = unsafe {
            let taps = steps.map(|step| block.image.as_ptr().add(corner + step as usize));
            if P == 1 { eight(taps) } else { sixteen(taps) }
        };
        for ((sum, pairs), weights) in sums.iter_mut().zip(pairs).zip(weights) {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, self::weights(weights)));
        }
    }
    sums
}

/// Two taps of 16 channels, those of each channel side by side; by fours from each half in turn.
///
/// # Safety
///
/// 32 bytes from either tap on must be readable.
#[target_feature(enable = "avx2")]
unsafe fn sixteen(taps: [*const i8; 2]) -> [__m256i; 2] {
    // SAFETY: the caller made sure of these vectors.
    let [a, b] = taps.map(|tap| unsafe { _mm256_loadu_si256(tap.cast()) });
    [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)]
}

/// Two taps of 8 channels, those of each channel side by side, and the same again.
///
/// # Safety
///
/// 16 bytes from either tap on must be readable.
#[target_feature(enable = "avx2")]
unsafe fn eight(taps: [*const i8; 2]) -> [__m256i; 2] {
    // SAFETY: the caller made sure of these vectors.
    let [a, b] = taps.map(|tap| unsafe { _mm_loadu_si128(tap.cast()) });
    [_mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b)); 2]
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

/// Weights as bytes.
mod bytes {
    use super::*;
    use crate::kernels::packed::loops::packed_convolution;
    use crate::kernels::packed::pack::AVX2_BYTES as FORM;

    packed_convolution!("avx2");

    #[target_feature(enable = "avx2")]
    fn weights(bytes: &[i8; 16]) -> __m256i {
        // SAFETY: an array of 16 bytes is as long as half a vector.
        _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }
}
