//! SOFTMAX.

use super::Lowering;
use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::fixed::Factor;
use crate::op::{Op, Softmax};
use crate::schema::Element;

/// Integer bits of the scaled differences of inputs.
const DIFFERENCE_BITS: i32 = 5;

impl<'a> Lowering<'_, 'a> {
    /// SOFTMAX over the last dimension (TFLite's `PreprocessSoftmaxScaling` and `CalculateInputRadius`).
    pub(crate) fn softmax(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
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
        if input.tensor.element == Element::I16 {
            return self.int16_softmax(node, *depth);
        }
        node.expect(&input, Element::I8)?;
        let to_int16 = output.tensor.element == Element::I16;
        if to_int16 {
            node.expect_affine(&output, 1.0 / 65536.0, -32768)?;
        } else {
            node.expect(&output, Element::I8)?;
            node.expect_affine(&output, 1.0 / 256.0, -128)?;
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
        self.ops.push(if to_int16 { Op::SoftmaxToInt16(op) } else { Op::Softmax(op) });
        Ok(())
    }
}

impl<'a> Node<'_, 'a> {
    /// Demands a scale, to a thousandth as TFLite does, and a zero point.
    pub(crate) fn expect_affine(
        &self,
        operand: &Operand<'_, 'a>,
        scale: f32,
        zero_point: i32,
    ) -> Result<(), ModelError> {
        let (found, zero) = self.affine(operand)?;
        if (found - scale).abs() <= 0.001 * scale && zero == zero_point {
            return Ok(());
        }
        let found = format!("scale {found} and zero point {zero}");
        Err(self.error(ModelErrorKind::Quantisation, operand, found, format!("{scale} and {zero_point}")))
    }
}
