//! FULLY_CONNECTED.
//!
//! Reference: TFLite's `reference_integer_ops::FullyConnected` and its per-channel form.

use crate::kernels::float::{put, word};
use crate::kernels::{Channels, Constants, SHARES, TOGETHER, dot, dots, float, int16, pair};
use crate::op::{Bounds, Conv, Image, Layout, Rescaling, Span, Window, spans};

/// FULLY_CONNECTED, int8 or int16. Weights are `[output][input]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullyConnected<A = Span> {
    /// Input in the arena, `rows · inputs` elements.
    pub input: A,
    /// Output in the arena, `rows · outputs` elements.
    pub output: A,
    /// Weights in the pool of bytes.
    pub weights: Span,
    /// Per output, in the pool of words: all biases, all multipliers, all shifts.
    pub channels: Span,
    /// Vectors that are multiplied with the same weights.
    pub rows: u32,
    /// Length of an input vector.
    pub inputs: u32,
    /// Length of an output vector.
    pub outputs: u32,
    /// Added to each weight: its zero point, negated.
    pub weights_offset: i32,
    /// Offsets and output range.
    pub rescaling: Rescaling,
    /// Layout of the weights.
    pub layout: Layout,
}

impl<A: Copy + Default> FullyConnected<A> {
    /// The convolution that it is: its vectors are pixels of a single row, its window is one of them.
    pub fn as_conv(&self) -> Conv<A> {
        let pixels = |channels| Image { batch: 1, height: 1, width: self.rows, channels };
        let window = Window {
            height: 1,
            width: 1,
            stride_y: 1,
            stride_x: 1,
            dilation_y: 1,
            dilation_x: 1,
            pad_top: 0,
            pad_left: 0,
        };
        Conv {
            input: self.input,
            output: self.output,
            scratch: A::default(),
            weights: self.weights,
            channels: self.channels,
            from: pixels(self.inputs),
            to: pixels(self.outputs),
            depth: self.inputs,
            window,
            rescaling: self.rescaling,
            layout: self.layout,
        }
    }
}

spans!(FullyConnected { input: Read, output: Write } { weights, channels, rows, inputs, outputs, weights_offset, rescaling, layout });

/// FULLY_CONNECTED, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatFullyConnected<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Weights, `[output][input]`.
    pub weights: Span,
    /// One bias per output.
    pub biases: Span,
    /// Length of an input vector.
    pub inputs: u32,
    /// Length of an output vector.
    pub outputs: u32,
    /// Bounds of the output.
    pub bounds: Bounds,
    /// Layout of the weights.
    pub layout: Layout,
}

spans!(FloatFullyConnected { input: Read, output: Write } { weights, biases, inputs, outputs, bounds, layout });

/// Multiplies each input vector with the matrix of weights.
pub(crate) fn fully_connected(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let channels = Channels::of(&constants.words[op.channels.range()]);
    let (inputs, outputs) = (op.inputs as usize, op.outputs as usize);
    let offset = op.rescaling.input_offset;
    for (vector, results) in input.chunks_exact(inputs).zip(output.chunks_exact_mut(outputs)) {
        // A zero point of the weights adds the same to every output: itself times the sum of the inputs.
        let total = match op.weights_offset {
            0 => 0,
            shift => vector
                .iter()
                .fold(0i32, |sum, x| sum.wrapping_add(i32::from(*x) + offset))
                .wrapping_mul(shift),
        };
        let mut channel = 0;
        while channel < outputs {
            let (mut sums, weights) = ([total; TOGETHER], &weights[channel * inputs..]);
            let count = if SHARES && channel + TOGETHER <= outputs {
                dots(&mut sums, vector, weights, inputs, offset);
                TOGETHER
            } else {
                sums[0] = total.wrapping_add(dot(vector, weights, offset));
                1
            };
            for sum in &sums[..count] {
                let sum = channels.biases[channel].wrapping_add(*sum);
                results[channel] = channels.output(channel, sum, &op.rescaling);
                channel += 1;
            }
        }
    }
}

/// The same of int16.
pub(crate) fn int16(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = int16::pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let table = int16::Channels::of(constants, op.channels, op.outputs);
    let vectors = input.chunks_exact(op.inputs as usize).zip(output.chunks_exact_mut(op.outputs as usize));
    for (vector, results) in vectors {
        for (channel, (row, out)) in weights.chunks_exact(op.inputs as usize).zip(results).enumerate() {
            *out = table.output(channel, int16::dot(vector, row, op.weights_offset), &op.rescaling);
        }
    }
}

/// The same of floats.
pub(crate) fn float(op: &FloatFullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = float::pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let vectors = input.chunks_exact(op.inputs as usize).zip(output.chunks_exact_mut(op.outputs as usize));
    for (vector, results) in vectors {
        for ((row, bias), out) in weights.chunks_exact(op.inputs as usize).zip(biases).zip(results) {
            *out = put(op.bounds.clamp(float::dot(vector, row) + word(*bias)));
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::{FloatFullyConnected, FullyConnected};
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::{Layout, Op, Span};
    use crate::planner::Lowering;
    use crate::planner::node::{Node, Operand};
    use crate::planner::pack::Weighted;
    use crate::planner::streaming::{Rule, axis, when};
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// FULLY_CONNECTED: input of any shape, weights `[outputs, inputs]`, bias.
        pub(crate) fn fully_connected(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, weights, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
            if input.tensor.element == Element::F32 {
                return self.float_fully_connected(node);
            }
            let int16 = node.is_int16(&[&input, &output])?;
            node.expect(&weights, Element::I8)?;
            let (rows, inputs, outputs) = node.matrix(&input, &weights, &output)?;
            let options = node.options()?;
            let rescaling = node.rescaling(&input, &output, options.i8(0, 0)?)?;
            let scales = weights.tensor.quantisation.scales;
            let (factors, weights_offset) = if scales.len() > 1 {
                self.symmetric(node, &weights)?;
                (node.channel_factors(&input, &weights, &output, 0)?, 0)
            } else {
                // Unlike in a convolution, TFLite multiplies these two scales as 32-bit floats.
                let (scale, zero_point) = node.affine(&weights)?;
                let product = f64::from(node.affine(&input)?.0 * scale);
                let factor = node.factor(&weights, product / f64::from(node.affine(&output)?.0))?;
                (vec![factor; outputs], -zero_point)
            };
            let op = FullyConnected {
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                weights: Span::default(),
                channels: Span::default(),
                rows: rows as u32,
                inputs: inputs as u32,
                outputs: outputs as u32,
                weights_offset,
                rescaling,
                layout: Layout::Plain,
            };
            self.macs = rows as u64 * weights.tensor.count() as u64;
            let (op, weights) = (Weighted::FullyConnected(op), node.contents(&weights)?);
            let biases = node.biases(node.optional(2), &factors)?;
            if int16 { self.push_int16(op, weights, &biases) } else { self.push_int8(op, weights, &biases) }
        }

        fn float_fully_connected(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, weights, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
            node.expect(&output, Element::F32)?;
            let (_, inputs, outputs) = node.matrix(&input, &weights, &output)?;
            let (weights_span, layout) = self.float_panels(node, &weights, outputs)?;
            let op = FloatFullyConnected {
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                weights: weights_span,
                biases: self.float_biases(node, node.optional(2), outputs)?,
                inputs: inputs as u32,
                outputs: outputs as u32,
                bounds: node.bounds(node.options()?.i8(0, 0)?)?,
                layout,
            };
            self.macs = input.tensor.count() as u64 * outputs as u64;
            self.ops.push(Op::FloatFullyConnected(op));
            Ok(())
        }
    }

    impl<'a> Node<'_, 'a> {
        /// Rows, inputs and outputs of a FULLY_CONNECTED whose weights are `[outputs, inputs]`.
        fn matrix(
            &self,
            input: &Operand<'_, 'a>,
            weights: &Operand<'_, 'a>,
            output: &Operand<'_, 'a>,
        ) -> Result<(usize, usize, usize), ModelError> {
            let format = self.options()?.i8(1, 0)?;
            if format != 0 {
                let found = format!("weights format number {format}");
                return Err(self.refuse(ModelErrorKind::Unsupported, found, "the default format"));
            }
            let [outputs, inputs] = weights.tensor.shape[..] else {
                return Err(self.shape(weights, "two dimensions"));
            };
            if !input.tensor.count().is_multiple_of(inputs) {
                return Err(self.shape(input, format!("a multiple of {inputs} items")));
            }
            let rows = input.tensor.count() / inputs;
            if output.tensor.shape.last() != Some(&outputs) || output.tensor.count() != rows * outputs {
                return Err(self.shape(output, format!("{rows} rows of {outputs} items")));
            }
            Ok((rows, inputs, outputs))
        }

        /// How it treats the rows of a stream: vectors that lie in one row stay in it.
        pub(crate) fn dense(&self, rows: usize) -> Result<Rule, ModelError> {
            let (input, output) = (self.input(0)?.tensor, self.output(0)?.tensor);
            let inputs = self.input(1)?.tensor.shape.get(1).copied().unwrap_or(0).max(1);
            let apart = axis(&input.shape, rows).is_some() && (input.count() / rows).is_multiple_of(inputs);
            Ok(when(apart && axis(&output.shape, rows).is_some()))
        }
    }
}
