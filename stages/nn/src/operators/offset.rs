//! CONV_2D and DEPTHWISE_CONV_2D whose weights have a zero point: those of files that were uint8. Plain loops.
//!
//! Reference: TFLite's `reference_ops::Conv` and `reference_ops::DepthwiseConv` on uint8.

use crate::kernels::window::{reaches, taps};
use crate::kernels::{Channels, Constants, pair};
#[cfg(feature = "std")]
use crate::op::Access;
use crate::op::{Conv, Depthwise, Span};

/// CONV_2D of int8 whose weights have a zero point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetConv<A = Span> {
    /// The convolution; its weights are plain.
    pub conv: Conv<A>,
    /// Added to each weight: its zero point, negated.
    pub weights_offset: i32,
}

/// DEPTHWISE_CONV_2D of int8 whose weights have a zero point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetDepthwise<A = Span> {
    /// The convolution; its weights are plain.
    pub conv: Depthwise<A>,
    /// Added to each weight: its zero point, negated.
    pub weights_offset: i32,
}

macro_rules! of_conv {
    ($of:ident) => {
        #[cfg(feature = "std")]
        impl<A> $of<A> {
            /// Shows every span of the arena.
            pub(crate) fn visit(&mut self, each: &mut dyn FnMut(Access, &mut A)) {
                self.conv.visit(each);
            }

            /// The same operation with other spans of the arena.
            pub(crate) fn placed<B>(self, place: &mut dyn FnMut(A) -> B) -> $of<B> {
                $of { conv: self.conv.placed(place), weights_offset: self.weights_offset }
            }
        }
    };
}

of_conv!(OffsetConv);
of_conv!(OffsetDepthwise);

/// Convolves an image with one kernel per output channel.
pub(crate) fn conv(op: &OffsetConv, constants: Constants<'_>, arena: &mut [i8]) {
    let OffsetConv { conv: op, weights_offset } = op;
    let (input, output) = pair(arena, op.input, op.output);
    let (weights, words) =
        (&constants.bytes[op.weights.range()], Channels::of(&constants.words[op.channels.range()]));
    let (depth, channels) = (op.depth as usize, op.to.channels as usize);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    let group = channels / (op.from.channels / op.depth) as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = words.biases[channel];
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let inputs = &image[at + channel / group * depth..][..depth];
                for (x, w) in inputs.iter().zip(&weights[tap * depth..]) {
                    let product =
                        (i32::from(*x) + op.rescaling.input_offset) * (i32::from(*w) + weights_offset);
                    sum = sum.wrapping_add(product);
                }
            });
            *out = words.output(channel, sum, &op.rescaling);
        }
    }
}

/// Convolves each input channel with its own kernels.
pub(crate) fn depthwise(op: &OffsetDepthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let OffsetDepthwise { conv: op, weights_offset } = op;
    let (input, output) = pair(arena, op.input, op.output);
    let (weights, words) =
        (&constants.bytes[op.weights.range()], Channels::of(&constants.words[op.channels.range()]));
    let channels = op.to.channels as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let mut sum = words.biases[channel];
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let x = i32::from(image[at + channel / op.multiplier as usize]) + op.rescaling.input_offset;
                sum = sum.wrapping_add(x * (i32::from(weights[tap * channels + channel]) + weights_offset));
            });
            *out = words.output(channel, sum, &op.rescaling);
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::{OffsetConv, OffsetDepthwise};
    use crate::error::ModelError;
    use crate::op::{Conv, Depthwise, Op};
    use crate::planner::node::{Node, Operand};
    use crate::planner::{Lowering, Unplaced};

    impl<'a> Lowering<'_, 'a> {
        /// What is to be added to the weights of a convolution: nothing, unless the file was uint8.
        pub(crate) fn weights_offset(
            &self,
            node: &Node<'_, 'a>,
            weights: &Operand<'_, 'a>,
        ) -> Result<i32, ModelError> {
            let zeros = weights.tensor.quantisation.zero_points;
            match (zeros.get(0), zeros.len()) {
                (Some(zero), 1) if self.is_of_uint8() => Ok(-(zero.clamp(-128, 127) as i32)),
                _ => self.symmetric(node, weights).map(|()| 0),
            }
        }

        /// Adds a convolution whose weights have a zero point.
        pub(crate) fn push_offset_conv(
            &mut self,
            conv: Conv<Unplaced>,
            weights_offset: i32,
            weights: &[u8],
            words: &[i32],
        ) -> Result<(), ModelError> {
            let (weights, channels) =
                (self.pools.contents(weights)?, self.pools.words(words.iter().copied())?);
            let conv = Conv { weights, channels, ..conv };
            self.ops.push(Op::OffsetConv(OffsetConv { conv, weights_offset }));
            Ok(())
        }

        /// Adds a depthwise convolution whose weights have a zero point.
        pub(crate) fn push_offset_depthwise(
            &mut self,
            conv: Depthwise<Unplaced>,
            weights_offset: i32,
            weights: &[u8],
            words: &[i32],
        ) -> Result<(), ModelError> {
            let (weights, channels) =
                (self.pools.contents(weights)?, self.pools.words(words.iter().copied())?);
            let conv = Depthwise { weights, channels, ..conv };
            self.ops.push(Op::OffsetDepthwise(OffsetDepthwise { conv, weights_offset }));
            Ok(())
        }
    }
}
