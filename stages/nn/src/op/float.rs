//! Operators on float32, and the ways between floats and integers.

use super::{AXES, Combination, Image, Integer, Pooling, Span, Window};

/// Bounds of a real output, from the fused activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least output.
    pub min: f32,
    /// Greatest output.
    pub max: f32,
}

/// CONV_2D, float32. Weights and biases lie in the pool of words, as the bits of floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatConv {
    /// Input image in the arena.
    pub input: Span,
    /// Output image in the arena.
    pub output: Span,
    /// Weights, `[out channel][row][column][depth]`.
    pub weights: Span,
    /// One bias per output channel.
    pub biases: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// Channels that each weight kernel reads.
    pub depth: u32,
    /// The sliding window.
    pub window: Window,
    /// Bounds of the output.
    pub bounds: Bounds,
}

/// The bytes that real inputs are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// −127 to 127, which stand for the greatest magnitude, either way; zero is zero.
    Symmetric,
    /// −128 to 127, which stand for the least and the greatest value.
    Asymmetric,
}

/// CONV_2D of floats with weights of bytes (dynamic-range quantisation): each image is rounded to bytes over its own
/// range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HybridConv {
    /// The convolution; its weights lie in the pool of bytes.
    pub conv: FloatConv,
    /// Real value of one step of the weights, for each output channel, in the pool of words.
    pub scales: Span,
    /// Working memory in the arena, one byte for each input of an image.
    pub scratch: Span,
    /// How images are rounded.
    pub rounding: Rounding,
}

/// DEPTHWISE_CONV_2D, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatDepthwise {
    /// Input image in the arena.
    pub input: Span,
    /// Output image in the arena.
    pub output: Span,
    /// Weights, `[row][column][out channel]`.
    pub weights: Span,
    /// One bias per output channel.
    pub biases: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// Output channels per input channel.
    pub multiplier: u32,
    /// The sliding window.
    pub window: Window,
    /// Bounds of the output.
    pub bounds: Bounds,
}

/// FULLY_CONNECTED, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatFullyConnected {
    /// Input in the arena.
    pub input: Span,
    /// Output in the arena.
    pub output: Span,
    /// Weights, `[output][input]`.
    pub weights: Span,
    /// One bias per output.
    pub biases: Span,
    /// Length of an input vector.
    pub inputs: u32,
    /// Length of an output vector.
    pub outputs: u32,
    /// Bounds of the output.
    pub bounds: Bounds,
}

/// AVERAGE_POOL_2D and MAX_POOL_2D, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatPool {
    /// What is computed.
    pub pooling: Pooling,
    /// Input image in the arena.
    pub input: Span,
    /// Output image in the arena.
    pub output: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The sliding window; its dilations are one.
    pub window: Window,
    /// Bounds of the output.
    pub bounds: Bounds,
}

/// SOFTMAX over the last dimension, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatSoftmax {
    /// Input in the arena.
    pub input: Span,
    /// Output in the arena.
    pub output: Span,
    /// Length of a row.
    pub depth: u32,
    /// Factor of the inputs.
    pub beta: f32,
}

/// A function of single floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// RELU, RELU6, RELU_N1_TO_1.
    Clamp(Bounds),
    /// LOGISTIC.
    Logistic,
    /// TANH.
    Tanh,
}

/// LOGISTIC, TANH, RELU and its kin, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatUnary {
    /// The function.
    pub function: Function,
    /// Input in the arena.
    pub input: Span,
    /// Output in the arena.
    pub output: Span,
}

/// ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM, float32, with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatBinary {
    /// What is computed.
    pub combination: Combination,
    /// First input in the arena.
    pub a: Span,
    /// Second input in the arena.
    pub b: Span,
    /// Output in the arena.
    pub output: Span,
    /// Shape of the output, the slowest axis first.
    pub counts: [u32; AXES],
    /// Steps of the first input along each axis, in elements.
    pub a_steps: [i32; AXES],
    /// Steps of the second input along each axis, in elements.
    pub b_steps: [i32; AXES],
    /// Bounds of the output.
    pub bounds: Bounds,
}

/// MEAN over any axes, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatMean {
    /// Input in the arena.
    pub input: Span,
    /// Output in the arena.
    pub output: Span,
    /// Extent of the axes that stay.
    pub kept: [u32; AXES],
    /// The input's steps along them, in elements.
    pub kept_steps: [i32; AXES],
    /// Extent of the axes that the mean is over.
    pub reduced: [u32; AXES],
    /// The input's steps along them, in elements.
    pub reduced_steps: [i32; AXES],
}

/// QUANTIZE, float32 to integers, and DEQUANTIZE, the way back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Requantise {
    /// Input in the arena.
    pub input: Span,
    /// Output in the arena.
    pub output: Span,
    /// Real value of one step.
    pub scale: f32,
    /// Integer that stands for zero.
    pub zero_point: i32,
    /// Type of the integers.
    pub integer: Integer,
}
