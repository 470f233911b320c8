//! Kernel sets of microcontrollers, whose kernels read all constants of an operator as one stream.

use super::{Channels, Kernels};
use crate::op::{Conv, Depthwise, FullyConnected};

/// A kernel set whose packed operators have one stream of words in the plan, in the order in which the kernel reads them.
///
/// Each function appends an operator's stream and returns the bytes of scratch memory that it needs, or nothing where the
/// operator must stay plain.
pub trait Streamed: Kernels {
    /// Whether a packed fully connected layer is a convolution of single pixels; else it has a kernel of its own.
    const DENSE_IS_CONV: bool;

    /// Packs a convolution with the weight that a channel has at a tap of its window: rows, columns, then input channels.
    fn pack_windows(
        op: &Conv<impl Copy>,
        weight: impl Fn(usize, usize) -> i8,
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize>;

    /// Packs a depthwise convolution with one output of each input channel.
    fn pack_depthwise(
        op: &Depthwise<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize>;

    /// Packs a depthwise convolution with several outputs of each input channel.
    fn pack_multiplied(
        _op: &Depthwise<impl Copy>,
        _weights: &[i8],
        _channels: &Channels<'_>,
        _stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        None
    }

    /// Packs a fully connected layer for the kernel of its own.
    fn pack_fully_connected(
        _op: &FullyConnected<impl Copy>,
        _weights: &[i8],
        _channels: &Channels<'_>,
        _stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        None
    }

    /// Packs a convolution.
    fn pack_conv(
        op: &Conv<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        let kernel = (op.window.height * op.window.width * op.depth) as usize;
        Self::pack_windows(op, |channel, tap| weights[channel * kernel + tap], channels, stream)
    }

    /// Packs a depthwise convolution of a single input channel as the convolution that it is: [`Depthwise::as_conv`].
    fn pack_single(
        op: &Depthwise<impl Copy>,
        weights: &[i8],
        channels: &Channels<'_>,
        stream: &mut impl Extend<i32>,
    ) -> Option<usize> {
        let out = op.to.channels as usize;
        Self::pack_windows(&op.as_conv(), |channel, tap| weights[tap * out + channel], channels, stream)
    }
}
