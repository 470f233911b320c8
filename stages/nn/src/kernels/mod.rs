//! What computes the operations of a plan.
//!
//! [`Plain`] is the reference: portable, safe, one operator per file. Other sets replace single operators and must
//! equal it bit for bit.

mod binary;
mod cell;
mod conv;
mod depthwise;
pub mod dsp;
mod float;
mod fully_connected;
mod int16;
mod mean;
mod move_block;
pub mod only;
mod pool;
mod signal;
mod softmax;
mod svdf;
mod table;
mod unscaled;
mod walk;
mod window;

#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) mod packed;
#[cfg(feature = "std")]
mod set;

pub use dsp::Dsp;
pub use only::Only;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub use packed::{Avx2, AvxVnni, Vnni};
#[cfg(all(feature = "std", target_arch = "aarch64"))]
pub use packed::{Neon, NeonDot};
#[cfg(feature = "std")]
pub use set::KernelSet;

use super::fixed::Factor;
use super::op::{
    Binary, Conv, Depthwise, FullyConnected, Mean, Move, Op, Pool, Rescaling, Softmax, Span, Svdf, Table,
};

/// The pools of constants of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Constants<'a> {
    /// Weights and tables.
    pub bytes: &'a [i8],
    /// Biases, multipliers and shifts.
    pub words: &'a [i32],
}

/// A set of kernels, one function per operator. What a set does not replace is the plain kernel.
///
/// A set is a value without contents. Having one proves that this machine can run it.
pub trait Kernels: Copy + Send + 'static {
    /// CONV_2D.
    fn conv(self, op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
        conv::conv(op, constants, arena);
    }
    /// DEPTHWISE_CONV_2D.
    fn depthwise(self, op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
        depthwise::depthwise(op, constants, arena);
    }
    /// FULLY_CONNECTED.
    fn fully_connected(self, op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
        fully_connected::fully_connected(op, constants, arena);
    }
    /// AVERAGE_POOL_2D and MAX_POOL_2D.
    fn pool(self, op: &Pool, arena: &mut [i8]) {
        pool::pool::<i8>(op, arena);
    }
    /// SOFTMAX.
    fn softmax(self, op: &Softmax, arena: &mut [i8]) {
        softmax::softmax::<i8>(op, arena);
    }
    /// CONCATENATION, SPLIT, SLICE and all else that only moves bytes.
    fn move_block(self, op: &Move, constants: Constants<'_>, arena: &mut [i8]) {
        move_block::move_block(op, constants, arena);
    }
    /// LOGISTIC, TANH, RELU, QUANTIZE: functions of single bytes.
    fn table(self, op: &Table, constants: Constants<'_>, arena: &mut [i8]) {
        table::table(op, constants, arena);
    }
    /// ADD, SUB and MUL.
    fn binary(self, op: &Binary, arena: &mut [i8]) {
        binary::binary::<i8, 20>(op, arena);
    }
    /// MEAN.
    fn mean(self, op: &Mean, arena: &mut [i8]) {
        mean::mean::<i8>(op, arena);
    }
    /// SVDF.
    fn svdf(self, op: &Svdf, constants: Constants<'_>, arena: &mut [i8]) {
        svdf::svdf(op, constants, arena);
    }
    /// Everything on int16.
    fn int16(self, op: &Op, constants: Constants<'_>, arena: &mut [i8]) {
        int16::int16(op, constants, arena);
    }
    /// CAST, and arithmetic on integers without scales.
    fn unscaled(self, op: &Op, arena: &mut [i8]) {
        unscaled::unscaled(op, arena);
    }
    /// TFLite Micro's signal operators.
    fn signal(self, op: &Op, constants: Constants<'_>, arena: &mut [i8]) {
        signal::signal(op, constants, arena);
    }
    /// Everything on floats.
    fn float(self, op: &Op, constants: Constants<'_>, arena: &mut [i8]) {
        float::float(op, constants, arena);
    }
}

/// The portable reference kernels.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Kernels for Plain {}

/// Bias and rescaling factor of each output channel.
#[derive(Clone, Copy)]
struct Channels<'a> {
    biases: &'a [i32],
    multipliers: &'a [i32],
    shifts: &'a [i32],
}

impl<'a> Channels<'a> {
    /// The three arrays that `span` of the words holds, one after the other.
    fn of(constants: Constants<'a>, span: Span) -> Self {
        let words = &constants.words[span.range()];
        let count = words.len() / 3;
        let (biases, factors) = words.split_at(count);
        let (multipliers, shifts) = factors.split_at(count);
        Self { biases, multipliers, shifts }
    }

    /// The output that a channel's sum stands for.
    #[inline]
    fn output(&self, channel: usize, sum: i32, rescaling: &Rescaling) -> i8 {
        let factor = Factor { multiplier: self.multipliers[channel], shift: self.shifts[channel] };
        let scaled = factor.apply(sum).wrapping_add(rescaling.output_offset);
        scaled.max(rescaling.min).min(rescaling.max) as i8
    }
}

/// The input and the output of an operator; the planner placed them apart.
fn pair(arena: &mut [i8], input: Span, output: Span) -> (&[i8], &mut [i8]) {
    let [input, output] = arena
        .get_disjoint_mut([input.range(), output.range()])
        .expect("spans of a plan lie apart in the arena");
    (input, output)
}

/// Sum of the products of weights with offset inputs.
#[inline]
fn dot(inputs: &[i8], weights: &[i8], input_offset: i32) -> i32 {
    let products =
        inputs.iter().zip(weights).map(|(x, w)| i32::from(*w).wrapping_mul(i32::from(*x) + input_offset));
    products.fold(0, i32::wrapping_add)
}
