//! From scales and zero points to the integers that kernels use, as TFLite computes them.

use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::fixed::Factor;
use crate::op::{Integer, Rescaling};
use crate::schema::Element;

/// Range of an element type's integers.
pub(crate) fn range(element: Element) -> (i32, i32) {
    match element {
        Element::U8 => (0, 255),
        Element::I16 => (i32::from(i16::MIN), i32::from(i16::MAX)),
        Element::I32 => (i32::MIN, i32::MAX),
        _ => (i32::from(i8::MIN), i32::from(i8::MAX)),
    }
}

impl<'a> Node<'_, 'a> {
    /// The element type of a tensor of integers.
    pub(crate) fn integer(&self, operand: &Operand<'_, 'a>) -> Result<Integer, ModelError> {
        match operand.tensor.element {
            Element::I8 => Ok(Integer::I8),
            Element::U8 => Ok(Integer::U8),
            Element::I16 => Ok(Integer::I16),
            Element::I32 => Ok(Integer::I32),
            other => {
                let found = format!("element `{other:?}`");
                Err(self.error(ModelErrorKind::Unsupported, operand, found, "integers of 8, 16 or 32 bits"))
            }
        }
    }

    /// Whether all of these are int16; otherwise they must all be int8.
    pub(crate) fn is_int16(&self, operands: &[&Operand<'_, 'a>]) -> Result<bool, ModelError> {
        let int16 = operands[0].tensor.element == Element::I16;
        for operand in operands {
            self.expect(operand, if int16 { Element::I16 } else { Element::I8 })?;
        }
        Ok(int16)
    }

    /// Scale and zero point of a tensor that has one of each.
    pub(crate) fn affine(&self, operand: &Operand<'_, 'a>) -> Result<(f32, i32), ModelError> {
        let quantisation = &operand.tensor.quantisation;
        let (scales, zero_points) = (&quantisation.scales, &quantisation.zero_points);
        let (low, high) = range(operand.tensor.element);
        let zero_point = zero_points.get(0).unwrap_or(0);
        match scales.get(0) {
            Some(scale) if scales.len() == 1 && scale > 0.0 => {
                let inside = i64::from(low) <= zero_point && zero_point <= i64::from(high);
                let zero_point = inside.then_some(zero_point as i32);
                Ok((
                    scale,
                    zero_point.ok_or_else(|| {
                        let found = format!("zero point {}", zero_points.get(0).unwrap_or(0));
                        self.error(ModelErrorKind::Quantisation, operand, found, format!("{low} to {high}"))
                    })?,
                ))
            }
            _ => {
                let found = format!("{} scales, the first {:?}", scales.len(), scales.get(0));
                let expected = "one scale above zero; convert the model with full integer quantisation";
                Err(self.error(ModelErrorKind::Quantisation, operand, found, expected))
            }
        }
    }

    /// A factor between scales, as TFLite stores it.
    pub(crate) fn factor(&self, operand: &Operand<'_, 'a>, real: f64) -> Result<Factor, ModelError> {
        Factor::from_real(real).ok_or_else(|| {
            let found = format!("a rescaling by {real:e}");
            self.error(ModelErrorKind::Quantisation, operand, found, "one from 0 to 2^30")
        })
    }

    /// Output range under a fused activation, by its number in the schema (TFLite's
    /// `CalculateActivationRangeQuantized`).
    pub(crate) fn activation(
        &self,
        output: &Operand<'_, 'a>,
        activation: i8,
    ) -> Result<(i32, i32), ModelError> {
        let (scale, zero_point) = self.affine(output)?;
        let (low, high) = range(output.tensor.element);
        let quantised = |real: f32| {
            let steps = (real / scale).round();
            // Beyond 2^31 TFLite refuses the file; saturating here keeps the range right.
            zero_point.saturating_add(steps as i32)
        };
        let (min, max) = match activation {
            0 => (low, high),
            1 => (low.max(quantised(0.0)), high),
            2 => (low.max(quantised(-1.0)), high.min(quantised(1.0))),
            3 => (low.max(quantised(0.0)), high.min(quantised(6.0))),
            other => {
                let found = format!("fused activation number {other}");
                return Err(self.refuse(
                    ModelErrorKind::Unsupported,
                    found,
                    "none, RELU, RELU_N1_TO_1 or RELU6",
                ));
            }
        };
        Ok((min, max.max(min)))
    }

    /// Offsets and output range of an operator with one input and one output.
    pub(crate) fn rescaling(
        &self,
        input: &Operand<'_, 'a>,
        output: &Operand<'_, 'a>,
        activation: i8,
    ) -> Result<Rescaling, ModelError> {
        let (min, max) = self.activation(output, activation)?;
        Ok(Rescaling {
            input_offset: -self.affine(input)?.1,
            output_offset: self.affine(output)?.1,
            min,
            max,
        })
    }

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

    /// Demands that two tensors have one quantisation, since bytes move between them unchanged.
    pub(crate) fn same_quantisation(
        &self,
        a: &Operand<'_, 'a>,
        b: &Operand<'_, 'a>,
    ) -> Result<(), ModelError> {
        let of = |operand: &Operand<'_, 'a>| {
            let quantisation = &operand.tensor.quantisation;
            (quantisation.scales.get(0), quantisation.zero_points.get(0).unwrap_or(0))
        };
        if of(a) == of(b) || a.tensor.element.size() > 2 {
            return Ok(());
        }
        let found = format!("scale {:?} and zero point {}", of(b).0, of(b).1);
        let expected = format!("{:?} and {}, as `{}`", of(a).0, of(a).1, a.tensor.name);
        Err(self.error(ModelErrorKind::Quantisation, b, found, expected))
    }
}
