//! Operators that only move bytes.

#[cfg(feature = "std")]
use super::Access;
use super::{AXES, Span};

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
