//! Operators on float32, and the ways between floats and integers.

#[cfg(feature = "std")]
use super::Access;
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
pub struct FloatConv<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
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

spans!(FloatConv { input: Read, output: Write } { weights, biases, from, to, depth, window, bounds });

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
pub struct HybridConv<A = Span> {
    /// The convolution; its weights lie in the pool of bytes.
    pub conv: FloatConv<A>,
    /// Real value of one step of the weights, for each output channel, in the pool of words.
    pub scales: Span,
    /// Working memory in the arena, one byte for each input of an image.
    pub scratch: A,
    /// How images are rounded.
    pub rounding: Rounding,
}

#[cfg(feature = "std")]
impl<A> HybridConv<A> {
    /// Shows every span of the arena.
    pub(crate) fn visit(&mut self, each: &mut dyn FnMut(Access, &mut A)) {
        each(Access::Scratch, &mut self.scratch);
        self.conv.visit(each);
    }

    /// The same operation with other spans of the arena.
    pub(crate) fn placed<B>(self, place: &mut dyn FnMut(A) -> B) -> HybridConv<B> {
        let Self { conv, scales, scratch, rounding } = self;
        HybridConv { conv: conv.placed(place), scales, scratch: place(scratch), rounding }
    }
}

/// DEPTHWISE_CONV_2D, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatDepthwise<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
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

spans!(FloatDepthwise { input: Read, output: Write } { weights, biases, from, to, multiplier, window, bounds });

/// FULLY_CONNECTED, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatFullyConnected<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
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

spans!(FloatFullyConnected { input: Read, output: Write } { weights, biases, inputs, outputs, bounds });

/// AVERAGE_POOL_2D and MAX_POOL_2D, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatPool<A = Span> {
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
    /// Bounds of the output.
    pub bounds: Bounds,
}

spans!(FloatPool { input: Read, output: Write } { pooling, from, to, window, bounds });

/// SOFTMAX over the last dimension, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatSoftmax<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Length of a row.
    pub depth: u32,
    /// Factor of the inputs.
    pub beta: f32,
}

spans!(FloatSoftmax { input: Read, output: Write } { depth, beta });

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
pub struct FloatUnary<A = Span> {
    /// The function.
    pub function: Function,
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
}

spans!(FloatUnary { input: Read, output: Write } { function });

/// ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM, float32, with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatBinary<A = Span> {
    /// What is computed.
    pub combination: Combination,
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
    /// Bounds of the output.
    pub bounds: Bounds,
}

spans!(FloatBinary { a: Read, b: Read, output: Write } { combination, counts, a_steps, b_steps, bounds });

/// MEAN over any axes, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatMean<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Extent of the axes that stay.
    pub kept: [u32; AXES],
    /// The input's steps along them, in elements.
    pub kept_steps: [i32; AXES],
    /// Extent of the axes that the mean is over.
    pub reduced: [u32; AXES],
    /// The input's steps along them, in elements.
    pub reduced_steps: [i32; AXES],
}

spans!(FloatMean { input: Read, output: Write } { kept, kept_steps, reduced, reduced_steps });

/// QUANTIZE, float32 to integers, and DEQUANTIZE, the way back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Requantise<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Real value of one step.
    pub scale: f32,
    /// Integer that stands for zero.
    pub zero_point: i32,
    /// Type of the integers.
    pub integer: Integer,
}

spans!(Requantise { input: Read, output: Write } { scale, zero_point, integer });
