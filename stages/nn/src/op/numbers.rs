//! How integers and floats are represented and bounded.

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

/// How an integer operator maps its sums to its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rescaling {
    /// Added to each input: its zero point, negated.
    pub input_offset: i32,
    /// Added to each rescaled sum: the output's zero point.
    pub output_offset: i32,
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

/// Bounds of a real output, from the fused activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least output.
    pub min: f32,
    /// Greatest output.
    pub max: f32,
}
