//! Copies of any shape.

use super::Constants;
use super::walk::each;
use crate::nn::op::{Move, Source};

/// Copies a block run by run.
pub(super) fn move_block(op: &Move, constants: Constants<'_>, arena: &mut [i8]) {
    let run = op.run as usize;
    let to_start = i64::from(op.to.at) + i64::from(op.to_start);
    each(&op.counts, [&op.from_steps, &op.to_steps], |[from, to]| {
        let from = (i64::from(op.from_start) + from) as usize;
        let to = (to_start + to) as usize;
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
    });
}
