//! Kernels for Helium, Arm's M-profile vector extension (MVE): Cortex-M55 and M85.
//!
//! `vmladava.s8` multiplies 16 inputs with 16 weights and adds all products to a general-purpose register. A convolution
//! keeps the sums of two pixels times four channels in eight such registers.
//!
//! | kernel | works on | per multiply-accumulate |
//! |---|---|---|
//! | convolution, fully connected | two pixels, or one, times four channels; sixteen inputs at a time | 0.13 instructions, or 0.16 |
//! | depthwise | one pixel, 16 channels, or up to 8 | 0.9, or 1.1 |
//!
//! The input's offset is part of the bias. Taps in the padding so have to read inputs of the zero point: a window that
//! sticks out of its image is gathered in scratch memory, as is one that does not lie in the image as one run of a
//! multiple of 16 bytes.
//!
//! What an operator needs beside its input lies in the plan's words as one stream, in the order in which the kernel
//! reads it; [`Streamed`](super::Streamed) writes it. Off these cores, portable functions stand in for the assembly and give the same bits.
//!
//! `unsafe` is confined to `assembly`; the safe functions there check what the assembly relies on.

mod assembly;
mod conv;
mod depthwise;
mod gather;
mod pack;

use super::{Constants, Dsp, Kernels};
use crate::op::{Conv, Depthwise, Layout};
use crate::operators;

/// The kernels for Helium; elsewhere their portable stand-ins, which are slow. A packed FULLY_CONNECTED is a CONV_2D of
/// single pixels.
///
/// Firmware that has them must be built for a core with Helium: `-C target-cpu=cortex-m55`, or `cortex-m85`.
#[derive(Clone, Copy, Debug)]
pub struct Helium;

impl Kernels for Helium {
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

    /// That of the DSP extension, which every core with Helium has.
    #[inline]
    fn multiplied_depthwise(self, op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
        Dsp.multiplied_depthwise(op, constants, arena);
    }
}
