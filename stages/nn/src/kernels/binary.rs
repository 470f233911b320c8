//! ADD, SUB and MUL on integers: TFLite's `reference_integer_ops::Add`, `reference_ops::Sub` and
//! `reference_integer_ops::Mul`, with their broadcasting forms.

use super::Constants;
use super::cell::Cell;
use super::walk::each;
use crate::op::{Arithmetic, Binary};

/// Combines two inputs element by element; `HEADROOM` is the number of bits by which they are shifted up before they
/// are brought to one scale.
pub(super) fn binary<C: Cell, const HEADROOM: u32>(op: &Binary, _: Constants<'_>, arena: &mut [i8]) {
    let mut output = op.output.range().step_by(C::SIZE);
    each(&op.counts, [&op.a_steps, &op.b_steps], |[a, b]| {
        let at = |start: u32, offset: i64| {
            let at = (i64::from(start) + C::SIZE as i64 * offset) as usize;
            C::get(&C::of(&arena[at..at + C::SIZE])[0])
        };
        let (a, b) = (at(op.a.at, a) + op.a_offset, at(op.b.at, b) + op.b_offset);
        let headroom = |x: i32| x.wrapping_shl(HEADROOM);
        let result = match op.arithmetic {
            Arithmetic::Add => op.a_factor.apply(headroom(a)).wrapping_add(op.b_factor.apply(headroom(b))),
            Arithmetic::Subtract => {
                op.a_factor.apply(headroom(a)).wrapping_sub(op.b_factor.apply(headroom(b)))
            }
            Arithmetic::Multiply => a.wrapping_mul(b),
        };
        let scaled = op.factor.apply(result).wrapping_add(op.output_offset);
        if let Some(at) = output.next() {
            C::of_mut(&mut arena[at..at + C::SIZE])[0] = C::put(scaled.max(op.min).min(op.max));
        }
    });
}
