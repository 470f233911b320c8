//! Operators that draw many elements together: pools, MEAN, SOFTMAX.

use super::{AXES, Image, Span, Window};
use crate::fixed::Factor;

/// What a pooling window computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Mean of what of the window lies inside the image, rounded to nearest, ties away from zero.
    Average,
    /// Greatest.
    Max,
}

/// AVERAGE_POOL_2D and MAX_POOL_2D, int8 or int16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool<A = Span> {
    /// What is computed.
    pub pooling: Pooling,
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The sliding window; its dilations are one.
    pub window: Window,
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Pool { input: Read, output: Write } { pooling, from, to, window, min, max });

/// MEAN over any axes, int8 or int16. The output is dense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mean<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Extent of the axes that stay.
    pub kept: [u32; AXES],
    /// The input's steps along them.
    pub kept_steps: [i32; AXES],
    /// Extent of the axes that the mean is over.
    pub reduced: [u32; AXES],
    /// The input's steps along them.
    pub reduced_steps: [i32; AXES],
    /// Added to each sum: as many zero points of the input, negated.
    pub sum_offset: i32,
    /// Factor from a sum to the output.
    pub factor: Factor,
    /// The output's zero point.
    pub output_offset: i32,
}

spans!(Mean { input: Read, output: Write } { kept, kept_steps, reduced, reduced_steps, sum_offset, factor, output_offset });

/// SOFTMAX over the last dimension, int8 to the integers of all its output's range: 256ths for int8, 65536ths for int16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax<A = Span> {
    /// Input in the arena, `rows · depth` bytes.
    pub input: A,
    /// Output in the arena, as many elements.
    pub output: A,
    /// Length of a row.
    pub depth: u32,
    /// Factor from differences of inputs to Q5.26: mantissa.
    pub multiplier: i32,
    /// Factor from differences of inputs to Q5.26: exponent.
    pub left_shift: i32,
    /// Differences below this one count as exp(−∞).
    pub least_difference: i32,
}

spans!(Softmax { input: Read, output: Write } { depth, multiplier, left_shift, least_difference });
