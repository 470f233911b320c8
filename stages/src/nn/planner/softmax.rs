//! SOFTMAX.

use super::Lowering;
use super::node::Node;
use crate::nn::error::{ModelError, ModelErrorKind};
use crate::nn::fixed::Factor;
use crate::nn::op::{Op, Softmax};
use crate::nn::schema::Element;

/// Integer bits of the scaled differences of inputs.
const DIFFERENCE_BITS: i32 = 5;

impl<'a> Lowering<'_, 'a> {
    /// SOFTMAX over the last dimension (TFLite's `PreprocessSoftmaxScaling` and `CalculateInputRadius`).
    pub(super) fn softmax(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        if input.tensor.shape != output.tensor.shape {
            return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
        }
        let Some(depth) = input.tensor.shape.last() else {
            return Err(node.shape(&input, "at least one dimension"));
        };
        if input.tensor.element == Element::F32 {
            return self.float_softmax(node, *depth);
        }
        node.expect(&input, Element::I8)?;
        node.expect(&output, Element::I8)?;
        let (scale, zero_point) = node.affine(&output)?;
        if scale != 1.0 / 256.0 || zero_point != -128 {
            let found = format!("scale {scale} and zero point {zero_point}");
            return Err(node.error(ModelErrorKind::Quantisation, &output, found, "1/256 and -128"));
        }
        let beta = f64::from(node.options()?.f32(0, 0.0)?);
        let real = beta * f64::from(node.affine(&input)?.0) * f64::from(1u32 << (31 - DIFFERENCE_BITS));
        let factor =
            Factor::from_real(real.min(f64::from(i32::MAX))).filter(|factor| factor.shift >= 0 && real > 1.0);
        let Some(Factor { multiplier, shift }) = factor else {
            let found = format!("beta {beta} on scale {}", node.affine(&input)?.0);
            return Err(node.refuse(ModelErrorKind::Quantisation, found, "a product above 2^-26"));
        };
        let radius = f64::from((1 << DIFFERENCE_BITS) - 1) * f64::from(1u32 << (31 - DIFFERENCE_BITS));
        let op = Softmax {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            depth: *depth as u32,
            multiplier,
            left_shift: shift,
            least_difference: -((radius / f64::from(1u32 << shift)).floor() as i32),
        };
        self.ops.push(Op::Softmax(op));
        Ok(())
    }
}
