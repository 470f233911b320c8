//! AVX-512 with VNNI: four products of bytes per lane and instruction.

use core::arch::x86_64::*;

use super::image::{Corners, Padded};
use super::loops::packed_kernels;
use super::pack::{FLIP, VNNI as FORM};
use super::tables::{Block, Tables, check, lend};
use crate::nn::kernels::{self, Constants, Plain};
use crate::nn::op::{Conv, Depthwise, FullyConnected, Layout};

/// Kernels for x86-64 with AVX-512 (F, BW, VL, VNNI, VBMI).
#[derive(Clone, Copy, Debug)]
pub struct Vnni(());

impl Vnni {
    /// The set, where this computer can run it.
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx512vbmi");
        found.then_some(Self(()))
    }
}

packed_kernels!(Vnni, "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi");

/// A vector of sums.
type Vector = __m512i;
/// Lanes of a vector.
const LANES: usize = FORM.lanes;
/// Most pixels that are computed side by side.
const PIXELS: usize = 6;
/// Bytes of an item of the image.
const ITEM: usize = 1;

/// An input byte, as the image holds it.
fn item(byte: i8, _: i32) -> [i8; ITEM] {
    [byte ^ FLIP]
}

/// What the image holds beyond its border: the input's zero point.
fn padding(offset: i32) -> [i8; ITEM] {
    [(-offset) as i8 ^ FLIP]
}

#[target_feature(enable = "avx512f")]
fn broadcast(word: i32) -> __m512i {
    _mm512_set1_epi32(word)
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn accumulate(sum: __m512i, word: __m512i, weights: __m512i) -> __m512i {
    _mm512_dpbusd_epi32(sum, word, weights)
}

#[target_feature(enable = "avx512f")]
fn weights(bytes: &[i8; 64]) -> __m512i {
    // SAFETY: an array of 64 bytes is as long as a vector.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Rescales the sums of one pixel and writes its channels.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]
fn write<const P: usize>(block: &mut Block<'_>, sums: [__m512i; P], pixel: usize) {
    let count = (block.tables.channels - block.first).min(P * LANES);
    let to = &mut block.to[pixel * block.tables.channels + block.first..][..count];
    let scaled: [__m512i; P] = core::array::from_fn(|p| rescale(sums[p], &block.rows, p));
    let (min, max) = (block.tables.rescaling.min as i8, block.tables.rescaling.max as i8);
    if P == FORM.panels {
        let (low, high) =
            (_mm512_packs_epi32(scaled[0], scaled[1]), _mm512_packs_epi32(scaled[2], scaled[3]));
        let bytes = _mm512_packs_epi16(low, high);
        let bytes = _mm512_max_epi8(bytes, _mm512_set1_epi8(min));
        let bytes = _mm512_min_epi8(bytes, _mm512_set1_epi8(max));
        let mask = u64::MAX >> (64 - count);
        // SAFETY: the mask lets exactly the bytes of `to` through.
        unsafe { _mm512_mask_storeu_epi8(to.as_mut_ptr(), mask, bytes) };
        return;
    }
    for (to, scaled) in to.chunks_mut(LANES).zip(scaled) {
        let bytes = _mm512_cvtsepi32_epi8(scaled);
        let bytes = _mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8(min)), _mm_set1_epi8(max));
        let mask = u16::MAX >> (16 - to.len());
        // SAFETY: the mask lets exactly the bytes of `to` through.
        unsafe { _mm_mask_storeu_epi8(to.as_mut_ptr(), mask, bytes) };
    }
}

#[target_feature(enable = "avx512f")]
fn load(row: &[i32], panel: usize) -> __m512i {
    let lanes: &[i32; LANES] = &row.as_chunks().0[panel];
    // SAFETY: an array of 16 words is as long as a vector.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

/// Sums to outputs: [`fixed::Factor::apply`](crate::nn::fixed::Factor::apply) plus the output's zero point, for
/// factors below one half whose sums cannot overflow, which `pack` made sure of.
#[target_feature(enable = "avx512f")]
fn rescale(sums: __m512i, rows: &[&[i32]; 4], panel: usize) -> __m512i {
    let [_, multiplier, rounding, shift] = rows.map(|row| load(row, panel));
    let half = _mm512_set1_epi64(1 << 30);
    let odd = |v| _mm512_srli_epi64::<32>(v);
    let low = _mm512_add_epi64(_mm512_mul_epi32(sums, multiplier), half);
    let high = _mm512_add_epi64(_mm512_mul_epi32(odd(sums), odd(multiplier)), half);
    let product = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64::<31>(low), _mm512_slli_epi64::<1>(high));
    let ties = _mm512_srai_epi32::<31>(product);
    _mm512_srav_epi32(_mm512_add_epi32(_mm512_add_epi32(product, rounding), ties), shift)
}

/// Depthwise sums of a block of channels at one pixel.
///
/// # Safety
///
/// 64 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]
unsafe fn depthwise_pixel(block: &mut Block<'_>, corner: usize, pixel: usize, panels: usize) {
    // SAFETY: passed on to the caller.
    unsafe {
        match panels {
            1 => few::<1>(block, corner, pixel),
            2 => few::<2>(block, corner, pixel),
            _ => many(block, corner, pixel),
        }
    }
}

/// Depthwise sums of 64 channels at one pixel.
///
/// # Safety
///
/// 64 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]
unsafe fn many(block: &mut Block<'_>, corner: usize, pixel: usize) {
    let mut sums: [__m512i; 4] = core::array::from_fn(|p| load(block.rows[0], p));
    let weights = block.weights.as_chunks::<{ 4 * LANES }>().0.as_chunks::<4>().0;
    for (steps, weights) in block.tables.steps.as_chunks::<4>().0.iter().zip(weights) {
        // SAFETY: the caller made sure of these vectors.
        let taps = steps.map(|step| unsafe {
            _mm512_loadu_si512(block.image.as_ptr().add(corner + step as usize).cast())
        });
        let (low01, high01) =
            (_mm512_unpacklo_epi8(taps[0], taps[1]), _mm512_unpackhi_epi8(taps[0], taps[1]));
        let (low23, high23) =
            (_mm512_unpacklo_epi8(taps[2], taps[3]), _mm512_unpackhi_epi8(taps[2], taps[3]));
        let words = [
            _mm512_unpacklo_epi16(low01, low23),
            _mm512_unpackhi_epi16(low01, low23),
            _mm512_unpacklo_epi16(high01, high23),
            _mm512_unpackhi_epi16(high01, high23),
        ];
        for ((sum, words), weights) in sums.iter_mut().zip(words).zip(weights) {
            *sum = accumulate(*sum, words, self::weights(weights));
        }
    }
    write(block, sums, pixel);
}

/// Depthwise sums of `P` times 16 channels at one pixel.
///
/// # Safety
///
/// `P` times 16 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]
unsafe fn few<const P: usize>(block: &mut Block<'_>, corner: usize, pixel: usize) {
    let mut sums: [__m512i; P] = core::array::from_fn(|p| load(block.rows[0], p));
    let gather = gather();
    let weights = block.weights.as_chunks::<{ 4 * LANES }>().0.as_chunks::<P>().0;
    for (steps, weights) in block.tables.steps.as_chunks::<4>().0.iter().zip(weights) {
        for (p, (sum, weights)) in sums.iter_mut().zip(weights).enumerate() {
            // SAFETY: the caller made sure of these vectors.
            let [a, b, c, d] = steps.map(|step| unsafe {
                _mm_loadu_si128(block.image.as_ptr().add(corner + step as usize + p * LANES).cast())
            });
            let taps = _mm512_inserti32x4::<1>(_mm512_castsi128_si512(a), b);
            let taps = _mm512_inserti32x4::<3>(_mm512_inserti32x4::<2>(taps, c), d);
            let words = _mm512_permutexvar_epi8(gather, taps);
            *sum = accumulate(*sum, words, self::weights(weights));
        }
    }
    write(block, sums, pixel);
}

/// Byte `4 · channel + tap` from byte `16 · tap + channel`.
#[target_feature(enable = "avx512f")]
fn gather() -> __m512i {
    const INDICES: [u8; 64] = {
        let mut indices = [0; 64];
        let mut i = 0;
        while i < 64 {
            indices[i] = (16 * (i % 4) + i / 4) as u8;
            i += 1;
        }
        indices
    };
    // SAFETY: an array of 64 bytes is as long as a vector.
    unsafe { _mm512_loadu_si512(INDICES.as_ptr().cast()) }
}

/// Sum of the products of weights with inputs that are 128 greater than stored.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn dot(inputs: &[i8], weights: &[i8]) -> i32 {
    let (inputs, input_rest) = inputs.as_chunks::<64>();
    let (weights, weight_rest) = weights.as_chunks::<64>();
    let mut sums = [_mm512_setzero_si512(); 4];
    let flip = _mm512_set1_epi8(FLIP);
    for (i, (inputs, weights)) in inputs.iter().zip(weights).enumerate() {
        // SAFETY: arrays of 64 bytes are as long as a vector.
        let (x, w) = unsafe {
            (_mm512_loadu_si512(inputs.as_ptr().cast()), _mm512_loadu_si512(weights.as_ptr().cast()))
        };
        sums[i % 4] = _mm512_dpbusd_epi32(sums[i % 4], _mm512_xor_si512(x, flip), w);
    }
    let mask = (1u64 << input_rest.len().min(weight_rest.len())) - 1;
    // SAFETY: the mask lets only bytes of both slices through.
    let (x, w) = unsafe {
        (
            _mm512_maskz_loadu_epi8(mask, input_rest.as_ptr()),
            _mm512_maskz_loadu_epi8(mask, weight_rest.as_ptr()),
        )
    };
    sums[3] = _mm512_dpbusd_epi32(sums[3], _mm512_xor_si512(x, flip), w);
    let [a, b, c, d] = sums;
    _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_add_epi32(a, b), _mm512_add_epi32(c, d)))
}
