//! Operators on int16 (16-bit activations with 8-bit weights), and the ways between integers of several widths.
//!
//! Where the arithmetic is int8's but for the width, the operation is int8's too: [`Op`](super::Op) says which. An
//! int16 lies in the arena as two bytes, the lower one first; shapes and steps count elements, spans count bytes.

use super::Span;
use crate::fixed::Factor;

/// Type of the integers that an operation reads or writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Integer {
    /// 8 bits, signed.
    I8,
    /// 8 bits, unsigned.
    U8,
    /// 16 bits, signed.
    I16,
    /// 32 bits, signed.
    I32,
}

full_names!(Integer: I8, U8, I16, I32);

/// QUANTIZE between integers, RELU and its kin on int16: each element is offset, rescaled, offset and clamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescale<A = Span> {
    /// Type of the input.
    pub from: Integer,
    /// Type of the output.
    pub to: Integer,
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Added to each input: its zero point, negated.
    pub input_offset: i32,
    /// Factor from input to output.
    pub factor: Factor,
    /// Added to each result: the output's zero point.
    pub output_offset: i32,
    /// Least output.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Rescale { input: Read, output: Write } { from, to, input_offset, factor, output_offset, min, max });

/// Which of the two functions that share a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sigmoid {
    /// LOGISTIC.
    Logistic,
    /// TANH, which is `2 · logistic(2x) − 1`.
    Tanh,
}

full_names!(Sigmoid: Logistic, Tanh);

/// LOGISTIC and TANH, int16: between neighbours of a table the result is interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int16Sigmoid<A = Span> {
    /// The function.
    pub function: Sigmoid,
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// In the pool of words: logistic(i / 24) in Q0.16, for i from 0 to 255.
    pub table: Span,
    /// Factor from an input to the table's index in Q.9: mantissa.
    pub multiplier: i32,
    /// Bits by which the product is shifted down.
    pub shift: u32,
}

spans!(Int16Sigmoid { input: Read, output: Write } { function, table, multiplier, shift });

/// SOFTMAX over the last dimension, int16 to int16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int16Softmax<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena, as large.
    pub output: A,
    /// Length of a row.
    pub depth: u32,
    /// Factor from differences of inputs to 65535ths of 10.
    pub factor: Factor,
    /// In the pool of words: exp over −10 to 0 in Q0.15, 513 points.
    pub exp: Span,
    /// In the pool of words: 1 / (1 + x) over 0 to 1 in Q0.15, 513 points.
    pub reciprocal: Span,
}

spans!(Int16Softmax { input: Read, output: Write } { depth, factor, exp, reciprocal });
