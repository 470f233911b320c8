//! Copies of any shape.

use super::Constants;
use crate::nn::op::{AXES, Move, Source};

/// Copies a block run by run.
pub(super) fn move_block(op: &Move, constants: Constants<'_>, arena: &mut [i8]) {
    let run = op.run as usize;
    let to_start = i64::from(op.to.at) + i64::from(op.to_start);
    each(&op.counts, &op.from_steps, &op.to_steps, |from, to| {
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

/// Calls `visit` with the offsets on both sides of every index below `counts`, the last axis fastest.
fn each(counts: &[u32; AXES], from: &[i32; AXES], to: &[i32; AXES], mut visit: impl FnMut(i64, i64)) {
    let mut index = [0u32; AXES];
    loop {
        let offset = |steps: &[i32; AXES]| -> i64 {
            index.iter().zip(steps).map(|(i, step)| i64::from(*i) * i64::from(*step)).sum()
        };
        visit(offset(from), offset(to));
        let mut axis = AXES;
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            index[axis] += 1;
            if index[axis] < counts[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}
