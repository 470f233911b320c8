//! CONV_2D, float32.

use crate::kernels::Constants;
use crate::kernels::float::{Bytes, get, pair, put, word};
use crate::kernels::window::{reaches, taps};
use crate::op::{Bounds, Image, Layout, Span, Window, spans};

/// CONV_2D, float32. Weights and biases lie in the pool of words, as the bits of floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatConv<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Weights, `[out channel][row][column][depth]`.
    pub weights: Span,
    /// One bias per output channel.
    pub biases: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// Channels that each weight kernel reads.
    pub depth: u32,
    /// The sliding window.
    pub window: Window,
    /// Bounds of the output.
    pub bounds: Bounds,
    /// Layout of the weights.
    pub layout: Layout,
}

spans!(FloatConv { input: Read, output: Write } { weights, biases, from, to, depth, window, bounds, layout });

/// Convolves an image with one kernel per output channel.
pub(crate) fn conv(op: &FloatConv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let (depth, channels) = (op.depth as usize, op.to.channels as usize);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    let group = channels / (op.from.channels / op.depth) as usize;
    for (pixel, outputs) in output.chunks_exact_mut(channels).enumerate() {
        let (batch, rows, columns) = reaches(pixel, &op.window, op.from, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = 0.0;
            taps(rows, columns, &op.window, op.from, |tap, at| {
                let inputs: &[Bytes] = &image[at + channel / group * depth..][..depth];
                for (x, w) in inputs.iter().zip(&weights[tap * depth..][..depth]) {
                    sum += get(x) * word(*w);
                }
            });
            *out = put(op.bounds.clamp(sum + word(biases[channel])));
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::FloatConv;
    use crate::error::ModelError;
    use crate::op::{Layout, Op, Span};
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::planner::window::Filter;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// CONV_2D.
        pub(in crate::operators::conv) fn float_conv_2d(
            &mut self,
            node: &Node<'_, 'a>,
        ) -> Result<(), ModelError> {
            let (Filter { input, weights, output, from, kernel, to, window }, activation) = node.filter()?;
            let hybrid = weights.tensor.element == Element::I8;
            let grouped = kernel.channels != from.channels;
            let (weights_span, layout) = match (hybrid, grouped) {
                (true, _) => (Span::default(), Layout::Plain),
                (_, true) => (self.floats(node, &weights)?, Layout::Plain),
                _ => self.float_panels(node, &weights, to.channels as usize)?,
            };
            let op = FloatConv {
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                weights: weights_span,
                biases: self.float_biases(node, node.optional(2), to.channels as usize)?,
                from,
                to,
                depth: kernel.channels,
                window,
                bounds: node.bounds(activation)?,
                layout,
            };
            self.macs =
                output.tensor.count() as u64 * (weights.tensor.count() / kernel.batch as usize) as u64;
            if hybrid {
                return self.push_hybrid_conv(node, op, &weights);
            }
            self.ops.push(Op::FloatConv(op));
            Ok(())
        }
    }
}
