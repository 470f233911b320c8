//! SVDF: a layer with its own memory of past inputs.

use super::{Bounds, Integer, Span};
use crate::fixed::Factor;

/// SVDF, int8. Each filter is a vector over the input, whose product goes to the filter's memory of the last `memory`
/// runs, and a vector over that memory; a unit sums `rank` filters (Nakkiran et al., "Compressing Deep Neural Networks
/// using a Rank-Constrained Topology", Interspeech 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Svdf<A = Span> {
    /// Input in the arena, `batch · inputs` bytes.
    pub input: A,
    /// Output in the arena, `batch · filters / rank` bytes.
    pub output: A,
    /// The memory, a variable in the arena: `[batch][filter][memory]`, the newest last.
    pub state: A,
    /// Type of the memory and of the weights over it.
    pub memory_type: Integer,
    /// Weights over the input in the pool of bytes: `[filter][input]`.
    pub features: Span,
    /// Weights over the memory in the pool of bytes: `[filter][memory]`.
    pub times: Span,
    /// In the pool of words: one bias per unit.
    pub biases: Span,
    /// Length of an input vector.
    pub inputs: u32,
    /// Number of filters.
    pub filters: u32,
    /// Runs that a filter remembers.
    pub memory: u32,
    /// Filters of a unit.
    pub rank: u32,
    /// Added to each input: its zero point, negated.
    pub input_offset: i32,
    /// The memory's zero point.
    pub state_offset: i32,
    /// The output's zero point.
    pub output_offset: i32,
    /// Factor from a product with the input to the memory.
    pub state_factor: Factor,
    /// Factor from a unit's sum to its output.
    pub factor: Factor,
}

spans!(Svdf { input: Read, output: Write, state: Write } { memory_type, features, times, biases, inputs, filters, memory, rank, input_offset, state_offset, output_offset, state_factor, factor });

/// SVDF, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatSvdf<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// The memory, a variable in the arena: `[batch][filter][memory]`, the newest last.
    pub state: A,
    /// Weights over the input in the pool of words: `[filter][input]`.
    pub features: Span,
    /// Weights over the memory in the pool of words: `[filter][memory]`.
    pub times: Span,
    /// In the pool of words: one bias per unit.
    pub biases: Span,
    /// Length of an input vector.
    pub inputs: u32,
    /// Number of filters.
    pub filters: u32,
    /// Runs that a filter remembers.
    pub memory: u32,
    /// Filters of a unit.
    pub rank: u32,
    /// Bounds of the output.
    pub bounds: Bounds,
}

spans!(FloatSvdf { input: Read, output: Write, state: Write } { features, times, biases, inputs, filters, memory, rank, bounds });
