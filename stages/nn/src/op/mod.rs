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

/// States which fields of an operation are spans of the arena, how it uses each, and which are not. A field that is
/// neither here nor there does not compile.
macro_rules! spans {
    ($of:ident { $($span:ident: $access:ident),+ } { $($kept:ident),* }) => {
        #[cfg(feature = "std")]
        impl<A> $of<A> {
            /// Shows every span of the arena.
            pub(crate) fn visit(&mut self, each: &mut dyn FnMut($crate::op::Access, &mut A)) {
                $(each($crate::op::Access::$access, &mut self.$span);)+
            }

            /// The same operation with other spans of the arena.
            pub(crate) fn placed<B>(self, place: &mut dyn FnMut(A) -> B) -> $of<B> {
                let Self { $($span,)+ $($kept,)* } = self;
                $of { $($span: place($span),)+ $($kept,)* }
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

pub use crate::operators::offset::{OffsetConv, OffsetDepthwise};
pub use crate::operators::transpose_conv::{FloatTransposeConv, TransposeConv};

/// How an operation uses a part of the arena.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads it.
    Read,
    /// Writes it.
    Write,
    /// Uses it while it runs.
    Scratch,
}

pub(crate) use spans;

macro_rules! define_op {
    ($($(#[$about:meta])+ $variant:ident($of:ident): $family:ident, $method:ident = $kernel:expr;)+) => {
        /// One operation of a plan. `A` says where the arena holds what it reads and writes: a [`Span`], or, until the
        /// planner has solved the arena, which of its values.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Op<A = Span> {
            $($(#[$about])+ $variant($of<A>),)+
        }

        impl<A> Op<A> {
            /// The bit in [`Only`](crate::kernels::Only) of the kernel that runs this operation; nothing for one that
            /// every set of kernels has.
            pub const fn family(&self) -> u32 {
                match self {
                    $(Self::$variant(_) => crate::kernels::only::$family,)+
                }
            }
        }

        #[cfg(feature = "std")]
        impl<A> Op<A> {
            /// Shows every span of the arena that the operation holds.
            pub(crate) fn visit(&mut self, mut each: impl FnMut(Access, &mut A)) {
                match self {
                    $(Self::$variant(op) => op.visit(&mut each),)+
                }
            }

            /// The same operation with other spans of the arena.
            pub(crate) fn placed<B>(self, mut place: impl FnMut(A) -> B) -> Op<B> {
                match self {
                    $(Self::$variant(op) => Op::$variant(op.placed(&mut place)),)+
                }
            }
        }
    };
}

crate::operations::operations!(define_op);
