//! Operators with weights: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED.

use super::{Image, Span, Window};

/// How an integer operator maps its sums to its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// How the weights of an operator lie in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As the `.tflite` file has them.
    Plain,
    /// As the kernel set that the plan was made for wants them.
    Packed,
}

/// CONV_2D, int8 or int16. Weights are `[out channel][row][column][depth]`.
///
/// Biases are words; int16 may have biases of 64 bits, which are two: the low words of all, then the high ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Working memory in the arena, for kernel sets that asked for it.
    pub scratch: A,
    /// Weights in the pool of bytes.
    pub weights: Span,
    /// Per output channel, in the pool of words: all biases, all multipliers, all shifts.
    pub channels: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// Channels that each weight kernel reads; fewer than the input's where the convolution is grouped.
    pub depth: u32,
    /// The sliding window.
    pub window: Window,
    /// Offsets and output range.
    pub rescaling: Rescaling,
    /// Layout of the weights.
    pub layout: Layout,
}

spans!(Conv { input: Read, output: Write, scratch: Scratch } { weights, channels, from, to, depth, window, rescaling, layout });

/// DEPTHWISE_CONV_2D, int8 or int16. Weights are `[row][column][out channel]`; out channel `c · multiplier + m` reads input
/// channel `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depthwise<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Working memory in the arena, for kernel sets that asked for it.
    pub scratch: A,
    /// Weights in the pool of bytes.
    pub weights: Span,
    /// Per output channel, in the pool of words: all biases, all multipliers, all shifts.
    pub channels: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// Output channels per input channel.
    pub multiplier: u32,
    /// The sliding window.
    pub window: Window,
    /// Offsets and output range.
    pub rescaling: Rescaling,
    /// Layout of the weights.
    pub layout: Layout,
}

spans!(Depthwise { input: Read, output: Write, scratch: Scratch } { weights, channels, from, to, multiplier, window, rescaling, layout });

/// FULLY_CONNECTED, int8 or int16. Weights are `[output][input]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullyConnected<A = Span> {
    /// Input in the arena, `rows · inputs` elements.
    pub input: A,
    /// Output in the arena, `rows · outputs` elements.
    pub output: A,
    /// Weights in the pool of bytes.
    pub weights: Span,
    /// Per output, in the pool of words: all biases, all multipliers, all shifts.
    pub channels: Span,
    /// Vectors that are multiplied with the same weights.
    pub rows: u32,
    /// Length of an input vector.
    pub inputs: u32,
    /// Length of an output vector.
    pub outputs: u32,
    /// Added to each weight: its zero point, negated.
    pub weights_offset: i32,
    /// Offsets and output range.
    pub rescaling: Rescaling,
    /// Layout of the weights.
    pub layout: Layout,
}

spans!(FullyConnected { input: Read, output: Write } { weights, channels, rows, inputs, outputs, weights_offset, rescaling, layout });
