//! Copies of any shape.

use super::Constants;
use super::walk::each;
use crate::op::{Fill, Move, Source};

/// Copies a block run by run.
pub(super) fn move_block(op: &Move, constants: Constants<'_>, arena: &mut [i8]) {
    let (from, to) = (op.from_start as usize, op.to.at as usize + op.to_start as usize);
    // Most blocks of a streaming model are one run.
    if op.is_run() {
        return copy(op, constants, arena, from, to);
    }
    each(&op.counts, [&op.from_steps, &op.to_steps], |[from_step, to_step]| {
        copy(op, constants, arena, (from as i64 + from_step) as usize, (to as i64 + to_step) as usize);
    });
}

/// Sets all bytes to one value.
pub(super) fn fill(op: &Fill, _: Constants<'_>, arena: &mut [i8]) {
    arena[op.to.range()].fill(op.value);
}

/// Copies one run, `from` counted from where the source begins.
#[inline]
fn copy(op: &Move, constants: Constants<'_>, arena: &mut [i8], from: usize, to: usize) {
    let run = op.run as usize;
    match op.from {
        Source::Arena(span) => {
            let from = span.at as usize + from;
            arena.copy_within(from..from + run, to);
        }
        Source::Constant(span) => {
            let contents = &constants.bytes[span.range()];
            arena[to..to + run].copy_from_slice(&contents[from..from + run]);
        }
    }
}
