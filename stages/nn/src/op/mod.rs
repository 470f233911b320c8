//! The small plain operations that a plan is made of.
//!
//! Every operation is plain data: its fields are numbers, its `Debug` form is a Rust expression, and what it reads
//! and writes are [`Span`]s of the arena and of the plan's two pools of constants. So the same value lies in a `Vec`
//! on a host and in a `static` of a firmware image.
//!
//! Where int16's arithmetic is int8's but for the width, the operation is int8's too: [`Op`] says which. An int16 lies in
//! the arena as two bytes, the lower one first; shapes and steps count elements, spans count bytes.

/// `Debug` of an enum whose variants are printed with the enum's name, since other enums have some of these names, too.
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

mod geometry;
mod numbers;

pub use geometry::{AXES, Image, Layout, Span, Window};
pub use numbers::{Bounds, Integer, Rescaling};

// What single operations hold is in the files of their operators; what several have in common is here.
#[doc(inline)]
pub use crate::micro_frontend::Subtraction;
pub use crate::operators::binary::float::FloatBinary;
pub use crate::operators::binary::unscaled::{Combination, Unscaled};
pub use crate::operators::binary::{Arithmetic, Binary};
pub use crate::operators::cast::{Cast, Number};
pub use crate::operators::conv::Conv;
pub use crate::operators::conv::float::FloatConv;
pub use crate::operators::conv::hybrid::{HybridConv, Rounding};
pub use crate::operators::depthwise::Depthwise;
pub use crate::operators::depthwise::float::FloatDepthwise;
pub use crate::operators::fully_connected::{FloatFullyConnected, FullyConnected};
pub use crate::operators::mean::{FloatMean, Mean};
pub use crate::operators::moves::{Fill, Move, Source};
pub use crate::operators::offset::{OffsetConv, OffsetDepthwise};
pub use crate::operators::pool::{FloatPool, Pool, Pooling};
pub use crate::operators::requantise::{Requantise, Rescale};
pub use crate::operators::signal::auto_scale::SignalAutoScale;
pub use crate::operators::signal::energy::SignalEnergy;
pub use crate::operators::signal::filter_bank::SignalFilterBank;
pub use crate::operators::signal::log::SignalLog;
pub use crate::operators::signal::pcan::SignalPcan;
pub use crate::operators::signal::rfft::SignalRfft;
pub use crate::operators::signal::square_root::SignalSquareRoot;
pub use crate::operators::signal::subtraction::SignalSubtraction;
pub use crate::operators::signal::window::SignalWindow;
pub use crate::operators::softmax::Softmax;
pub use crate::operators::softmax::float::FloatSoftmax;
pub use crate::operators::softmax::int16::Int16Softmax;
pub use crate::operators::svdf::Svdf;
pub use crate::operators::svdf::float::FloatSvdf;
pub use crate::operators::transpose_conv::{FloatTransposeConv, TransposeConv};
pub use crate::operators::unary::Table;
pub use crate::operators::unary::float::{FloatUnary, Function};
pub use crate::operators::unary::int16::{Int16Sigmoid, Sigmoid};

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

pub(crate) use {full_names, spans};

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

crate::operators::table::operations!(define_op);
