//! A kernel set without what a plan does not use.

use super::{Constants, Kernels};
use crate::op::{Binary, Conv, Depthwise, FullyConnected, Mean, Move, Op, Pool, Softmax, Svdf, Table};

/// The kernels of `K` for the operators in `OPERATORS`, and none for all others: so a firmware image holds only what
/// its models run.
///
/// `OPERATORS` is a sum of [`Op::family`]s. Running a plan that uses another operator panics.
#[derive(Clone, Copy, Debug)]
pub struct Only<K, const OPERATORS: u32>(pub K);

/// [`Op::family`] of CONV_2D.
pub const CONV: u32 = 1;
/// [`Op::family`] of DEPTHWISE_CONV_2D.
pub const DEPTHWISE: u32 = 1 << 1;
/// [`Op::family`] of FULLY_CONNECTED.
pub const FULLY_CONNECTED: u32 = 1 << 2;
/// [`Op::family`] of AVERAGE_POOL_2D and MAX_POOL_2D.
pub const POOL: u32 = 1 << 3;
/// [`Op::family`] of SOFTMAX.
pub const SOFTMAX: u32 = 1 << 4;
/// [`Op::family`] of all that only moves bytes.
pub const MOVE: u32 = 1 << 5;
/// [`Op::family`] of functions of single bytes.
pub const TABLE: u32 = 1 << 6;
/// [`Op::family`] of ADD, SUB and MUL.
pub const BINARY: u32 = 1 << 7;
/// [`Op::family`] of MEAN.
pub const MEAN: u32 = 1 << 8;
/// [`Op::family`] of everything on floats.
pub const FLOAT: u32 = 1 << 9;
/// [`Op::family`] of SVDF.
pub const SVDF: u32 = 1 << 10;
/// [`Op::family`] of everything on int16.
pub const INT16: u32 = 1 << 11;
/// [`Op::family`] of CAST and of arithmetic without scales.
pub const UNSCALED: u32 = 1 << 12;
/// [`Op::family`] of TFLite Micro's signal operators.
pub const SIGNAL: u32 = 1 << 13;

/// The families by name, as constant expressions write them.
#[cfg(feature = "std")]
pub const NAMES: [(u32, &str); 14] = [
    (CONV, "CONV"),
    (DEPTHWISE, "DEPTHWISE"),
    (FULLY_CONNECTED, "FULLY_CONNECTED"),
    (POOL, "POOL"),
    (SOFTMAX, "SOFTMAX"),
    (MOVE, "MOVE"),
    (TABLE, "TABLE"),
    (BINARY, "BINARY"),
    (MEAN, "MEAN"),
    (FLOAT, "FLOAT"),
    (SVDF, "SVDF"),
    (INT16, "INT16"),
    (UNSCALED, "UNSCALED"),
    (SIGNAL, "SIGNAL"),
];

impl Op {
    /// The bit in [`Only`] of the kernel that runs this operation; nothing for one that needs no kernel.
    pub const fn family(&self) -> u32 {
        match self {
            Self::Conv(_) => CONV,
            Self::Depthwise(_) => DEPTHWISE,
            Self::FullyConnected(_) => FULLY_CONNECTED,
            Self::Pool(_) => POOL,
            Self::Softmax(_) => SOFTMAX,
            Self::Move(_) => MOVE,
            Self::Fill(_) => 0,
            Self::Table(_) => TABLE,
            Self::Binary(_) => BINARY,
            Self::Mean(_) => MEAN,
            Self::Svdf(_) => SVDF,
            Self::SoftmaxToInt16(_)
            | Self::Int16Conv(_)
            | Self::Int16Depthwise(_)
            | Self::Int16FullyConnected(_)
            | Self::Int16Pool(_)
            | Self::Int16Softmax(_)
            | Self::Int16Sigmoid(_)
            | Self::Int16Binary(_)
            | Self::Int16Mean(_)
            | Self::Rescale(_) => INT16,
            Self::Unscaled(_) | Self::Cast(_) => UNSCALED,
            Self::SignalWindow(_)
            | Self::SignalAutoScale(_)
            | Self::SignalRfft(_)
            | Self::SignalEnergy(_)
            | Self::SignalFilterBank(_)
            | Self::SignalSquareRoot(_)
            | Self::SignalSubtraction(_)
            | Self::SignalPcan(_)
            | Self::SignalLog(_) => SIGNAL,
            _ => FLOAT,
        }
    }
}

impl<K: Kernels, const OPERATORS: u32> Only<K, OPERATORS> {
    /// The kernels, which exist if `family` is one of `OPERATORS`: known when the image is built.
    #[inline(always)]
    fn has(self, family: u32) -> K {
        assert!(OPERATORS & family != 0, "the plan runs an operator that its kernels were built without");
        self.0
    }
}

impl<K: Kernels, const OPERATORS: u32> Kernels for Only<K, OPERATORS> {
    fn conv(self, op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(CONV).conv(op, constants, arena);
    }
    fn depthwise(self, op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(DEPTHWISE).depthwise(op, constants, arena);
    }
    fn fully_connected(self, op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(FULLY_CONNECTED).fully_connected(op, constants, arena);
    }
    fn pool(self, op: &Pool, arena: &mut [i8]) {
        self.has(POOL).pool(op, arena);
    }
    fn softmax(self, op: &Softmax, arena: &mut [i8]) {
        self.has(SOFTMAX).softmax(op, arena);
    }
    fn move_block(self, op: &Move, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(MOVE).move_block(op, constants, arena);
    }
    fn table(self, op: &Table, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(TABLE).table(op, constants, arena);
    }
    fn binary(self, op: &Binary, arena: &mut [i8]) {
        self.has(BINARY).binary(op, arena);
    }
    fn mean(self, op: &Mean, arena: &mut [i8]) {
        self.has(MEAN).mean(op, arena);
    }
    fn svdf(self, op: &Svdf, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(SVDF).svdf(op, constants, arena);
    }
    fn int16(self, op: &Op, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(INT16).int16(op, constants, arena);
    }
    fn unscaled(self, op: &Op, arena: &mut [i8]) {
        self.has(UNSCALED).unscaled(op, arena);
    }
    fn signal(self, op: &Op, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(SIGNAL).signal(op, constants, arena);
    }
    fn float(self, op: &Op, constants: Constants<'_>, arena: &mut [i8]) {
        self.has(FLOAT).float(op, constants, arena);
    }
}
