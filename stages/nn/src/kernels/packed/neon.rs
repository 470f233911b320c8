//! AArch64: NEON, and NEON with dot products of bytes. Both read the same packed weights.

use core::arch::aarch64::*;

use super::tables::{Block, Rows};

/// Least bytes that the writer of a pixel makes at once.
const BLOCK: usize = 16;

/// Writes a NEON set whose `accumulate` is given: it adds to each lane the products of four bytes.
macro_rules! neon_kernels {
    ($name:ident, $set:ident, $features:literal, $doc:literal, $found:expr, $accumulate:item) => {
        pub(super) mod $name {
            use core::arch::aarch64::*;

            use super::super::hybrid;
            use super::super::image::{Corners, Padded};
            use super::super::loops::packed_kernels;
            use super::super::pack::NEON as FORM;
            use super::super::tables::{Block, Tables, check};
            use super::{Scale, add, gather, load, scale, weights, words, write, zero};
            use crate::kernels::{self, Constants, Plain};
            use crate::op::{
    Binary, Conv, Depthwise, FloatConv, FloatDepthwise, FloatFullyConnected, FullyConnected, HybridConv, Layout, Mean,
    Pool, Rescaling,
};

            #[doc = $doc]
            #[derive(Clone, Copy, Debug)]
            pub struct $set(());

            impl $set {
                /// The set, where this computer can run it.
                pub fn detect() -> Option<Self> {
                    $found.then_some(Self(()))
                }
            }

            packed_kernels!($set, $features);

            /// A vector of sums.
            type Vector = int32x4_t;
            /// Lanes of a vector.
            const LANES: usize = FORM.lanes;
            /// Bytes of an item of the image.
            const ITEM: usize = 1;

            /// An input byte, as the image holds it: as it is.
            fn item(byte: i8, _: i32) -> [i8; ITEM] {
                [byte]
            }

            /// What the image holds beyond its border: the input's zero point.
            fn padding(offset: i32) -> [i8; ITEM] {
                [(-offset) as i8]
            }

            $accumulate

            /// Depthwise sums of `P` panels of channels at one pixel.
            ///
            /// # Safety
            ///
            /// 16 bytes from `corner` plus every step on must lie in the image.
            #[target_feature(enable = $features)]
            unsafe fn depthwise_sums<const P: usize>(block: &Block<'_>, corner: usize) -> [Vector; P] {
                let mut sums: [Vector; P] = core::array::from_fn(|p| load(block.rows.biases(), p));
                let blocks = block.weights.as_chunks::<{ 4 * LANES }>().0.as_chunks::<P>().0;
                for (steps, panels) in block.tables.steps.as_chunks::<4>().0.iter().zip(blocks) {
                    // SAFETY: the caller made sure of these vectors.
                    let words = unsafe { gather(block.image, corner, steps) };
                    for ((sum, words), panel) in sums.iter_mut().zip(words).zip(panels) {
                        *sum = accumulate(*sum, words, weights(panel));
                    }
                }
                sums
            }

            /// Sum of the products of weights with inputs.
            #[target_feature(enable = $features)]
            fn dot(inputs: &[i8], row: &[i8]) -> i32 {
                let ((inputs, input_rest), (row, row_rest)) = (inputs.as_chunks::<16>(), row.as_chunks::<16>());
                let mut sums = [vdupq_n_s32(0); 2];
                for (i, (inputs, row)) in inputs.iter().zip(row).enumerate() {
                    sums[i % 2] = accumulate(sums[i % 2], weights(inputs), weights(row));
                }
                let sum = vaddvq_s32(vaddq_s32(sums[0], sums[1]));
                kernels::dot(input_rest, row_rest, 0).wrapping_add(sum)
            }
        }
    };
}

neon_kernels!(
    plain,
    Neon,
    "neon",
    "Kernels for AArch64 with NEON.",
    std::arch::is_aarch64_feature_detected!("neon"),
    #[target_feature(enable = "neon")]
    fn accumulate(sum: Vector, bytes: int8x16_t, weights: int8x16_t) -> Vector {
        let low = vmull_s8(vget_low_s8(bytes), vget_low_s8(weights));
        let high = vmull_high_s8(bytes, weights);
        vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)))
    }
);

neon_kernels!(
    dotprod,
    NeonDot,
    "neon,dotprod",
    "Kernels for AArch64 with NEON and its dot products of bytes.",
    std::arch::is_aarch64_feature_detected!("dotprod"),
    #[target_feature(enable = "neon,dotprod")]
    fn accumulate(mut sum: Vector, bytes: int8x16_t, weights: int8x16_t) -> Vector {
        // SAFETY: the instruction, for which stable Rust has no name yet, reads and writes these registers only.
        unsafe {
            core::arch::asm!(
                "sdot {sum:v}.4s, {bytes:v}.16b, {weights:v}.16b",
                sum = inout(vreg) sum,
                bytes = in(vreg) bytes,
                weights = in(vreg) weights,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        sum
    }
);

/// One word to all lanes.
///
/// # Safety
///
/// Four bytes from `at` on must be readable.
#[target_feature(enable = "neon")]
unsafe fn words<const T: usize>(at: *const i8, _: usize) -> int8x16_t {
    // SAFETY: the caller made sure of these bytes.
    vreinterpretq_s8_s32(vdupq_n_s32(unsafe { at.cast::<i32>().read_unaligned() }))
}

#[target_feature(enable = "neon")]
fn zero() -> int32x4_t {
    vdupq_n_s32(0)
}

#[target_feature(enable = "neon")]
fn add(a: int32x4_t, b: int32x4_t) -> int32x4_t {
    vaddq_s32(a, b)
}

#[target_feature(enable = "neon")]
fn weights(bytes: &[i8; 16]) -> int8x16_t {
    // SAFETY: an array of 16 bytes is as long as a vector.
    unsafe { vld1q_s8(bytes.as_ptr()) }
}

#[target_feature(enable = "neon")]
fn load(row: &[i32], panel: usize) -> int32x4_t {
    let lanes: &[i32; 4] = &row.as_chunks().0[panel];
    // SAFETY: an array of 4 words is as long as a vector.
    unsafe { vld1q_s32(lanes.as_ptr()) }
}

/// Four taps of 16 channels, those of each channel side by side.
///
/// # Safety
///
/// 16 bytes from `corner` plus every step on must lie in the image.
#[target_feature(enable = "neon")]
unsafe fn gather(image: &[i8], corner: usize, steps: &[i32; 4]) -> [int8x16_t; 4] {
    // SAFETY: passed on to the caller.
    let [a, b, c, d] = steps.map(|step| unsafe { vld1q_s8(image.as_ptr().add(corner + step as usize)) });
    let pairs = [vzip1q_s8(a, b), vzip1q_s8(c, d), vzip2q_s8(a, b), vzip2q_s8(c, d)];
    let [low01, low23, high01, high23] = pairs.map(|pair| vreinterpretq_s16_s8(pair));
    [
        vzip1q_s16(low01, low23),
        vzip2q_s16(low01, low23),
        vzip1q_s16(high01, high23),
        vzip2q_s16(high01, high23),
    ]
    .map(|words| vreinterpretq_s8_s16(words))
}

/// What rescales the lanes of a panel.
#[derive(Clone, Copy)]
struct Scale {
    multiplier: int32x4_t,
    rounding: int32x4_t,
    /// Negated: NEON shifts to the left.
    shift: int32x4_t,
}

#[target_feature(enable = "neon")]
fn scale(rows: &Rows<'_>, panel: usize) -> Scale {
    let (multiplier, rounding) = (load(rows.multipliers(), panel), load(rows.roundings(), panel));
    let shift = load(rows.shifts(), panel);
    Scale { multiplier, rounding, shift: vnegq_s32(shift) }
}

/// Sums to outputs: [`fixed::Factor::apply`](crate::fixed::Factor::apply) plus the output's zero point, which the
/// roundings hold, for factors below one half whose sums cannot overflow, which `pack` made sure of.
#[target_feature(enable = "neon")]
fn rescale(sums: int32x4_t, scale: &Scale) -> int32x4_t {
    let product = vqrdmulhq_s32(sums, scale.multiplier);
    let ties = vshrq_n_s32::<31>(product);
    vshlq_s32(vaddq_s32(vaddq_s32(product, scale.rounding), ties), scale.shift)
}

/// Rescales the sums of pixels that follow each other and writes their channels.
#[target_feature(enable = "neon")]
fn write<const M: usize, const P: usize>(
    block: &mut Block<'_>,
    scales: &[Scale; P],
    sums: [[int32x4_t; P]; M],
    pixel: usize,
) {
    let (channels, first, rescaling) = (block.tables.channels, block.first, block.tables.rescaling);
    let count = (channels - first).min(P * 4);
    let to = &mut block.to[pixel * channels + first..][..(M - 1) * channels + count];
    let (min, max) = (vdupq_n_s8(rescaling.min as i8), vdupq_n_s8(rescaling.max as i8));
    for (m, sums) in sums.into_iter().enumerate() {
        // Panels that are not there repeat the last.
        let narrow = |p: usize| vqmovn_s32(rescale(sums[p.min(P - 1)], &scales[p.min(P - 1)]));
        let (low, high) = (vcombine_s16(narrow(0), narrow(1)), vcombine_s16(narrow(2), narrow(3)));
        let bytes = vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
        let mut written = [0i8; BLOCK];
        // SAFETY: an array of 16 bytes is as long as a vector.
        unsafe { vst1q_s8(written.as_mut_ptr(), vminq_s8(vmaxq_s8(bytes, min), max)) };
        let to = &mut to[m * channels..][..count];
        match to.as_chunks_mut().0 {
            [whole] => *whole = written,
            _ => to.copy_from_slice(&written[..count]),
        }
    }
}
