//! Which parts of the arena an operation touches.

use crate::nn::op::{Op, Span};

/// How an operation uses a part of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Reads it.
    Read,
    /// Writes it.
    Write,
    /// Uses it while it runs.
    Scratch,
}

/// Shows every span of the arena that an operation holds.
pub(super) fn visit(op: &mut Op, mut each: impl FnMut(Access, &mut Span)) {
    let (input, output) = match op {
        Op::Conv(op) => {
            each(Access::Scratch, &mut op.scratch);
            (&mut op.input, &mut op.output)
        }
        Op::Depthwise(op) => {
            each(Access::Scratch, &mut op.scratch);
            (&mut op.input, &mut op.output)
        }
        Op::FullyConnected(op) => (&mut op.input, &mut op.output),
        Op::Pool(op) => (&mut op.input, &mut op.output),
        Op::Softmax(op) => (&mut op.input, &mut op.output),
    };
    each(Access::Read, input);
    each(Access::Write, output);
}
