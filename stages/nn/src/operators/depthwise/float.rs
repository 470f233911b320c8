//! DEPTHWISE_CONV_2D, float32.

use crate::kernels::Constants;
use crate::kernels::float::{get, pair, put, word};
use crate::kernels::window::{reaches, taps};
use crate::op::{Bounds, Image, Span, Window, spans};

/// DEPTHWISE_CONV_2D, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatDepthwise<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Weights, `[row][column][out channel]`.
    pub weights: Span,
    /// One bias per output channel.
    pub biases: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// Output channels per input channel.
    pub multiplier: u32,
    /// The sliding window.
    pub window: Window,
    /// Bounds of the output.
    pub bounds: Bounds,
}

spans!(FloatDepthwise { input: Read, output: Write } { weights, biases, from, to, multiplier, window, bounds });

/// Convolves each input channel with its own kernels.
pub(crate) fn depthwise(op: &FloatDepthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let channels = op.to.channels as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            // TFLite begins with the bias; a network that rounds between its layers tells the difference.
            let mut sum = word(biases[channel]);
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let value = get(&image[at + channel / op.multiplier as usize]);
                sum += value * word(weights[tap * channels + channel]);
            });
            *out = put(op.bounds.clamp(sum));
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::FloatDepthwise;
    use crate::error::ModelError;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::planner::window::Filter;

    impl<'a> Lowering<'_, 'a> {
        /// DEPTHWISE_CONV_2D.
        pub(in crate::operators::depthwise) fn float_depthwise_conv_2d(
            &mut self,
            node: &Node<'_, 'a>,
        ) -> Result<(), ModelError> {
            let (Filter { input, weights, output, from, kernel, to, window }, activation) =
                node.depthwise_filter()?;
            let op = FloatDepthwise {
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                weights: self.floats(node, &weights)?,
                biases: self.float_biases(node, node.optional(2), to.channels as usize)?,
                from,
                to,
                multiplier: kernel.channels / from.channels,
                window,
                bounds: node.bounds(activation)?,
            };
            self.macs = output.tensor.count() as u64 * u64::from(kernel.height) * u64::from(kernel.width);
            self.ops.push(Op::FloatDepthwise(op));
            Ok(())
        }
    }
}
