//! QUANTIZE and DEQUANTIZE: numbers at another scale, RELU and its kin on int16 among them. Between bytes, QUANTIZE is a
//! table of `unary`.
//!
//! Reference: TFLite's `reference_ops::Requantize` and `ReluQuantized`, and `AffineQuantize`.

use crate::fixed::Factor;
use crate::kernels::cell::Cell;
use crate::kernels::float::{get, put};
use crate::kernels::{Constants, pair};
use crate::op::{Integer, Span, spans};

/// QUANTIZE between integers, RELU and its kin on int16: each element is offset, rescaled, offset and clamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescale<A = Span> {
    /// Type of the input.
    pub from: Integer,
    /// Type of the output.
    pub to: Integer,
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Added to each input: its zero point, negated.
    pub input_offset: i32,
    /// Factor from input to output.
    pub factor: Factor,
    /// Added to each result: the output's zero point.
    pub output_offset: i32,
    /// Least output.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Rescale { input: Read, output: Write } { from, to, input_offset, factor, output_offset, min, max });

/// QUANTIZE, float32 to integers, and DEQUANTIZE, the way back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Requantise<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Real value of one step.
    pub scale: f32,
    /// Integer that stands for zero.
    pub zero_point: i32,
    /// Type of the integers.
    pub integer: Integer,
}

spans!(Requantise { input: Read, output: Write } { scale, zero_point, integer });

/// Rescales each element.
pub(crate) fn rescale(op: &Rescale, _: Constants<'_>, arena: &mut [i8]) {
    match op.from {
        Integer::I8 => rescale_from::<i8>(op, arena),
        Integer::U8 => rescale_from::<u8>(op, arena),
        Integer::I16 => rescale_from::<i16>(op, arena),
        Integer::I32 => rescale_from::<i32>(op, arena),
    }
}

fn rescale_from<A: Cell>(op: &Rescale, arena: &mut [i8]) {
    match op.to {
        Integer::I8 => rescale_between::<A, i8>(op, arena),
        Integer::U8 => rescale_between::<A, u8>(op, arena),
        Integer::I16 => rescale_between::<A, i16>(op, arena),
        Integer::I32 => rescale_between::<A, i32>(op, arena),
    }
}

fn rescale_between<A: Cell, B: Cell>(op: &Rescale, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (from, to) in A::of(input).iter().zip(B::of_mut(output)) {
        let scaled = op.factor.apply(A::get(from).wrapping_add(op.input_offset));
        *to = B::put(scaled.wrapping_add(op.output_offset).max(op.min).min(op.max));
    }
}

/// Floats to integers (TFLite's `AffineQuantize`).
pub(crate) fn quantise(op: &Requantise, _: Constants<'_>, arena: &mut [i8]) {
    match op.integer {
        Integer::I8 => quantise_to::<i8>(op, arena),
        Integer::U8 => quantise_to::<u8>(op, arena),
        Integer::I16 => quantise_to::<i16>(op, arena),
        Integer::I32 => quantise_to::<i32>(op, arena),
    }
}

fn quantise_to<C: Cell>(op: &Requantise, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (x, out) in input.as_chunks().0.iter().map(get).zip(C::of_mut(output)) {
        let steps = libm::roundf(x / op.scale) as i32;
        *out = C::put(steps.saturating_add(op.zero_point).clamp(C::MIN, C::MAX));
    }
}

/// Integers to floats.
pub(crate) fn dequantise(op: &Requantise, _: Constants<'_>, arena: &mut [i8]) {
    match op.integer {
        Integer::I8 => dequantise_from::<i8>(op, arena),
        Integer::U8 => dequantise_from::<u8>(op, arena),
        Integer::I16 => dequantise_from::<i16>(op, arena),
        Integer::I32 => dequantise_from::<i32>(op, arena),
    }
}

fn dequantise_from<C: Cell>(op: &Requantise, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (integer, out) in C::of(input).iter().zip(output.as_chunks_mut().0) {
        *out = put(C::get(integer).wrapping_sub(op.zero_point) as f32 * op.scale);
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::{Requantise, Rescale};
    use crate::error::ModelError;
    use crate::fixed::Factor;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::planner::operators::code;
    use crate::schema::Element;

    /// Times one.
    const IDENTITY: Factor = Factor { multiplier: 1 << 30, shift: 1 };

    impl<'a> Lowering<'_, 'a> {
        /// QUANTIZE from floats, and DEQUANTIZE.
        pub(crate) fn requantise(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            let dequantise = node.operator.code.code == code::DEQUANTIZE;
            let (real, integers) = if dequantise { (&output, &input) } else { (&input, &output) };
            node.expect(real, Element::F32)?;
            let integer = node.integer(integers)?;
            if input.tensor.count() != output.tensor.count() {
                return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
            }
            let (scale, zero_point) = node.affine(integers)?;
            let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
            let op = Requantise { input, output, scale, zero_point, integer };
            self.ops.push(if dequantise { Op::Dequantise(op) } else { Op::Quantise(op) });
            Ok(())
        }

        /// QUANTIZE between integers of which one is wider than a byte, RELU and its kin on int16.
        pub(crate) fn rescale(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            let (from, to) = (node.integer(&input)?, node.integer(&output)?);
            let ((scale, zero), (to_scale, to_zero)) = (node.affine(&input)?, node.affine(&output)?);
            let ((min, max), factor, offsets) = match node.operator.code.code {
                // TFLite Micro clamps in the input's own quantisation.
                code::RELU6 => (node.activation(&input, 3)?, IDENTITY, (0, 0)),
                _ => {
                    let factor = node.factor(&output, f64::from(scale) / f64::from(to_scale))?;
                    (node.relu_range(&output)?, factor, (zero, to_zero))
                }
            };
            let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
            let (input_offset, output_offset) = (-offsets.0, offsets.1);
            self.ops.push(Op::Rescale(Rescale {
                from,
                to,
                input,
                output,
                input_offset,
                factor,
                output_offset,
                min,
                max,
            }));
            Ok(())
        }
    }
}
