//! CONV_2D of floats with weights of bytes: TFLite's `EvalHybrid` and `EvalHybridPerChannel`.

use super::{Bytes, get, put, word};
use crate::kernels::window::{reaches, taps};
use crate::kernels::{self, Constants};
use crate::op::{HybridConv, Rounding};

/// Rounds each image to bytes, convolves those, and gives the sums their scale back.
pub(in crate::kernels) fn conv(op: &HybridConv, constants: Constants<'_>, arena: &mut [i8]) {
    let HybridConv { conv: op, scales, scratch, rounding } = op;
    let [input, output, rounded] = arena
        .get_disjoint_mut([op.input.range(), op.output.range(), scratch.range()])
        .expect("spans of a plan lie apart in the arena");
    let (input, output): (&[Bytes], &mut [Bytes]) = (input.as_chunks().0, output.as_chunks_mut().0);
    let (weights, biases) = (&constants.bytes[op.weights.range()], &constants.words[op.biases.range()]);
    let scales = &constants.words[scales.range()];
    let (depth, channels) = (op.depth as usize, op.to.channels as usize);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    let group = channels / (op.from.channels / op.depth) as usize;
    let images = input.chunks_exact(op.from.plane()).zip(output.chunks_exact_mut(op.to.plane()));
    for (image, outputs) in images {
        let steps = match rounding {
            Rounding::Symmetric => Steps::symmetric(image),
            Rounding::Asymmetric => Steps::asymmetric(image),
        };
        rounded.iter_mut().zip(image).for_each(|(to, from)| *to = steps.round(get(from)));
        for (pixel, outputs) in outputs.chunks_exact_mut(channels).enumerate() {
            let (_, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
            for (channel, out) in outputs.iter_mut().enumerate() {
                let weights = &weights[channel * kernel..][..kernel];
                let mut sum = 0i32;
                taps(rows, columns, &op.window, op.from, |tap, at| {
                    let inputs = &rounded[at + channel / group * depth..][..depth];
                    let products = kernels::dot(inputs, &weights[tap * depth..][..depth], -steps.zero);
                    sum = sum.wrapping_add(products);
                });
                let sum = sum as f32 * (steps.scale * word(scales[channel]));
                *out = put(op.bounds.clamp(sum + word(biases[channel])));
            }
        }
    }
}

/// The bytes that an image is rounded to.
struct Steps {
    /// Real value of one step.
    scale: f32,
    /// Steps of one.
    inverse: f32,
    /// Byte that stands for real zero.
    zero: i32,
    /// Least byte.
    least: f32,
}

impl Steps {
    /// TFLite's `SymmetricQuantizeFloats`.
    fn symmetric(image: &[Bytes]) -> Self {
        let range = image.iter().fold(0.0f32, |most, value| most.max(libm::fabsf(get(value))));
        let (scale, inverse) = if range == 0.0 { (1.0, 1.0) } else { (range / 127.0, 127.0 / range) };
        Self { scale, inverse, zero: 0, least: -127.0 }
    }

    /// TFLite's `AsymmetricQuantizeFloats`.
    fn asymmetric(image: &[Bytes]) -> Self {
        let values = image.iter().map(get);
        let (least, most) =
            values.fold((0.0f32, 0.0f32), |(least, most), value| (least.min(value), most.max(value)));
        let (least, most) = (f64::from(least), f64::from(most));
        if least == most {
            return Self { scale: 1.0, inverse: 1.0, zero: 0, least: -128.0 };
        }
        let scale = (most - least) / 255.0;
        // Seen from the end that is nearer to zero, its byte is more exact.
        let from_least = 128.0 - least / scale < 127.0 + most / scale;
        let zero = if from_least { -128.0 - least / scale } else { 127.0 - most / scale };
        let zero = libm::round(zero).clamp(-128.0, 127.0) as i32;
        Self { scale: scale as f32, inverse: 1.0 / scale as f32, zero, least: -128.0 }
    }

    fn round(&self, value: f32) -> i8 {
        libm::roundf(self.zero as f32 + value * self.inverse).clamp(self.least, 127.0) as i8
    }
}
