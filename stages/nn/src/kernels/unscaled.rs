//! CAST, and ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM on integers as they are: TFLite Micro's kernels for int32.

use super::cell::Cell;
use super::walk::each;
use super::{Constants, pair};
use crate::op::{AXES, Cast, Combination, Integer, Number, Unscaled};

/// Combines two inputs of integers of one type.
pub(super) fn unscaled(op: &Unscaled, _: Constants<'_>, arena: &mut [i8]) {
    match op.integer {
        Integer::I8 => combine::<i8>(op, arena),
        Integer::U8 => combine::<u8>(op, arena),
        Integer::I16 => combine::<i16>(op, arena),
        Integer::I32 => combine::<i32>(op, arena),
    }
}

/// Combines two inputs row by row; they may be one and the same.
fn combine<C: Cell>(op: &Unscaled, arena: &mut [i8]) {
    let (mut counts, last) = (op.counts, AXES - 1);
    let row = core::mem::replace(&mut counts[last], 1);
    let mut output = op.output.range().step_by(C::SIZE);
    each(&counts, [&op.a_steps, &op.b_steps], |[a, b]| {
        let at = |start: u32, offset: i64| (i64::from(start) + C::SIZE as i64 * offset) as usize;
        let (mut a, mut b) = (at(op.a.at, a), at(op.b.at, b));
        for to in output.by_ref().take(row as usize) {
            let [x, y] = [a, b].map(|at| C::get(&C::of(&arena[at..at + C::SIZE])[0]));
            C::of_mut(&mut arena[to..to + C::SIZE])[0] = C::put(op.result(x, y));
            // Along the last axis an input goes on or stands still.
            a += C::SIZE * op.a_steps[last] as usize;
            b += C::SIZE * op.b_steps[last] as usize;
        }
    });
}

impl Unscaled {
    fn result(&self, a: i32, b: i32) -> i32 {
        let result = match self.combination {
            Combination::Sum => a.wrapping_add(b),
            Combination::Difference => a.wrapping_sub(b),
            Combination::Product => a.wrapping_mul(b),
            Combination::Quotient if b == 0 => 0,
            Combination::Quotient => a.wrapping_div(b),
            Combination::Least => a.min(b),
            Combination::Greatest => a.max(b),
        };
        result.max(self.min).min(self.max)
    }
}

/// Numbers of one type as numbers of another.
pub(super) fn cast(op: &Cast, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (from, to) in input.chunks_exact(op.from.size()).zip(output.chunks_exact_mut(op.to.size())) {
        put(op.to, get(op.from, from), to);
    }
}

/// A number without its fraction.
fn get(number: Number, bytes: &[i8]) -> i64 {
    match number {
        Number::I8 => first::<i8>(bytes).into(),
        Number::U8 => first::<u8>(bytes).into(),
        Number::I16 => first::<i16>(bytes).into(),
        Number::I32 => first::<i32>(bytes).into(),
        Number::U32 => (first::<i32>(bytes) as u32).into(),
        Number::F32 => f32::from_bits(first::<i32>(bytes) as u32) as i64,
    }
}

fn first<C: Cell>(bytes: &[i8]) -> i32 {
    C::of(bytes).first().map_or(0, C::get)
}

/// The lowest bits of a whole number, or the real one nearest to it.
fn put(number: Number, value: i64, to: &mut [i8]) {
    let bits = match number {
        Number::F32 => (value as f32).to_bits(),
        _ => value as u32,
    };
    to.iter_mut().zip(bits.to_le_bytes()).for_each(|(to, byte)| *to = byte as i8);
}
