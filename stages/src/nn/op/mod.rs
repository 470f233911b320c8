//! The small plain operations that a plan is made of.
//!
//! Every operation is plain data: its fields are numbers, its `Debug` form is a Rust expression, and what it reads
//! and writes are [`Span`]s of the arena and of the plan's two pools of constants. So the same value lies in a `Vec`
//! on a host and in a `static` of a firmware image.

mod elementwise;
mod float;
mod geometry;
mod movement;
mod reduction;
mod weighted;

pub use elementwise::{Arithmetic, Binary, Table};
pub use float::{
    Bounds, FloatBinary, FloatConv, FloatDepthwise, FloatFullyConnected, FloatMean, FloatPool, FloatSoftmax,
    FloatUnary, Function, Requantise,
};
pub use geometry::{AXES, Image, Span, Window};
pub use movement::{Fill, Move, Source};
pub use reduction::{Mean, Pool, Pooling, Softmax};
pub use weighted::{Conv, Depthwise, FullyConnected, Layout, Rescaling};

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
