//! A kernel set without what a plan does not use.

use super::Kernels;

/// The kernels of `K` for the operators in `OPERATORS`, and none for all others: so a firmware image holds only what
/// its models run.
///
/// `OPERATORS` is a sum of [`Op::family`](crate::op::Op::family)s. Running a plan that uses another operator panics.
#[derive(Clone, Copy, Debug)]
pub struct Only<K, const OPERATORS: u32>(pub K);

macro_rules! families {
    ($($(#[$about:meta])+ $family:ident = $bit:literal;)+) => {
        $($(#[$about])+ pub const $family: u32 = 1 << $bit;)+

        /// The families by name, as constant expressions write them.
        #[cfg(feature = "std")]
        pub const NAMES: &[(u32, &str)] = &[$(($family, stringify!($family))),+];
    };
}

/// [`Op::family`](crate::op::Op::family) of what every set of kernels has.
pub const ALWAYS: u32 = 0;

families! {
    /// [`Op::family`](crate::op::Op::family) of CONV_2D.
    CONV = 0;
    /// [`Op::family`](crate::op::Op::family) of DEPTHWISE_CONV_2D.
    DEPTHWISE = 1;
    /// [`Op::family`](crate::op::Op::family) of FULLY_CONNECTED.
    FULLY_CONNECTED = 2;
    /// [`Op::family`](crate::op::Op::family) of AVERAGE_POOL_2D and MAX_POOL_2D.
    POOL = 3;
    /// [`Op::family`](crate::op::Op::family) of SOFTMAX.
    SOFTMAX = 4;
    /// [`Op::family`](crate::op::Op::family) of all that only moves bytes.
    MOVE = 5;
    /// [`Op::family`](crate::op::Op::family) of functions of single bytes.
    TABLE = 6;
    /// [`Op::family`](crate::op::Op::family) of ADD, SUB and MUL.
    BINARY = 7;
    /// [`Op::family`](crate::op::Op::family) of MEAN.
    MEAN = 8;
    /// [`Op::family`](crate::op::Op::family) of everything on floats.
    FLOAT = 9;
    /// [`Op::family`](crate::op::Op::family) of SVDF.
    SVDF = 10;
    /// [`Op::family`](crate::op::Op::family) of everything on int16.
    INT16 = 11;
    /// [`Op::family`](crate::op::Op::family) of CAST and of arithmetic without scales.
    UNSCALED = 12;
    /// [`Op::family`](crate::op::Op::family) of TFLite Micro's signal operators.
    SIGNAL = 13;
    /// [`Op::family`](crate::op::Op::family) of TRANSPOSE_CONV.
    TRANSPOSE_CONV = 14;
    /// [`Op::family`](crate::op::Op::family) of convolutions whose weights have a zero point.
    OFFSET = 15;
    /// [`Op::family`](crate::op::Op::family) of packed depthwise convolutions with several outputs of each input channel.
    MULTIPLIED = 16;
}

impl<K: Kernels, const OPERATORS: u32> Only<K, OPERATORS> {
    /// The kernels, which exist if `family` is one of `OPERATORS`: known when the image is built.
    #[inline(always)]
    pub(super) fn has(self, family: u32) -> K {
        assert!(
            family == ALWAYS || OPERATORS & family != 0,
            "the plan runs an operator that its kernels were built without"
        );
        self.0
    }
}
