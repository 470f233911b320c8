//! The small plain operations that a plan is made of.
//!
//! Every operation is plain data: its fields are numbers, its `Debug` form is a Rust expression, and what it reads
//! and writes are [`Span`]s of the arena and of the plan's two pools of constants. So the same value lies in a `Vec`
//! on a host and in a `static` of a firmware image.

use super::fixed::Factor;

/// A run of `len` items from `at` on: bytes of the arena, or items of a pool of constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First item.
    pub at: u32,
    /// Number of items.
    pub len: u32,
}

impl Span {
    /// The span as a range of indices.
    #[inline]
    pub const fn range(self) -> core::ops::Range<usize> {
        self.at as usize..self.at as usize + self.len as usize
    }
}

/// Shape of a batch of images, channels last: `[batch, height, width, channels]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Number of images.
    pub batch: u32,
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
    /// Channels, the fastest dimension.
    pub channels: u32,
}

impl Image {
    /// Items of one row.
    #[inline]
    pub const fn row(self) -> usize {
        self.width as usize * self.channels as usize
    }

    /// Items of one image.
    #[inline]
    pub const fn plane(self) -> usize {
        self.height as usize * self.row()
    }
}

/// A window that slides over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows of the window.
    pub height: u32,
    /// Columns of the window.
    pub width: u32,
    /// Rows between two outputs.
    pub stride_y: u32,
    /// Columns between two outputs.
    pub stride_x: u32,
    /// Rows between two rows of the window.
    pub dilation_y: u32,
    /// Columns between two columns of the window.
    pub dilation_x: u32,
    /// Rows of padding above the image.
    pub pad_top: u32,
    /// Columns of padding left of the image.
    pub pad_left: u32,
}

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

/// CONV_2D, int8. Weights are `[out channel][row][column][depth]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Input image in the arena.
    pub input: Span,
    /// Output image in the arena.
    pub output: Span,
    /// Working memory in the arena, for kernel sets that asked for it.
    pub scratch: Span,
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

/// DEPTHWISE_CONV_2D, int8. Weights are `[row][column][out channel]`; out channel `c · multiplier + m` reads input
/// channel `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depthwise {
    /// Input image in the arena.
    pub input: Span,
    /// Output image in the arena.
    pub output: Span,
    /// Working memory in the arena, for kernel sets that asked for it.
    pub scratch: Span,
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

/// FULLY_CONNECTED, int8. Weights are `[output][input]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullyConnected {
    /// Input in the arena, `rows · inputs` bytes.
    pub input: Span,
    /// Output in the arena, `rows · outputs` bytes.
    pub output: Span,
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

/// What a pooling window computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Mean of what of the window lies inside the image, rounded to nearest, ties away from zero.
    Average,
    /// Greatest.
    Max,
}

/// AVERAGE_POOL_2D and MAX_POOL_2D, int8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
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
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

/// SOFTMAX over the last dimension, int8 to int8 with scale 1/256 and zero point −128.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// Input in the arena, `rows · depth` bytes.
    pub input: Span,
    /// Output in the arena, as large.
    pub output: Span,
    /// Length of a row.
    pub depth: u32,
    /// Factor from differences of inputs to Q5.26: mantissa.
    pub multiplier: i32,
    /// Factor from differences of inputs to Q5.26: exponent.
    pub left_shift: i32,
    /// Differences below this one count as exp(−∞).
    pub least_difference: i32,
}

/// Where a [`Move`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Bytes of the arena.
    Arena(Span),
    /// Constants of the pool of bytes.
    Constant(Span),
}

/// Dimensions that a [`Move`] or a [`Mean`] walks at most, runs of contiguous bytes not counted.
pub const AXES: usize = 5;

/// Copies a block of any shape: CONCATENATION, SPLIT, SLICE, STRIDED_SLICE, PAD, PACK, TRANSPOSE and the variables.
///
/// For every index `i` below `counts`, `run` bytes go from `from_start + Σ i · from_steps` to
/// `to_start + Σ i · to_steps`, counted in bytes from where source and destination begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// What is read.
    pub from: Source,
    /// What is written, in the arena.
    pub to: Span,
    /// First byte read.
    pub from_start: u32,
    /// First byte written.
    pub to_start: u32,
    /// Bytes that lie together on both sides.
    pub run: u32,
    /// Extent along each axis, the slowest first.
    pub counts: [u32; AXES],
    /// Bytes between neighbours of the source along each axis.
    pub from_steps: [i32; AXES],
    /// Bytes between neighbours of the destination along each axis.
    pub to_steps: [i32; AXES],
}

/// Sets all bytes to one value: PAD's border, a variable's first value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// What is written, in the arena.
    pub to: Span,
    /// The value.
    pub value: i8,
}

/// Maps each byte through a table of 256: LOGISTIC, TANH, RELU and its kin, QUANTIZE between bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Input in the arena.
    pub input: Span,
    /// Output in the arena; may be the input.
    pub output: Span,
    /// In the pool of bytes: the output for each input, from 0 to 255 as an unsigned byte.
    pub table: Span,
}

/// What a [`Binary`] computes from two inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// ADD: both inputs are brought to one scale, with 20 bits of headroom.
    Add,
    /// SUB, likewise.
    Subtract,
    /// MUL.
    Multiply,
}

/// ADD, SUB and MUL, int8, with broadcasting. The output is dense; an input stands still along an axis whose step is
/// zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binary {
    /// What is computed.
    pub arithmetic: Arithmetic,
    /// First input in the arena.
    pub a: Span,
    /// Second input in the arena.
    pub b: Span,
    /// Output in the arena; may be an input of its size.
    pub output: Span,
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

/// MEAN over any axes, int8. The output is dense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mean {
    /// Input in the arena.
    pub input: Span,
    /// Output in the arena.
    pub output: Span,
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

/// ADD, SUB and MUL, float32, with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatBinary {
    /// What is computed.
    pub arithmetic: Arithmetic,
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

/// QUANTIZE, float32 to int8 or uint8, and DEQUANTIZE, the way back.
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
    /// Least integer: −128 for int8, 0 for uint8.
    pub least: i32,
}

/// One operation of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// CONV_2D.
    Conv(Conv),
    /// DEPTHWISE_CONV_2D.
    Depthwise(Depthwise),
    /// FULLY_CONNECTED.
    FullyConnected(FullyConnected),
    /// AVERAGE_POOL_2D, MAX_POOL_2D.
    Pool(Pool),
    /// SOFTMAX.
    Softmax(Softmax),
    /// A copy of any shape.
    Move(Move),
    /// Bytes of one value.
    Fill(Fill),
    /// A function of single bytes.
    Table(Table),
    /// ADD, SUB, MUL.
    Binary(Binary),
    /// MEAN.
    Mean(Mean),
    /// CONV_2D, float32.
    FloatConv(FloatConv),
    /// DEPTHWISE_CONV_2D, float32.
    FloatDepthwise(FloatDepthwise),
    /// FULLY_CONNECTED, float32.
    FloatFullyConnected(FloatFullyConnected),
    /// AVERAGE_POOL_2D, MAX_POOL_2D, float32.
    FloatPool(FloatPool),
    /// SOFTMAX, float32.
    FloatSoftmax(FloatSoftmax),
    /// LOGISTIC, TANH, RELU and its kin, float32.
    FloatUnary(FloatUnary),
    /// ADD, SUB, MUL, float32.
    FloatBinary(FloatBinary),
    /// MEAN, float32.
    FloatMean(FloatMean),
    /// QUANTIZE, float32 to a byte.
    Quantise(Requantise),
    /// DEQUANTIZE, a byte to float32.
    Dequantise(Requantise),
}
