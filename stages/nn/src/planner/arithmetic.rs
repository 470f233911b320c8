//! ADD, SUB, MUL and MEAN.

use super::Lowering;
use super::moves::Block;
use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::fixed::Factor;
use crate::op::{AXES, Arithmetic, Binary, Mean, Op};
use crate::planner::operators::code;
use crate::schema::Element;

/// Bits by which sums of int8 are shifted up before they are rescaled.
const HEADROOM: i32 = 20;
/// The same for sums of int16.
const INT16_HEADROOM: i32 = 15;

impl<'a> Lowering<'_, 'a> {
    /// ADD, SUB and MUL of two inputs whose shapes broadcast.
    pub(crate) fn binary(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (a, b, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
        let arithmetic = match node.operator.code.code {
            code::ADD => Arithmetic::Add,
            code::SUB => Arithmetic::Subtract,
            _ => Arithmetic::Multiply,
        };
        if matches!(a.tensor.element, Element::F32 | Element::I32) {
            return self.combination(node);
        }
        let int16 = node.is_int16(&[&a, &b, &output])?;
        let (a_steps, b_steps) = (broadcast_steps(node, &a, &output)?, broadcast_steps(node, &b, &output)?);
        let ((a_scale, a_zero), (b_scale, b_zero), (scale, zero)) =
            (node.affine(&a)?, node.affine(&b)?, node.affine(&output)?);
        let (a_scale, b_scale, scale) = (f64::from(a_scale), f64::from(b_scale), f64::from(scale));
        let one = Factor { multiplier: 1 << 30, shift: 1 };
        let (a_factor, b_factor, factor) = if arithmetic == Arithmetic::Multiply {
            (one, one, node.factor(&output, a_scale * b_scale / scale)?)
        } else {
            let twice = 2.0 * a_scale.max(b_scale);
            let headroom = if int16 { INT16_HEADROOM } else { HEADROOM };
            let real = twice / (f64::from(1 << headroom) * scale);
            if real >= 1.0 {
                let found = format!("scale {scale:e}");
                let expected = format!("one above {:e}, from the inputs", real * scale);
                return Err(node.error(ModelErrorKind::Quantisation, &output, found, expected));
            }
            (
                node.factor(&a, a_scale / twice)?,
                node.factor(&b, b_scale / twice)?,
                node.factor(&output, real)?,
            )
        };
        let (min, max) = node.activation(&output, node.options()?.i8(0, 0)?)?;
        let op = Binary {
            arithmetic,
            a: self.read(node, &a)?,
            b: self.read(node, &b)?,
            output: self.write(node, &output)?,
            counts: axes(&output.tensor.shape).ok_or_else(|| node.shape(&output, "at most 5 dimensions"))?,
            a_steps,
            b_steps,
            a_offset: -a_zero,
            b_offset: -b_zero,
            a_factor,
            b_factor,
            factor,
            output_offset: zero,
            min,
            max,
        };
        self.ops.push(if int16 { Op::Int16Binary(op) } else { Op::Binary(op) });
        Ok(())
    }

    /// MEAN: input, axes.
    pub(crate) fn mean(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        if input.tensor.element == Element::F32 {
            return self.float_mean(node);
        }
        let int16 = node.is_int16(&[&input, &output])?;
        let ((kept, kept_steps, _), (reduced, reduced_steps, count)) = parts(node, &input, &output)?;
        let ((from, from_zero), (to, output_offset)) = (node.affine(&input)?, node.affine(&output)?);
        let factor = node.factor(&output, f64::from(from) / f64::from(to))?;
        let op = Mean {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            kept,
            kept_steps,
            reduced,
            reduced_steps,
            sum_offset: (from_zero as i64 * count as i64).wrapping_neg() as i32,
            factor: divided(factor, count as u64),
            output_offset,
        };
        self.ops.push(if int16 { Op::Int16Mean(op) } else { Op::Mean(op) });
        Ok(())
    }
}

/// The factor divided by a count, as TFLite does it: as many bits as fit are kept.
fn divided(factor: Factor, count: u64) -> Factor {
    let shift = (63 - count.leading_zeros() as i32).min(32).min(31 + factor.shift);
    let multiplier = (i64::from(factor.multiplier) << shift) / count as i64;
    Factor { multiplier: multiplier as i32, shift: factor.shift - shift }
}

/// Extent and steps of some axes, and the product of their extents.
type Part = ([u32; AXES], [i32; AXES], usize);

/// The axes of a MEAN that stay, and those that it is over.
pub(crate) fn parts<'a>(
    node: &Node<'_, 'a>,
    input: &Operand<'_, 'a>,
    output: &Operand<'_, 'a>,
) -> Result<(Part, Part), ModelError> {
    let shape = &input.tensor.shape;
    let mut over = vec![false; shape.len()];
    for number in node.integers(&node.input(1)?)? {
        over[node.axis(input, number, shape.len())?] = true;
    }
    let whole = Block::whole(shape);
    let part = |reduced: bool| -> Option<Part> {
        let chosen: Vec<usize> = (0..shape.len()).filter(|axis| over[*axis] == reduced).collect();
        let counts: Vec<usize> = chosen.iter().map(|axis| shape[*axis]).collect();
        let mut steps = [0; AXES];
        let missing = AXES.checked_sub(chosen.len())?;
        chosen.iter().enumerate().for_each(|(i, axis)| steps[missing + i] = whole.steps[*axis] as i32);
        Some((axes(&counts)?, steps, counts.iter().product()))
    };
    let parts = part(false).zip(part(true)).ok_or_else(|| node.shape(input, "at most 5 dimensions"))?;
    if output.tensor.count() != parts.0.2 {
        return Err(node.shape(output, format!("{} elements, the axes that stay", parts.0.2)));
    }
    Ok(parts)
}

/// A shape with ones before it.
pub(crate) fn axes(shape: &[usize]) -> Option<[u32; AXES]> {
    let missing = AXES.checked_sub(shape.len())?;
    let mut axes = [1; AXES];
    shape.iter().enumerate().for_each(|(i, count)| axes[missing + i] = *count as u32);
    Some(axes)
}

/// Steps of an input along the axes of the output; zero along those that it repeats.
pub(crate) fn broadcast_steps<'a>(
    node: &Node<'_, 'a>,
    input: &Operand<'_, 'a>,
    output: &Operand<'_, 'a>,
) -> Result<[i32; AXES], ModelError> {
    let (shape, to) = (&input.tensor.shape, &output.tensor.shape);
    let fits = to.len() <= AXES
        && shape.len() <= to.len()
        && shape.iter().rev().zip(to.iter().rev()).all(|(from, to)| from == to || *from == 1);
    if !fits {
        return Err(node.shape(input, format!("one that broadcasts to {to:?}")));
    }
    let whole = Block::whole(shape);
    let mut steps = [0; AXES];
    for i in (0..shape.len()).filter(|i| shape[*i] != 1) {
        steps[AXES - shape.len() + i] = whole.steps[i] as i32;
    }
    Ok(steps)
}
