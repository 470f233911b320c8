//! Operators on int16, and the ways between integers of several widths. Plain loops, as TFLite Micro's reference.

pub(super) mod function;
pub(super) mod rescale;
pub(super) mod weighted;

use super::cell::Cell;
use crate::op::Span;

/// Two bytes of the arena.
type Bytes = <i16 as Cell>::Bytes;

/// Input and output as int16.
fn pair(arena: &mut [i8], input: Span, output: Span) -> (&[Bytes], &mut [Bytes]) {
    let (input, output) = super::pair(arena, input, output);
    (i16::of(input), i16::of_mut(output))
}
