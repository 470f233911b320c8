//! AVX-512 with VNNI: four products of bytes per lane and instruction.

use core::arch::x86_64::*;

use super::hybrid;
use super::image::unsigned::{ITEM, item, padding};
use super::image::{Corners, Padded};
use super::loops::packed_kernels;
use super::pack::{FLIP, VNNI as FORM};
use super::tables::{Block, Rows, Tables, check};
use crate::kernels::{self, Constants, Plain};
use crate::op::{
    Binary, Conv, Depthwise, FloatConv, FloatDepthwise, FloatFullyConnected, FullyConnected, HybridConv,
    Layout, Mean, Pool, Rescaling,
};

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

packed_kernels!(Vnni, "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi", short);

/// A vector of sums.
type Vector = __m512i;
/// Lanes of a vector.
const LANES: usize = FORM.lanes;
/// One word to all lanes, or to each half of them its own word.
///
/// # Safety
///
/// Four bytes from `at` on must be readable; for a second pixel, from `apart` bytes further on, too.
#[target_feature(enable = "avx512f")]
unsafe fn words<const T: usize>(at: *const i8, apart: usize) -> __m512i {
    // SAFETY: the caller made sure of these bytes.
    unsafe {
        let first = _mm512_set1_epi32(at.cast::<i32>().read_unaligned());
        if T == 1 {
            return first;
        }
        _mm512_mask_set1_epi32(first, 0xff00, at.add(apart).cast::<i32>().read_unaligned())
    }
}

#[target_feature(enable = "avx512f")]
fn zero() -> __m512i {
    _mm512_setzero_si512()
}

#[target_feature(enable = "avx512f")]
fn add(a: __m512i, b: __m512i) -> __m512i {
    _mm512_add_epi32(a, b)
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

#[target_feature(enable = "avx512f")]
fn load(row: &[i32], panel: usize) -> __m512i {
    let lanes: &[i32; LANES] = &row.as_chunks().0[panel];
    // SAFETY: an array of 16 words is as long as a vector.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

/// What rescales the lanes of a panel: a product is computed in 64 bits, those of even and of odd lanes by themselves.
#[derive(Clone, Copy)]
struct Scale {
    even: __m512i,
    odd: __m512i,
    even_rounding: __m512i,
    odd_rounding: __m512i,
    shift: __m512i,
}

#[target_feature(enable = "avx512f")]
fn scale(rows: &Rows<'_>, panel: usize) -> Scale {
    let (multiplier, rounding) = (load(rows.multipliers(), panel), load(rows.roundings(), panel));
    let shift = load(rows.shifts(), panel);
    let half = _mm512_set1_epi64(1 << 31);
    Scale {
        even: multiplier,
        odd: _mm512_srli_epi64::<32>(multiplier),
        even_rounding: _mm512_add_epi64(_mm512_slli_epi64::<32>(rounding), half),
        odd_rounding: _mm512_mask_blend_epi32(0x5555, rounding, half),
        shift,
    }
}

/// Sums to outputs: [`fixed::Factor::apply`](crate::fixed::Factor::apply) plus the output's zero point, for
/// factors below one half whose sums cannot overflow, which `pack` made sure of.
///
/// Doubled sums put a product where its upper half is what the first rounding leaves; the second rounding and the zero
/// point are added there too. Halves are rounded away from zero: a negative sum loses one more.
#[target_feature(enable = "avx512f")]
fn rescale(sums: __m512i, scale: &Scale) -> __m512i {
    let doubled = _mm512_add_epi32(sums, sums);
    let even = _mm512_add_epi64(_mm512_mul_epi32(doubled, scale.even), scale.even_rounding);
    let odd = _mm512_mul_epi32(_mm512_srli_epi64::<32>(doubled), scale.odd);
    let odd = _mm512_add_epi64(odd, scale.odd_rounding);
    let product = _mm512_mask_shuffle_epi32::<0xf5>(odd, 0x5555, even);
    let ties = _mm512_srai_epi32::<31>(sums);
    _mm512_srav_epi32(_mm512_add_epi32(product, ties), scale.shift)
}

/// Rescales the sums of pixels that follow each other and writes their channels.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]
fn write<const M: usize, const P: usize>(
    block: &mut Block<'_>,
    scales: &[Scale; P],
    sums: [[__m512i; P]; M],
    pixel: usize,
) {
    let (channels, first) = (block.tables.channels, block.first);
    let count = (channels - first).min(P * LANES);
    let to = &mut block.to[pixel * channels + first..][..(M - 1) * channels + count];
    let (min, max) = (block.tables.rescaling.min as i8, block.tables.rescaling.max as i8);
    let bounds = (_mm512_set1_epi8(min), _mm512_set1_epi8(max));
    if P == FORM.panels {
        for (m, sums) in sums.into_iter().enumerate() {
            let scaled: [__m512i; 4] = core::array::from_fn(|p| rescale(sums[p % P], &scales[p % P]));
            store(&mut to[m * channels..][..count], bytes(scaled, bounds));
        }
        return;
    }
    // Vectors go to bytes by fours: those of several pixels.
    for quad in 0..(M * P).div_ceil(4) {
        let scaled: [__m512i; 4] = core::array::from_fn(|i| {
            let i = (4 * quad + i).min(M * P - 1);
            rescale(sums[i / P][i % P], &scales[i % P])
        });
        let bytes = _mm512_permutexvar_epi32(transposed(), bytes(scaled, bounds));
        let whole = 4.min(M * P - 4 * quad);
        if channels == P * LANES {
            // Pixels of so many channels lie side by side.
            store(&mut to[64 * quad..][..16 * whole], bytes);
            continue;
        }
        let quarters = [
            _mm512_castsi512_si128(bytes),
            _mm512_extracti32x4_epi32::<1>(bytes),
            _mm512_extracti32x4_epi32::<2>(bytes),
            _mm512_extracti32x4_epi32::<3>(bytes),
        ];
        for (i, quarter) in quarters.into_iter().enumerate().take(whole) {
            let (m, p) = ((4 * quad + i) / P, (4 * quad + i) % P);
            let count = (count - p * LANES).min(LANES);
            store(&mut to[m * channels + p * LANES..][..count], _mm512_castsi128_si512(quarter));
        }
    }
}

/// Four vectors of outputs as bytes within bounds, by fours from each in turn.
#[target_feature(enable = "avx512f,avx512bw")]
fn bytes(scaled: [__m512i; 4], (min, max): (__m512i, __m512i)) -> __m512i {
    let [a, b, c, d] = scaled;
    let bytes = _mm512_packs_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
    _mm512_min_epi8(_mm512_max_epi8(bytes, min), max)
}

/// Puts the bytes of four vectors one vector after the other.
#[target_feature(enable = "avx512f")]
fn transposed() -> __m512i {
    _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
}

/// Writes as many of the first bytes as `to` holds.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn store(to: &mut [i8], bytes: __m512i) {
    // SAFETY: each store writes as many bytes as `to` is long; the mask lets no others through.
    unsafe {
        match to.len() {
            64 => _mm512_storeu_si512(to.as_mut_ptr().cast(), bytes),
            32 => _mm256_storeu_si256(to.as_mut_ptr().cast(), _mm512_castsi512_si256(bytes)),
            16 => _mm_storeu_si128(to.as_mut_ptr().cast(), _mm512_castsi512_si128(bytes)),
            count => _mm512_mask_storeu_epi8(to.as_mut_ptr(), (1 << count) - 1, bytes),
        }
    }
}

/// Depthwise sums of `P` panels of channels at one pixel.
///
/// # Safety
///
/// `P` times 16 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]
unsafe fn depthwise_sums<const P: usize>(block: &Block<'_>, corner: usize) -> [__m512i; P] {
    // SAFETY: passed on to the caller.
    unsafe {
        if P == FORM.panels {
            let sums = many(block, corner);
            core::array::from_fn(|p| sums[p])
        } else {
            few::<P>(block, corner)
        }
    }
}

/// Depthwise sums of 64 channels at one pixel.
///
/// # Safety
///
/// 64 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]
unsafe fn many(block: &Block<'_>, corner: usize) -> [__m512i; 4] {
    let mut sums: [__m512i; 4] = core::array::from_fn(|p| load(block.rows.biases(), p));
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
    sums
}

/// Depthwise sums of `P` times 16 channels at one pixel.
///
/// # Safety
///
/// `P` times 16 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512vbmi")]
unsafe fn few<const P: usize>(block: &Block<'_>, corner: usize) -> [__m512i; P] {
    let mut sums: [__m512i; P] = core::array::from_fn(|p| load(block.rows.biases(), p));
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
    sums
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

/// Vectors of 256 bits.
mod short {
    use core::arch::x86_64::*;

    use crate::kernels::Constants;
    use crate::kernels::packed::avx2::{Scale, add, load, rescale, scale, words, zero};
    use crate::kernels::packed::image::unsigned::{ITEM, item, padding};
    use crate::kernels::packed::image::{Corners, Padded};
    use crate::kernels::packed::loops::packed_convolution;
    use crate::kernels::packed::pack::VNNI_SHORT as FORM;
    use crate::kernels::packed::tables::{Block, Tables, check};
    use crate::op::Conv;

    packed_convolution!("avx2,avx512bw,avx512vl,avx512vnni");

    /// A vector of sums.
    type Vector = __m256i;
    /// Lanes of a vector.
    const LANES: usize = FORM.lanes;

    #[target_feature(enable = "avx2,avx512vl,avx512vnni")]
    fn accumulate(sum: __m256i, word: __m256i, weights: __m256i) -> __m256i {
        _mm256_dpbusd_epi32(sum, word, weights)
    }

    #[target_feature(enable = "avx2")]
    fn weights(bytes: &[i8; 32]) -> __m256i {
        // SAFETY: an array of 32 bytes is as long as a vector.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    /// Rescales the sums of pixels that follow each other and writes their channels, as its namesake for longer vectors.
    #[target_feature(enable = "avx2,avx512bw,avx512vl")]
    fn write<const M: usize, const P: usize>(
        block: &mut Block<'_>,
        scales: &[Scale; P],
        sums: [[__m256i; P]; M],
        pixel: usize,
    ) {
        let (channels, first) = (block.tables.channels, block.first);
        let count = (channels - first).min(P * LANES);
        let to = &mut block.to[pixel * channels + first..][..(M - 1) * channels + count];
        let (min, max) = (block.tables.rescaling.min as i8, block.tables.rescaling.max as i8);
        let bounds = (_mm256_set1_epi8(min), _mm256_set1_epi8(max));
        if P == FORM.panels {
            for (m, sums) in sums.into_iter().enumerate() {
                let scaled: [__m256i; 4] = core::array::from_fn(|p| rescale(sums[p % P], &scales[p % P]));
                store(&mut to[m * channels..][..count], bytes(scaled, bounds));
            }
            return;
        }
        let transposed = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        for quad in 0..(M * P).div_ceil(4) {
            let scaled: [__m256i; 4] = core::array::from_fn(|i| {
                let i = (4 * quad + i).min(M * P - 1);
                rescale(sums[i / P][i % P], &scales[i % P])
            });
            let bytes = _mm256_permutevar8x32_epi32(bytes(scaled, bounds), transposed);
            let whole = 4.min(M * P - 4 * quad);
            if channels == P * LANES {
                // Pixels of so many channels lie side by side.
                store(&mut to[32 * quad..][..8 * whole], bytes);
                continue;
            }
            let (low, high) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
            let quarters = [low, _mm_unpackhi_epi64(low, low), high, _mm_unpackhi_epi64(high, high)];
            for (i, quarter) in quarters.into_iter().enumerate().take(whole) {
                let (m, p) = ((4 * quad + i) / P, (4 * quad + i) % P);
                let count = (count - p * LANES).min(LANES);
                store(&mut to[m * channels + p * LANES..][..count], _mm256_castsi128_si256(quarter));
            }
        }
    }

    /// Four vectors of outputs as bytes within bounds, by fours from each in turn.
    #[target_feature(enable = "avx2")]
    fn bytes(scaled: [__m256i; 4], (min, max): (__m256i, __m256i)) -> __m256i {
        let [a, b, c, d] = scaled;
        let bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
        _mm256_min_epi8(_mm256_max_epi8(bytes, min), max)
    }

    /// Writes as many of the first bytes as `to` holds.
    #[target_feature(enable = "avx2,avx512bw,avx512vl")]
    fn store(to: &mut [i8], bytes: __m256i) {
        // SAFETY: each store writes as many bytes as `to` is long; the mask lets no others through.
        unsafe {
            match to.len() {
                32 => _mm256_storeu_si256(to.as_mut_ptr().cast(), bytes),
                16 => _mm_storeu_si128(to.as_mut_ptr().cast(), _mm256_castsi256_si128(bytes)),
                8 => _mm_storeu_si64(to.as_mut_ptr().cast(), _mm256_castsi256_si128(bytes)),
                count => _mm256_mask_storeu_epi8(to.as_mut_ptr(), (1 << count) - 1, bytes),
            }
        }
    }
}
