//! The sets of kernels that are compared, and how they pack.

use kws_stages::nn::kernels::dsp::pack::Channels;
use kws_stages::nn::kernels::{Dsp, dsp};
#[cfg(helium)]
use kws_stages::nn::kernels::{Helium, helium};
use kws_stages::nn::op::{Conv, Depthwise};

use crate::cases::{Set, Stream};

impl Set for Dsp {
    const SET: Self = Self;
    const MOST_SHIFT: i32 = -1;

    fn pack_conv(op: &Conv, weights: &[i8], channels: &Channels<'_>, to: &mut Stream) -> Option<usize> {
        dsp::pack::conv(op, weights, channels, to)
    }

    fn pack_single(
        op: &Depthwise,
        weights: &[i8],
        channels: &Channels<'_>,
        to: &mut Stream,
    ) -> Option<usize> {
        dsp::pack::single(op, weights, channels, to)
    }

    fn pack_depthwise(
        op: &Depthwise,
        weights: &[i8],
        channels: &Channels<'_>,
        to: &mut Stream,
    ) -> Option<usize> {
        dsp::pack::depthwise(op, weights, channels, to).map(|()| 0)
    }
}

#[cfg(helium)]
impl Set for Helium {
    const SET: Self = Self;
    const MOST_SHIFT: i32 = 2;

    fn pack_conv(op: &Conv, weights: &[i8], channels: &Channels<'_>, to: &mut Stream) -> Option<usize> {
        helium::pack::conv(op, weights, channels, to)
    }

    fn pack_single(
        op: &Depthwise,
        weights: &[i8],
        channels: &Channels<'_>,
        to: &mut Stream,
    ) -> Option<usize> {
        helium::pack::single(op, weights, channels, to)
    }

    fn pack_depthwise(
        op: &Depthwise,
        weights: &[i8],
        channels: &Channels<'_>,
        to: &mut Stream,
    ) -> Option<usize> {
        helium::pack::depthwise(op, weights, channels, to)
    }
}
