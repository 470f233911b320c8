//! A model ready to run: operations over one arena, offsets solved ahead.

use super::kernels::{self, Constants, Kernels, Plain};
use super::op::{Op, Span};

/// A model ready to run.
///
/// A plan is plain data. On a host its three stores are memory that [`Model`](super::Model) fills; in a firmware
/// image they are `static` arrays that the build writes. [`Plan::run`] is the one executor of both worlds.
///
/// The arena is lent by the caller, [`arena`](Plan::arena) bytes of it. Its head holds the model's variables and
/// keeps them between runs; [`reset`](Plan::reset) gives them their first values.
#[derive(Clone, Copy, Debug)]
pub struct Plan<O, B, W> {
    /// Operations of one run, in order.
    pub ops: O,
    /// Operations that give variables their first values.
    pub start: O,
    /// Constants that are bytes: weights, tables.
    pub bytes: B,
    /// Constants that are 32-bit words: biases, multipliers, shifts.
    pub words: W,
    /// Where the arena holds the input.
    pub input: Span,
    /// Where the arena holds the output.
    pub output: Span,
    /// Bytes at the arena's head that hold variables.
    pub variables: u32,
    /// Bytes that the arena takes.
    pub arena: u32,
}

impl<O: AsRef<[Op]>, B: AsRef<[i8]>, W: AsRef<[i32]>> Plan<O, B, W> {
    /// Gives the variables their first values: before the first run, and whenever the stream's past is to be
    /// forgotten. Does nothing for a model without variables.
    pub fn reset(&self, arena: &mut [i8]) {
        self.reset_with(Plain, arena);
    }

    /// As [`reset`](Plan::reset), with the kernel set that the plan was made for.
    pub fn reset_with<K: Kernels>(&self, kernels: K, arena: &mut [i8]) {
        self.execute(kernels, self.start.as_ref(), arena);
    }

    /// Runs the model once on what [`input_mut`](Plan::input_mut) holds, with the plain kernels. The plan must have
    /// been made for them.
    ///
    /// The run may overwrite the input. It neither allocates nor fails; it panics where `arena` is shorter than the
    /// plan's.
    pub fn run(&self, arena: &mut [i8]) {
        self.run_with(Plain, arena);
    }

    /// Runs the model once with the kernel set that the plan was made for.
    pub fn run_with<K: Kernels>(&self, kernels: K, arena: &mut [i8]) {
        self.execute(kernels, self.ops.as_ref(), arena);
    }

    fn execute<K: Kernels>(&self, kernels: K, ops: &[Op], arena: &mut [i8]) {
        let constants = Constants { bytes: self.bytes.as_ref(), words: self.words.as_ref() };
        for op in ops {
            kernels::run(kernels, op, constants, arena);
        }
    }

    /// The part of the arena that the next run reads.
    pub fn input_mut<'a>(&self, arena: &'a mut [i8]) -> &'a mut [i8] {
        &mut arena[self.input.range()]
    }

    /// The part of the arena that the last run wrote.
    pub fn output<'a>(&self, arena: &'a [i8]) -> &'a [i8] {
        &arena[self.output.range()]
    }
}
