//! QUANTIZE between integers, RELU and its kin on int16: TFLite's `reference_ops::Requantize` and `ReluQuantized`.

use crate::kernels::cell::Cell;
use crate::kernels::{Constants, pair};
use crate::op::{Integer, Rescale};

/// Rescales each element.
pub(in crate::kernels) fn rescale(op: &Rescale, _: Constants<'_>, arena: &mut [i8]) {
    match op.from {
        Integer::I8 => from::<i8>(op, arena),
        Integer::U8 => from::<u8>(op, arena),
        Integer::I16 => from::<i16>(op, arena),
        Integer::I32 => from::<i32>(op, arena),
    }
}

fn from<A: Cell>(op: &Rescale, arena: &mut [i8]) {
    match op.to {
        Integer::I8 => run::<A, i8>(op, arena),
        Integer::U8 => run::<A, u8>(op, arena),
        Integer::I16 => run::<A, i16>(op, arena),
        Integer::I32 => run::<A, i32>(op, arena),
    }
}

fn run<A: Cell, B: Cell>(op: &Rescale, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (from, to) in A::of(input).iter().zip(B::of_mut(output)) {
        let scaled = op.factor.apply(A::get(from).wrapping_add(op.input_offset));
        *to = B::put(scaled.wrapping_add(op.output_offset).max(op.min).min(op.max));
    }
}
