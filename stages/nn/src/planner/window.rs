//! Windows that slide over images, as an operator's options place them.

use super::node::{Node, Operand};
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{Image, Window};

/// Padding, stride and dilation of an operator with a window, as its options state them.
pub(crate) struct Sliding {
    /// `SAME` is 0, `VALID` is 1.
    pub(crate) padding: i8,
    pub(crate) stride: (i32, i32),
    pub(crate) dilation: (i32, i32),
}

/// What CONV_2D and DEPTHWISE_CONV_2D have in common, checked.
pub(crate) struct Filter<'f, 'a> {
    pub(crate) input: Operand<'f, 'a>,
    pub(crate) weights: Operand<'f, 'a>,
    pub(crate) output: Operand<'f, 'a>,
    pub(crate) from: Image,
    /// Shape of the weights.
    pub(crate) kernel: Image,
    pub(crate) to: Image,
    pub(crate) window: Window,
}

impl<'a> Node<'_, 'a> {
    /// The window of `taps` rows and columns, placed as TFLite's `ComputePaddingHeightWidth` does, and a check that
    /// the output has the shape that follows.
    pub(crate) fn window(
        &self,
        sliding: &Sliding,
        taps: (u32, u32),
        from: Image,
        to: (&Operand<'_, 'a>, Image),
    ) -> Result<Window, ModelError> {
        let (output, to) = to;
        let axis = |size: u32, taps: u32, stride: i32, dilation: i32| {
            let in_range = |n: i32| u32::try_from(n).ok().filter(|n| (1..=1 << 12).contains(n));
            let (stride, dilation) = in_range(stride).zip(in_range(dilation)).ok_or_else(|| {
                let found = format!("stride {stride} and dilation {dilation}");
                self.refuse(ModelErrorKind::Shape, found, "1 to 4096")
            })?;
            let reach = (u64::from(taps) - 1) * u64::from(dilation) + 1;
            let (size, step) = (u64::from(size), u64::from(stride));
            let count = match sliding.padding {
                0 => size.div_ceil(step),
                1 => (size + step).saturating_sub(reach) / step,
                other => {
                    let found = format!("padding number {other}");
                    return Err(self.refuse(ModelErrorKind::Format, found, "`SAME` or `VALID`"));
                }
            };
            let pad = ((count.max(1) - 1) * step + reach).saturating_sub(size) / 2;
            Ok((count, stride, dilation, pad as u32))
        };
        let (rows, stride_y, dilation_y, pad_top) =
            axis(from.height, taps.0, sliding.stride.0, sliding.dilation.0)?;
        let (columns, stride_x, dilation_x, pad_left) =
            axis(from.width, taps.1, sliding.stride.1, sliding.dilation.1)?;
        if (to.batch, u64::from(to.height), u64::from(to.width)) != (from.batch, rows, columns) {
            let expected = format!("[{}, {rows}, {columns}, …] from the input and the window", from.batch);
            return Err(self.shape(output, expected));
        }
        Ok(Window {
            height: taps.0,
            width: taps.1,
            stride_y,
            stride_x,
            dilation_y,
            dilation_x,
            pad_top,
            pad_left,
        })
    }
}
