//! Functions of single numbers: LOGISTIC, TANH, RELU and its kin, and QUANTIZE between bytes. On bytes they are tables.

pub(crate) mod float;
pub(crate) mod int16;

use crate::kernels::Constants;
use crate::op::{Span, spans};

/// Maps each byte through a table of 256: LOGISTIC, TANH, RELU and its kin, QUANTIZE between bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena; may be the input.
    pub output: A,
    /// In the pool of bytes: the output for each input, from 0 to 255 as an unsigned byte.
    pub table: Span,
}

spans!(Table { input: Read, output: Write } { table });

/// Maps each byte of the input; the output may be the input.
pub(crate) fn table(op: &Table, constants: Constants<'_>, arena: &mut [i8]) {
    let table = &constants.bytes[op.table.range()];
    for (from, to) in op.input.range().zip(op.output.range()) {
        arena[to] = table[usize::from(arena[from] as u8)];
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::Table;
    use crate::error::{ModelError, ModelErrorKind};
    use crate::fixed::{self, Factor, rounding_shift_right};
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::{Node, Operand};
    use crate::planner::operators::code;
    use crate::planner::quantise::range;
    use crate::schema::Element;

    /// Integer bits of the argument of logistic and tanh.
    const ARGUMENT_BITS: i32 = 4;

    impl<'a> Lowering<'_, 'a> {
        /// Any operator that maps each byte on its own: TFLite's arithmetic, run once for each of the 256 inputs.
        pub(crate) fn unary(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            let quantize = node.operator.code.code == code::QUANTIZE;
            if input.tensor.element == Element::F32 {
                return if quantize { self.requantise(node) } else { self.float_unary(node) };
            }
            if [&input, &output].iter().any(|operand| operand.tensor.element.size() > 1) {
                return self.int16_unary(node);
            }
            for operand in [&input, &output] {
                match operand.tensor.element {
                    Element::I8 => {}
                    Element::U8 if quantize => {}
                    _ => {
                        return Err(node
                            .expect(operand, Element::I8)
                            .err()
                            .unwrap_or_else(|| node.unsupported()));
                    }
                }
            }
            if input.tensor.count() != output.tensor.count() {
                return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
            }
            let function = node.function(&input, &output)?;
            let signed = input.tensor.element == Element::I8;
            let table: Vec<u8> = (0..=255u8)
                .map(|byte| function(if signed { i32::from(byte as i8) } else { i32::from(byte) }) as u8)
                .collect();
            let table = self.pools.table(&table)?;
            let input = self.read(node, &input)?;
            let output = self.write(node, &output)?;
            self.ops.push(Op::Table(Table { input, output, table }));
            Ok(())
        }
    }

    impl<'a> Node<'_, 'a> {
        /// The operator as a function from input integers to output integers.
        fn function(
            &self,
            input: &Operand<'_, 'a>,
            output: &Operand<'_, 'a>,
        ) -> Result<Box<dyn Fn(i32) -> i32>, ModelError> {
            let ((from, from_zero), (to, to_zero)) = (self.affine(input)?, self.affine(output)?);
            let code = self.operator.code.code;
            if code == code::RELU6 {
                // TFLite Micro clamps in the input's own quantisation.
                let (low, high) = self.activation(input, 3)?;
                return Ok(Box::new(move |x| x.max(low).min(high)));
            }
            if code == code::LOGISTIC || code == code::TANH {
                return self.sigmoid(input, output);
            }
            let factor = self.factor(output, f64::from(from) / f64::from(to))?;
            let (low, high) = self.relu_range(output)?;
            Ok(Box::new(move |x| factor.apply(x - from_zero).saturating_add(to_zero).max(low).min(high)))
        }

        /// Range of the output of RELU and its kin, or of QUANTIZE.
        pub(crate) fn relu_range(&self, output: &Operand<'_, 'a>) -> Result<(i32, i32), ModelError> {
            match self.operator.code.code {
                code::RELU => self.activation(output, 1),
                code::RELU_N1_TO_1 => self.activation(output, 2),
                _ => Ok(range(output.tensor.element)),
            }
        }

        /// LOGISTIC and TANH (TFLite's `reference_integer_ops`).
        fn sigmoid(
            &self,
            input: &Operand<'_, 'a>,
            output: &Operand<'_, 'a>,
        ) -> Result<Box<dyn Fn(i32) -> i32>, ModelError> {
            let (scale, zero) = self.affine(input)?;
            let logistic = self.operator.code.code == code::LOGISTIC;
            let expected = if logistic { (1.0 / 256.0, -128) } else { (1.0 / 128.0, 0) };
            let (found_scale, found_zero) = self.affine(output)?;
            if (found_scale, found_zero) != expected {
                let found = format!("scale {found_scale} and zero point {found_zero}");
                let expected = format!("{} and {}", expected.0, expected.1);
                return Err(self.error(ModelErrorKind::Quantisation, output, found, expected));
            }
            let unit = f64::from(1u32 << (31 - ARGUMENT_BITS));
            let factor = self.factor(input, f64::from(scale) * unit)?;
            let Factor { shift, .. } = factor;
            if shift < 0 {
                let found = format!("scale {scale:e}");
                return Err(self.error(ModelErrorKind::Quantisation, input, found, "at least 2^-27"));
            }
            let radius = f64::from((1 << ARGUMENT_BITS) - 1) * unit / f64::from(1u32 << shift);
            let radius = radius.floor() as i32;
            Ok(Box::new(move |x| {
                let x = x - zero;
                if x <= -radius {
                    return -128;
                }
                if x >= radius {
                    return 127;
                }
                let scaled = factor.apply(x);
                let (value, offset) = match logistic {
                    true => (rounding_shift_right(fixed::logistic(scaled), 23), -128),
                    false => (rounding_shift_right(fixed::tanh(scaled), 24), 0),
                };
                (value + offset).clamp(-128, 127)
            }))
        }
    }
}
