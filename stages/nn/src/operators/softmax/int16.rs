//! SOFTMAX, int16 to int16: TFLite's `reference_ops::SoftmaxInt16`.

use crate::fixed::Factor;
use crate::kernels::Constants;
use crate::kernels::cell::Cell;
use crate::kernels::int16::pair;
use crate::op::{Span, spans};

/// SOFTMAX over the last dimension, int16 to int16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int16Softmax<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena, as large.
    pub output: A,
    /// Length of a row.
    pub depth: u32,
    /// Factor from differences of inputs to 65535ths of 10.
    pub factor: Factor,
    /// In the pool of words: exp over −10 to 0 in Q0.15, 513 points.
    pub exp: Span,
    /// In the pool of words: 1 / (1 + x) over 0 to 1 in Q0.15, 513 points.
    pub reciprocal: Span,
}

spans!(Int16Softmax { input: Read, output: Write } { depth, factor, exp, reciprocal });

/// Softmax of each row.
pub(crate) fn softmax(op: &Int16Softmax, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (exp, reciprocal) = (&constants.words[op.exp.range()], &constants.words[op.reciprocal.range()]);
    let depth = op.depth as usize;
    for (row, results) in input.chunks_exact(depth).zip(output.chunks_exact_mut(depth)) {
        let greatest = row.iter().map(i16::get).max().unwrap_or(0);
        let mut sum = 0i32;
        for (value, out) in row.iter().zip(results.iter_mut()) {
            let scaled = op.factor.apply(i16::get(value) - greatest);
            let exp = interpolate(exp, scaled.saturating_add(32_767));
            sum = sum.wrapping_add(exp);
            *out = i16::put(exp);
        }
        let headroom = sum.leading_zeros() as i32;
        let normal = ((i64::from(sum) << (headroom - 1).max(0)) + (1 << 13)) >> 14;
        let reciprocal = interpolate(reciprocal, (normal - (1 << 15) - (1 << 16)) as i32);
        let shift = (31 - headroom).max(1);
        for out in results {
            let share = (i64::from(i16::get(out)) * i64::from(reciprocal) + (1 << (shift - 1))) >> shift;
            *out = i16::put((share as i32).clamp(0, 32_767));
        }
    }
}

/// Value of a table of 513 points over the range of int16, between two of them (TFLite's `LUTLookup`).
fn interpolate(table: &[i32], at: i32) -> i32 {
    let at = at.clamp(-32_768, 32_767);
    let (index, offset) = ((256 + (at >> 7)) as usize, at & 0x7f);
    let (base, next) = (table[index], table[index + 1]);
    base + (((next - base) * offset + 64) >> 7)
}

#[cfg(feature = "std")]
mod lower {
    use super::Int16Softmax;
    use crate::error::ModelError;
    use crate::op::{Op, Span};
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// SOFTMAX, int16 to int16 (TFLite's `SoftmaxPrepare`).
        pub(in crate::operators::softmax) fn int16_softmax(
            &mut self,
            node: &Node<'_, 'a>,
            depth: usize,
        ) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.expect(&output, Element::I16)?;
            node.expect_affine(&output, 1.0 / 32768.0, 0)?;
            let beta = f64::from(node.options()?.f32(0, 0.0)?);
            let factor = node.factor(&input, f64::from(node.affine(&input)?.0) * beta / (10.0 / 65535.0))?;
            let exp = self.interpolation((-10.0, 0.0), libm::expf)?;
            let reciprocal = self.interpolation((0.0, 1.0), |x| 1.0 / (1.0 + x))?;
            let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
            let depth = depth as u32;
            self.ops.push(Op::Int16Softmax(Int16Softmax { input, output, depth, factor, exp, reciprocal }));
            Ok(())
        }

        /// A table of 513 points of a function from 0 to 1, in Q0.15 (TFLite's `LUTPopulateInt16`): each point is moved by
        /// half of what linear interpolation misses in the middle to the next.
        fn interpolation(&mut self, range: (f32, f32), function: fn(f32) -> f32) -> Result<Span, ModelError> {
            let (least, step) = (range.0, (range.1 - range.0) / 512.0);
            let scaled = |at: f32| function(at) * 32_768.0;
            let point = |i: u16| {
                let at = least + f32::from(i) * step;
                let here = scaled(at).round();
                if i == 512 {
                    return here;
                }
                let between = ((scaled(least + f32::from(i + 1) * step) + here) / 2.0).round();
                let missed = between - scaled(at + step / 2.0).round();
                here - (missed / 2.0).round()
            };
            let table: Vec<i32> = (0..=512).map(|i| point(i).clamp(-32_768.0, 32_767.0) as i32).collect();
            self.pools.words(table.into_iter())
        }
    }
}
