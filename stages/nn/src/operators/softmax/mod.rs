//! SOFTMAX, int8 to int8 or int16.
//!
//! Reference: TFLite's fixed-point `reference_ops::Softmax`.

pub(crate) mod float;
pub(crate) mod int16;

use crate::fixed::{doubling_high_multiply, exp_on_negative, reciprocal, rounding_shift_right};
use crate::kernels::cell::Cell;
use crate::kernels::{Constants, pair};
use crate::op::{Span, spans};

/// SOFTMAX over the last dimension, int8 to the integers of all its output's range: 256ths for int8, 65536ths for int16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax<A = Span> {
    /// Input in the arena, `rows · depth` bytes.
    pub input: A,
    /// Output in the arena, as many elements.
    pub output: A,
    /// Length of a row.
    pub depth: u32,
    /// Factor from differences of inputs to Q5.26: mantissa.
    pub multiplier: i32,
    /// Factor from differences of inputs to Q5.26: exponent.
    pub left_shift: i32,
    /// Differences below this one count as exp(−∞).
    pub least_difference: i32,
}

spans!(Softmax { input: Read, output: Write } { depth, multiplier, left_shift, least_difference });

/// Integer bits of the sum of exponentials; so at most 4095 of them can be one.
const SUM_BITS: i32 = 12;

/// Integer bits of the scaled differences.
const DIFFERENCE_BITS: i32 = 5;

/// Softmax of each row.
pub(crate) fn softmax<C: Cell>(op: &Softmax, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (depth, output) = (op.depth as usize, C::of_mut(output));
    for (row, results) in input.chunks_exact(depth).zip(output.chunks_exact_mut(depth)) {
        let greatest = row.iter().copied().max().map_or(0, i32::from);
        let exp = |value: i8| exponential(op, i32::from(value) - greatest);
        let exps = row.iter().filter_map(|value| exp(*value));
        let sum = exps.fold(0i32, |sum, exp| sum.wrapping_add(rounding_shift_right(exp, SUM_BITS)));
        let (scale, bits_over_unit) = reciprocal(sum, SUM_BITS);
        let exponent = (bits_over_unit + 31 - 8 * C::SIZE as i32).clamp(0, 31);
        for (value, out) in row.iter().zip(results) {
            *out = C::put(exp(*value).map_or(C::MIN, |exp| {
                let share = rounding_shift_right(doubling_high_multiply(scale, exp), exponent);
                share.wrapping_add(C::MIN).clamp(C::MIN, C::MAX)
            }));
        }
    }
}

/// exp of a difference from the row's greatest, in Q0.31; nothing where it is too small to count.
fn exponential(op: &Softmax, difference: i32) -> Option<i32> {
    (difference >= op.least_difference).then(|| {
        let scaled = doubling_high_multiply(difference.wrapping_shl(op.left_shift as u32), op.multiplier);
        exp_on_negative(scaled, DIFFERENCE_BITS)
    })
}

#[cfg(feature = "std")]
mod lower {
    use super::{DIFFERENCE_BITS, Softmax};
    use crate::error::{ModelError, ModelErrorKind};
    use crate::fixed::Factor;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

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
            // From here on even the least difference counts as exp(−∞), which is all that the mantissa would scale.
            let factor = if real >= f64::from(1u32 << 30) {
                Some(Factor { multiplier: i32::MAX, shift: 31 })
            } else {
                Factor::from_real(real).filter(|factor| factor.shift >= 0 && real > 1.0)
            };
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
}
