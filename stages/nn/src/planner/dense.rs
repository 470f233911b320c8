//! FULLY_CONNECTED.

use super::Lowering;
use super::node::{Node, Operand};
use super::pack::Weighted;
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{FullyConnected, Layout, Span};
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
}

impl<'a> Node<'_, 'a> {
    /// Rows, inputs and outputs of a FULLY_CONNECTED whose weights are `[outputs, inputs]`.
    pub(crate) fn matrix(
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
}
