//! Kernels for Arm's DSP extension: Cortex-M4, M7 and M33.
//!
//! `smlad` multiplies two pairs of 16-bit integers and adds both products to a sum; `sxtab16` makes such a pair of
//! bytes 0 and 2 of a word, or of 1 and 3, and adds the input's offset on the way. So a group of four neighbouring
//! inputs becomes two pairs, `(0, 2)` and `(1, 3)`, and a word of four weights likewise.
//!
//! | kernel | works on | per multiply-accumulate |
//! |---|---|---|
//! | convolution | two pixels times two channels; the pixels' windows are expanded to pairs in scratch memory first | 1.0 instructions |
//! | depthwise | one pixel, four channels | 2.8 |
//! | depthwise with several outputs of a channel | two pixels times two of these outputs; what a line of them sees of the channel is expanded first | 1.1 |
//! | fully connected | four outputs | 1.4 |
//!
//! What an operator needs beside its input lies in the plan's words as one stream, in the order in which the kernel
//! reads it: for each group of channels their biases, their weights, and then multiplier, rounding and shift of each.
//! [`Streamed`](super::Streamed) writes the stream, in `core` alone. Off Arm, portable functions stand in for the assembly and give the
//! same bits.
//!
//! `unsafe` is confined to `assembly`; the safe functions there check what the assembly relies on.

mod assembly;
mod conv;
mod dense;
mod depthwise;
mod multiplied;
mod pack;
mod taps;

use super::{Constants, Kernels};
use crate::op::{Conv, Depthwise, FullyConnected, Layout};
use crate::operators;

/// The kernels for Arm's DSP extension; elsewhere their portable stand-ins, which are slow.
#[derive(Clone, Copy, Debug)]
pub struct Dsp;

impl Kernels for Dsp {
    #[inline]
    fn conv(self, op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
        match op.layout {
            Layout::Plain => operators::conv::conv(op, constants, arena),
            _ => conv::conv(op, constants, arena),
        }
    }

    #[inline]
    fn depthwise(self, op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
        match op.layout {
            Layout::Plain => operators::depthwise::depthwise(op, constants, arena),
            _ => depthwise::depthwise(op, constants, arena),
        }
    }

    #[inline]
    fn multiplied_depthwise(self, op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
        multiplied::depthwise(op, constants, arena);
    }

    #[inline]
    fn fully_connected(self, op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
        match op.layout {
            Layout::Plain => operators::fully_connected::fully_connected(op, constants, arena),
            _ => dense::fully_connected(op, constants, arena),
        }
    }
}

/// Applies an operator's range to its output, where it is narrower than a byte's: the kernels only saturate.
#[inline]
fn clamp(rescaling: &crate::op::Rescaling, output: &mut [i8]) {
    if (rescaling.min, rescaling.max) == (-128, 127) {
        return;
    }
    let (min, max) = (rescaling.min as i8, rescaling.max as i8);
    output.iter_mut().for_each(|value| *value = (*value).max(min).min(max));
}
