//! Operators on single elements: tables and arithmetic.

use super::{AXES, Span};
use crate::fixed::Factor;

/// Maps each byte through a table of 256: LOGISTIC, TANH, RELU and its kin, QUANTIZE between bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena; may be the input.
    pub output: A,
    /// In the pool of bytes: the output for each input, from 0 to 255 as an unsigned byte.
    pub table: Span,
}

spans!(Table { input: Read, output: Write } { table });

/// What a [`Binary`] computes from two inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// ADD: both inputs are brought to one scale, with 20 bits of headroom (int16: 15).
    Add,
    /// SUB, likewise.
    Subtract,
    /// MUL.
    Multiply,
}

/// ADD, SUB and MUL, int8 or int16, with broadcasting. The output is dense; an input stands still along an axis whose step is
/// zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binary<A = Span> {
    /// What is computed.
    pub arithmetic: Arithmetic,
    /// First input in the arena.
    pub a: A,
    /// Second input in the arena.
    pub b: A,
    /// Output in the arena; may be an input of its size.
    pub output: A,
    /// Shape of the output, the slowest axis first.
    pub counts: [u32; AXES],
    /// Steps of the first input along each axis.
    pub a_steps: [i32; AXES],
    /// Steps of the second input along each axis.
    pub b_steps: [i32; AXES],
    /// Added to the first input: its zero point, negated.
    pub a_offset: i32,
    /// Added to the second input: its zero point, negated.
    pub b_offset: i32,
    /// Factor of the first input; unused by a multiplication.
    pub a_factor: Factor,
    /// Factor of the second input; unused by a multiplication.
    pub b_factor: Factor,
    /// Factor of the result.
    pub factor: Factor,
    /// The output's zero point.
    pub output_offset: i32,
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Binary { a: Read, b: Read, output: Write } { arithmetic, counts, a_steps, b_steps, a_offset, b_offset, a_factor, b_factor, factor, output_offset, min, max });
