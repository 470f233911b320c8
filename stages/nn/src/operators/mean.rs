//! MEAN.
//!
//! Reference: TFLite's `reference_ops::QuantizedMeanOrSum`.

use crate::fixed::Factor;
use crate::kernels::cell::Cell;
use crate::kernels::float::{get, put};
use crate::kernels::walk::each;
use crate::kernels::{Constants, float, pair};
use crate::op::{AXES, Span, spans};

/// MEAN over any axes, int8 or int16. The output is dense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mean<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Extent of the axes that stay.
    pub kept: [u32; AXES],
    /// The input's steps along them.
    pub kept_steps: [i32; AXES],
    /// Extent of the axes that the mean is over.
    pub reduced: [u32; AXES],
    /// The input's steps along them.
    pub reduced_steps: [i32; AXES],
    /// Added to each sum: as many zero points of the input, negated.
    pub sum_offset: i32,
    /// Factor from a sum to the output.
    pub factor: Factor,
    /// The output's zero point.
    pub output_offset: i32,
}

spans!(Mean { input: Read, output: Write } { kept, kept_steps, reduced, reduced_steps, sum_offset, factor, output_offset });

/// MEAN over any axes, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatMean<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Extent of the axes that stay.
    pub kept: [u32; AXES],
    /// The input's steps along them, in elements.
    pub kept_steps: [i32; AXES],
    /// Extent of the axes that the mean is over.
    pub reduced: [u32; AXES],
    /// The input's steps along them, in elements.
    pub reduced_steps: [i32; AXES],
}

spans!(FloatMean { input: Read, output: Write } { kept, kept_steps, reduced, reduced_steps });

/// Means over any axes.
pub(crate) fn mean<C: Cell>(op: &Mean, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (input, mut outputs) = (C::of(input), C::of_mut(output).iter_mut());
    each(&op.kept, [&op.kept_steps], |[start]| {
        let mut sum = 0i32;
        each(&op.reduced, [&op.reduced_steps], |[offset]| {
            sum = sum.wrapping_add(C::get(&input[(start + offset) as usize]));
        });
        let scaled = op.factor.apply(sum.wrapping_add(op.sum_offset)).wrapping_add(op.output_offset);
        if let Some(out) = outputs.next() {
            *out = C::put(scaled.clamp(C::MIN, C::MAX));
        }
    });
}

/// The same of int8 for kernel sets with vectors: channels that follow each other are summed side by side.
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
#[inline(always)]
pub(crate) fn vectors(op: &Mean, constants: Constants<'_>, arena: &mut [i8]) {
    /// Channels in a block.
    const BLOCK: usize = 32;
    let (mut outer, last) = (op.kept, AXES - 1);
    let channels = core::mem::replace(&mut outer[last], 1) as usize;
    if op.kept_steps[last] != 1 || channels < 8 {
        return mean::<i8>(op, constants, arena);
    }
    let (input, output) = pair(arena, op.input, op.output);
    let mut rows = output.chunks_exact_mut(channels);
    each(&outer, [&op.kept_steps], |[start]| {
        let Some(row) = rows.next() else { return };
        for (block, outputs) in row.chunks_mut(BLOCK).enumerate() {
            let (at, count) = (start as usize + block * BLOCK, outputs.len());
            let mut sums = [0i32; BLOCK];
            each(&op.reduced, [&op.reduced_steps], |[offset]| {
                let inputs = &input[at + offset as usize..][..count];
                if let Some(inputs) = inputs.first_chunk::<BLOCK>() {
                    sums = core::array::from_fn(|i| sums[i].wrapping_add(i32::from(inputs[i])));
                    return;
                }
                sums.iter_mut().zip(inputs).for_each(|(sum, x)| *sum = sum.wrapping_add(i32::from(*x)));
            });
            for (out, sum) in outputs.iter_mut().zip(sums) {
                let scaled = op.factor.apply(sum.wrapping_add(op.sum_offset)).wrapping_add(op.output_offset);
                *out = scaled.clamp(-128, 127) as i8;
            }
        }
    });
}

/// The same of floats.
pub(crate) fn float(op: &FloatMean, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = float::pair(arena, op.input, op.output);
    let count: u32 = op.reduced.iter().product();
    let mut outputs = output.iter_mut();
    each(&op.kept, [&op.kept_steps], |[start]| {
        let mut sum = 0.0;
        each(&op.reduced, [&op.reduced_steps], |[offset]| sum += get(&input[(start + offset) as usize]));
        if let Some(out) = outputs.next() {
            *out = put(sum / count as f32);
        }
    });
}

#[cfg(feature = "std")]
mod lower {
    use super::{FloatMean, Mean};
    use crate::error::ModelError;
    use crate::fixed::Factor;
    use crate::op::{AXES, Op};
    use crate::planner::Lowering;
    use crate::planner::block::{Block, axes};
    use crate::planner::node::{Node, Operand};
    use crate::planner::streaming::{Rule, axis, when};
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
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

        fn float_mean(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.expect(&output, Element::F32)?;
            let ((kept, kept_steps, _), (reduced, reduced_steps, _)) = parts(node, &input, &output)?;
            let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
            self.ops.push(Op::FloatMean(FloatMean {
                input,
                output,
                kept,
                kept_steps,
                reduced,
                reduced_steps,
            }));
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
    fn parts<'a>(
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

    impl Node<'_, '_> {
        /// How it treats the rows of a stream: a mean that is not over them stays in its row.
        pub(crate) fn reduced(&self, rows: usize) -> Result<Rule, ModelError> {
            let (input, output) = (self.input(0)?, self.output(0)?);
            let Some(along) = axis(&input.tensor.shape, rows) else { return Ok(Rule::Mix) };
            let over = self.integers(&self.input(1)?)?;
            let rank = input.tensor.shape.len();
            let over =
                over.iter().map(|number| self.axis(&input, *number, rank)).collect::<Result<Vec<_>, _>>()?;
            let kept = !over.contains(&along) && axis(&output.tensor.shape, rows).is_some();
            Ok(when(kept))
        }
    }
}
