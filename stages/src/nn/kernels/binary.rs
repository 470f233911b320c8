//! ADD, SUB and MUL, int8: TFLite's `reference_integer_ops::Add`, `reference_ops::Sub` and
//! `reference_integer_ops::Mul`, with their broadcasting forms.

use super::walk::each;
use crate::nn::op::{Arithmetic, Binary};

/// Bits by which sums are shifted up before they are rescaled.
const HEADROOM: u32 = 20;

/// Combines two inputs element by element.
pub(super) fn binary(op: &Binary, arena: &mut [i8]) {
    let mut output = op.output.range();
    each(&op.counts, [&op.a_steps, &op.b_steps], |[a, b]| {
        let at = |start: u32, offset: i64| i32::from(arena[(i64::from(start) + offset) as usize]);
        let (a, b) = (at(op.a.at, a) + op.a_offset, at(op.b.at, b) + op.b_offset);
        let headroom = |x: i32| x << HEADROOM;
        let result = match op.arithmetic {
            Arithmetic::Add => op.a_factor.apply(headroom(a)).wrapping_add(op.b_factor.apply(headroom(b))),
            Arithmetic::Subtract => {
                op.a_factor.apply(headroom(a)).wrapping_sub(op.b_factor.apply(headroom(b)))
            }
            Arithmetic::Multiply => a * b,
        };
        let scaled = op.factor.apply(result).wrapping_add(op.output_offset);
        if let Some(out) = output.next().and_then(|i| arena.get_mut(i)) {
            *out = scaled.max(op.min).min(op.max) as i8;
        }
    });
}
