//! Operators on int16, and the ways between integers of several widths. Plain loops, as TFLite Micro's reference.

mod function;
mod rescale;
mod weighted;

use super::cell::Cell;
use super::{Constants, binary, mean, pool, softmax};
use crate::op::{Op, Span};

/// Runs an operation on int16; others are not its concern.
pub(super) fn int16(op: &Op, constants: Constants<'_>, arena: &mut [i8]) {
    match op {
        Op::Int16Conv(op) => weighted::conv(op, constants, arena),
        Op::Int16Depthwise(op) => weighted::depthwise(op, constants, arena),
        Op::Int16FullyConnected(op) => weighted::fully_connected(op, constants, arena),
        Op::Int16Pool(op) => pool::pool::<i16>(op, arena),
        Op::Int16Softmax(op) => function::softmax(op, constants, arena),
        Op::Int16Sigmoid(op) => function::sigmoid(op, constants, arena),
        Op::Int16Binary(op) => binary::binary::<i16, 15>(op, arena),
        Op::Int16Mean(op) => mean::mean::<i16>(op, arena),
        Op::SoftmaxToInt16(op) => softmax::softmax::<i16>(op, arena),
        Op::Rescale(op) => rescale::rescale(op, arena),
        _ => {}
    }
}

/// Two bytes of the arena.
type Bytes = <i16 as Cell>::Bytes;

/// Input and output as int16.
fn pair(arena: &mut [i8], input: Span, output: Span) -> (&[Bytes], &mut [Bytes]) {
    let (input, output) = super::pair(arena, input, output);
    (i16::of(input), i16::of_mut(output))
}
