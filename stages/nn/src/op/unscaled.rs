//! Operators on numbers as they are, without scales.

use super::{AXES, Integer, Span};

/// What is computed from two numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// ADD.
    Sum,
    /// SUB.
    Difference,
    /// MUL.
    Product,
    /// DIV. Integers are rounded towards zero, and what is divided by zero is zero.
    Quotient,
    /// MINIMUM.
    Least,
    /// MAXIMUM.
    Greatest,
}

full_names!(Combination: Sum, Difference, Product, Quotient, Least, Greatest);

/// ADD, SUB, MUL and DIV of int32, MINIMUM and MAXIMUM of any integers, with broadcasting. Results wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unscaled<A = Span> {
    /// What is computed.
    pub combination: Combination,
    /// Type of the integers.
    pub integer: Integer,
    /// First input in the arena.
    pub a: A,
    /// Second input in the arena.
    pub b: A,
    /// Output in the arena.
    pub output: A,
    /// Shape of the output, the slowest axis first.
    pub counts: [u32; AXES],
    /// Steps of the first input along each axis, in elements.
    pub a_steps: [i32; AXES],
    /// Steps of the second input along each axis, in elements.
    pub b_steps: [i32; AXES],
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Unscaled { a: Read, b: Read, output: Write } { combination, integer, counts, a_steps, b_steps, min, max });

/// Type of the numbers that a [`Cast`] reads or writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// 8 bits, signed.
    I8,
    /// 8 bits, unsigned.
    U8,
    /// 16 bits, signed.
    I16,
    /// 32 bits, signed.
    I32,
    /// 32 bits, unsigned.
    U32,
    /// 32 bits, real.
    F32,
}

impl Number {
    /// Bytes that one number takes.
    pub const fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
        }
    }
}

full_names!(Number: I8, U8, I16, I32, U32, F32);

/// CAST: numbers of one type as numbers of another. Integers lose the bits for which there is no room, reals their
/// fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast<A = Span> {
    /// Type of the input.
    pub from: Number,
    /// Type of the output.
    pub to: Number,
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
}

spans!(Cast { input: Read, output: Write } { from, to });
