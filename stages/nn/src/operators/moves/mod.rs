//! Operators that only move bytes: copies of any shape.

#[cfg(feature = "std")]
mod join;
#[cfg(feature = "std")]
mod pad;
#[cfg(feature = "std")]
mod reshape;
#[cfg(feature = "std")]
mod slice;
#[cfg(feature = "std")]
mod split;
#[cfg(feature = "std")]
mod transpose;

use crate::kernels::Constants;
use crate::kernels::walk::each;
#[cfg(feature = "std")]
use crate::op::Access;
use crate::op::{AXES, Span, spans};

/// Where a [`Move`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<A = Span> {
    /// Bytes of the arena.
    Arena(A),
    /// Constants of the pool of bytes.
    Constant(Span),
}

/// Copies a block of any shape: CONCATENATION, SPLIT, SLICE, STRIDED_SLICE, PAD, PACK, TRANSPOSE and the variables.
///
/// For every index `i` below `counts`, `run` bytes go from `from_start + Σ i · from_steps` to
/// `to_start + Σ i · to_steps`, counted in bytes from where source and destination begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move<A = Span> {
    /// What is read.
    pub from: Source<A>,
    /// What is written, in the arena.
    pub to: A,
    /// First byte read.
    pub from_start: u32,
    /// First byte written.
    pub to_start: u32,
    /// Bytes that lie together on both sides.
    pub run: u32,
    /// Extent along each axis, the slowest first.
    pub counts: [u32; AXES],
    /// Bytes between neighbours of the source along each axis.
    pub from_steps: [i32; AXES],
    /// Bytes between neighbours of the destination along each axis.
    pub to_steps: [i32; AXES],
}

impl<A: Copy> Move<A> {
    /// The copy of `run` bytes that lie together, from one offset to another.
    pub const fn of_run(from: (Source<A>, u32), to: (A, u32), run: u32) -> Self {
        Self {
            from: from.0,
            to: to.0,
            from_start: from.1,
            to_start: to.1,
            run,
            counts: [1; AXES],
            from_steps: [0; AXES],
            to_steps: [0; AXES],
        }
    }

    /// Whether it copies one run.
    #[inline]
    pub fn is_run(&self) -> bool {
        self.counts == [1; AXES]
    }
}

#[cfg(feature = "std")]
impl<A> Move<A> {
    /// Shows every span of the arena.
    pub(crate) fn visit(&mut self, each: &mut dyn FnMut(Access, &mut A)) {
        if let Source::Arena(from) = &mut self.from {
            each(Access::Read, from);
        }
        each(Access::Write, &mut self.to);
    }

    /// The same copy with other spans of the arena.
    pub(crate) fn placed<B>(self, place: &mut dyn FnMut(A) -> B) -> Move<B> {
        let Self { from, to, from_start, to_start, run, counts, from_steps, to_steps } = self;
        let from = match from {
            Source::Arena(span) => Source::Arena(place(span)),
            Source::Constant(span) => Source::Constant(span),
        };
        Move { from, to: place(to), from_start, to_start, run, counts, from_steps, to_steps }
    }
}

/// Sets all bytes to one value: PAD's border, a variable's first value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill<A = Span> {
    /// What is written, in the arena.
    pub to: A,
    /// The value.
    pub value: i8,
}

spans!(Fill { to: Write } { value });

/// Copies a block run by run.
pub(crate) fn move_block(op: &Move, constants: Constants<'_>, arena: &mut [i8]) {
    let (from, to) = (op.from_start as usize, op.to.at as usize + op.to_start as usize);
    // Most blocks of a streaming model are one run.
    if op.is_run() {
        return copy(op, constants, arena, from, to);
    }
    #[cfg(feature = "std")]
    return move_rows(op, constants, arena);
    #[cfg(not(feature = "std"))]
    each(&op.counts, [&op.from_steps, &op.to_steps], |[from_step, to_step]| {
        copy(op, constants, arena, (from as i64 + from_step) as usize, (to as i64 + to_step) as usize);
    });
}

/// The same on computers, the last axis by itself: a block is often many short runs along one axis.
#[cfg(feature = "std")]
fn move_rows(op: &Move, constants: Constants<'_>, arena: &mut [i8]) {
    let (from, to) = (i64::from(op.from_start), i64::from(op.to.at + op.to_start));
    let (mut outer, last) = (op.counts, AXES - 1);
    let count = core::mem::replace(&mut outer[last], 1);
    each(&outer, [&op.from_steps, &op.to_steps], |[from_step, to_step]| {
        let (mut from, mut to) = (from + from_step, to + to_step);
        for _ in 0..count {
            copy(op, constants, arena, from as usize, to as usize);
            from += i64::from(op.from_steps[last]);
            to += i64::from(op.to_steps[last]);
        }
    });
}

/// Sets all bytes to one value.
pub(crate) fn fill(op: &Fill, _: Constants<'_>, arena: &mut [i8]) {
    arena[op.to.range()].fill(op.value);
}

/// Copies one run, `from` counted from where the source begins.
#[inline]
fn copy(op: &Move, constants: Constants<'_>, arena: &mut [i8], from: usize, to: usize) {
    let run = op.run as usize;
    match op.from {
        Source::Arena(span) => {
            let from = span.at as usize + from;
            match run {
                #[cfg(feature = "std")]
                8 => copy_short::<8>(arena, from, to),
                #[cfg(feature = "std")]
                16 => copy_short::<16>(arena, from, to),
                #[cfg(feature = "std")]
                32 => copy_short::<32>(arena, from, to),
                _ => arena.copy_within(from..from + run, to),
            }
        }
        Source::Constant(span) => {
            let contents = &constants.bytes[span.range()];
            arena[to..to + run].copy_from_slice(&contents[from..from + run]);
        }
    }
}

/// Copies `N` bytes by registers, which for so few is faster than a call.
#[cfg(feature = "std")]
#[inline(always)]
fn copy_short<const N: usize>(arena: &mut [i8], from: usize, to: usize) {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&arena[from..from + N]);
    arena[to..to + N].copy_from_slice(&bytes);
}

#[cfg(feature = "std")]
mod lower {
    use crate::error::ModelError;
    use crate::op::{AXES, Op};
    use crate::planner::block::{Block, copy};
    use crate::planner::node::{Node, Operand};
    use crate::planner::{Lowering, Unplaced};

    impl<'a> Lowering<'_, 'a> {
        /// Adds a copy between two tensors of one element type and one quantisation.
        pub(super) fn push_copy(
            &mut self,
            node: &Node<'_, 'a>,
            input: (&Operand<'_, 'a>, &Block),
            output: (&Operand<'_, 'a>, Unplaced, &Block),
            counts: &[usize],
        ) -> Result<(), ModelError> {
            node.expect(output.0, input.0.tensor.element)?;
            node.same_quantisation(input.0, output.0)?;
            let source = self.source(node, input.0)?;
            let size = input.0.tensor.element.size();
            let op = copy((source, input.1), (output.1, output.2), counts, size)
                .ok_or_else(|| node.shape(input.0, format!("at most {AXES} axes that do not join")))?;
            self.ops.push(Op::Move(op));
            Ok(())
        }
    }
}
