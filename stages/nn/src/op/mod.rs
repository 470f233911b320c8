//! The small plain operations that a plan is made of.
//!
//! Every operation is plain data: its fields are numbers, its `Debug` form is a Rust expression, and what it reads
//! and writes are [`Span`]s of the arena and of the plan's two pools of constants. So the same value lies in a `Vec`
//! on a host and in a `static` of a firmware image.

/// `Debug` of an enum whose variants are told with the enum's name, since other enums have some of these names, too.
macro_rules! full_names {
    ($of:ident: $($variant:ident),+) => {
        impl core::fmt::Debug for $of {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => concat!(stringify!($of), "::", stringify!($variant)),)+
                })
            }
        }
    };
}

mod elementwise;
mod float;
mod geometry;
mod int16;
mod movement;
mod reduction;
mod signal;
mod svdf;
mod unscaled;
mod weighted;

pub use elementwise::{Arithmetic, Binary, Table};
pub use float::{
    Bounds, FloatBinary, FloatConv, FloatDepthwise, FloatFullyConnected, FloatMean, FloatPool, FloatSoftmax,
    FloatUnary, Function, HybridConv, Requantise, Rounding,
};
pub use geometry::{AXES, Image, Span, Window};
pub use int16::{Int16Sigmoid, Int16Softmax, Integer, Rescale, Sigmoid};
pub use movement::{Fill, Move, Source};
pub use reduction::{Mean, Pool, Pooling, Softmax};
pub use signal::{
    SignalAutoScale, SignalEnergy, SignalFilterBank, SignalLog, SignalPcan, SignalRfft, SignalSquareRoot,
    SignalSubtraction, SignalWindow, Subtraction,
};
pub use svdf::{FloatSvdf, Svdf};
pub use unscaled::{Cast, Combination, Number, Unscaled};
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
    /// SVDF.
    Svdf(Svdf),
    /// SOFTMAX, int8 to int16.
    SoftmaxToInt16(Softmax),
    /// CONV_2D, int16.
    Int16Conv(Conv),
    /// DEPTHWISE_CONV_2D, int16.
    Int16Depthwise(Depthwise),
    /// FULLY_CONNECTED, int16.
    Int16FullyConnected(FullyConnected),
    /// AVERAGE_POOL_2D, MAX_POOL_2D, int16.
    Int16Pool(Pool),
    /// SOFTMAX, int16.
    Int16Softmax(Int16Softmax),
    /// LOGISTIC, TANH, int16.
    Int16Sigmoid(Int16Sigmoid),
    /// ADD, SUB, MUL, int16.
    Int16Binary(Binary),
    /// MEAN, int16.
    Int16Mean(Mean),
    /// QUANTIZE between integers, RELU and its kin on int16.
    Rescale(Rescale),
    /// CONV_2D, float32.
    FloatConv(FloatConv),
    /// CONV_2D, float32 with weights of bytes.
    HybridConv(HybridConv),
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
    /// ADD, SUB, MUL, DIV, MINIMUM, MAXIMUM, float32.
    FloatBinary(FloatBinary),
    /// MEAN, float32.
    FloatMean(FloatMean),
    /// SVDF, float32.
    FloatSvdf(FloatSvdf),
    /// QUANTIZE, float32 to an integer.
    Quantise(Requantise),
    /// DEQUANTIZE, an integer to float32.
    Dequantise(Requantise),
    /// ADD, SUB, MUL, DIV, int32; MINIMUM, MAXIMUM, any integers.
    Unscaled(Unscaled),
    /// CAST.
    Cast(Cast),
    /// SignalWindow.
    SignalWindow(SignalWindow),
    /// SignalFftAutoScale.
    SignalAutoScale(SignalAutoScale),
    /// SignalRfft.
    SignalRfft(SignalRfft),
    /// SignalEnergy.
    SignalEnergy(SignalEnergy),
    /// SignalFilterBank.
    SignalFilterBank(SignalFilterBank),
    /// SignalFilterBankSquareRoot.
    SignalSquareRoot(SignalSquareRoot),
    /// SignalFilterBankSpectralSubtraction.
    SignalSubtraction(SignalSubtraction),
    /// SignalPCAN.
    SignalPcan(SignalPcan),
    /// SignalFilterBankLog.
    SignalLog(SignalLog),
}
