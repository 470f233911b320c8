//! AVX-VNNI: four products of bytes per lane and instruction, in vectors of 256 bits.

use core::arch::x86_64::*;

use super::avx2::{Scale, add, load, scale, words, write, zero};
use super::hybrid;
use super::image::unsigned::{ITEM, item, padding};
use super::image::{Corners, Padded};
use super::loops::packed_kernels;
use super::pack::{AVX_VNNI as FORM, FLIP};
use super::tables::{Block, Tables, check};
use crate::kernels::{self, Constants, Plain};
use crate::op::{
    Binary, Conv, Depthwise, FloatConv, FloatDepthwise, FloatFullyConnected, FullyConnected, HybridConv,
    Layout, Mean, Pool, Rescaling,
};

/// Kernels for x86-64 with AVX2 and AVX-VNNI.
#[derive(Clone, Copy, Debug)]
pub struct AvxVnni(());

impl AvxVnni {
    /// The set, where this computer can run it.
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni");
        found.then_some(Self(()))
    }
}

packed_kernels!(AvxVnni, "avx2,avxvnni");

/// A vector of sums.
type Vector = __m256i;
/// Lanes of a vector.
const LANES: usize = FORM.lanes;
#[target_feature(enable = "avx2,avxvnni")]
fn accumulate(sum: __m256i, word: __m256i, weights: __m256i) -> __m256i {
    _mm256_dpbusd_avx_epi32(sum, word, weights)
}

#[target_feature(enable = "avx2")]
fn weights(bytes: &[i8; 32]) -> __m256i {
    // SAFETY: an array of 32 bytes is as long as a vector.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Depthwise sums of `P` panels of channels at one pixel.
///
/// # Safety
///
/// 16 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "avx2,avxvnni")]
unsafe fn depthwise_sums<const P: usize>(block: &Block<'_>, corner: usize) -> [__m256i; P] {
    let mut sums: [__m256i; P] = core::array::from_fn(|p| load(block.rows.biases(), p));
    let weights = block.weights.as_chunks::<{ 4 * LANES }>().0.as_chunks::<P>().0;
    for (steps, weights) in block.tables.steps.as_chunks::<4>().0.iter().zip(weights) {
        // SAFETY: the caller made sure of these vectors.
        let taps = steps
            .map(|step| unsafe { _mm_loadu_si128(block.image.as_ptr().add(corner + step as usize).cast()) });
        let (low01, high01) = (_mm_unpacklo_epi8(taps[0], taps[1]), _mm_unpackhi_epi8(taps[0], taps[1]));
        let (low23, high23) = (_mm_unpacklo_epi8(taps[2], taps[3]), _mm_unpackhi_epi8(taps[2], taps[3]));
        // Four channels each, in order.
        let quarters = [
            _mm_unpacklo_epi16(low01, low23),
            _mm_unpackhi_epi16(low01, low23),
            _mm_unpacklo_epi16(high01, high23),
            _mm_unpackhi_epi16(high01, high23),
        ];
        // Two panels have their channels by fours in turn.
        for (p, (sum, weights)) in sums.iter_mut().zip(weights).enumerate() {
            let words = _mm256_set_m128i(quarters[p + P], quarters[p]);
            *sum = accumulate(*sum, words, self::weights(weights));
        }
    }
    sums
}

/// Sum of the products of weights with inputs that are 128 greater than stored.
#[target_feature(enable = "avx2,avxvnni")]
fn dot(inputs: &[i8], weights: &[i8]) -> i32 {
    let ((inputs, input_rest), (weights, weight_rest)) =
        (inputs.as_chunks::<32>(), weights.as_chunks::<32>());
    let mut sums = [_mm256_setzero_si256(); 2];
    let flip = _mm256_set1_epi8(FLIP);
    for (i, (inputs, weights)) in inputs.iter().zip(weights).enumerate() {
        let (x, w) = (self::weights(inputs), self::weights(weights));
        sums[i % 2] = accumulate(sums[i % 2], _mm256_xor_si256(x, flip), w);
    }
    let mut lanes = [0i32; LANES];
    // SAFETY: an array of 8 words is as long as a vector.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), _mm256_add_epi32(sums[0], sums[1])) };
    lanes.into_iter().fold(kernels::dot(input_rest, weight_rest, 128), i32::wrapping_add)
}
