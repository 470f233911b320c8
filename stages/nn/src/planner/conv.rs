//! CONV_2D and DEPTHWISE_CONV_2D.

use super::node::{Node, Operand};
use super::pack::Weighted;
use super::{Lowering, Unplaced};
use crate::error::{ModelError, ModelErrorKind};
use crate::fixed::Factor;
use crate::op::{Conv, Depthwise, Image, Layout, Span, Window};
use crate::planner::operators::code;
use crate::schema::Element;

/// Padding, stride and dilation of an operator with a window, as its options state them.
pub(crate) struct Sliding {
    /// `SAME` is 0, `VALID` is 1.
    pub(crate) padding: i8,
    pub(crate) stride: (i32, i32),
    pub(crate) dilation: (i32, i32),
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

impl<'f, 'a> Node<'f, 'a> {
    /// Operands and shapes of a CONV_2D, whose weights are `[out, rows, columns, depth]`, and its activation.
    pub(crate) fn filter(&self) -> Result<(Filter<'f, 'a>, i8), ModelError> {
        let (input, weights, output) = (self.input(0)?, self.input(1)?, self.output(0)?);
        self.expect(&output, input.tensor.element)?;
        let (from, kernel, to) = (self.image(&input)?, self.image(&weights)?, self.image(&output)?);
        let groups = from.channels / kernel.channels;
        if from.channels % kernel.channels != 0 || kernel.batch % groups != 0 {
            return Err(
                self.shape(&weights, format!("a depth that divides {} channels into groups", from.channels))
            );
        }
        if to.channels != kernel.batch {
            return Err(self.shape(&output, format!("{} channels", kernel.batch)));
        }
        let options = self.options()?;
        let sliding = Sliding {
            padding: options.i8(0, 0)?,
            stride: (options.i32(2, 0)?, options.i32(1, 0)?),
            dilation: (options.i32(5, 1)?, options.i32(4, 1)?),
        };
        let window = self.window(&sliding, (kernel.height, kernel.width), from, (&output, to))?;
        Ok((Filter { input, weights, output, from, kernel, to, window }, options.i8(3, 0)?))
    }

    /// Operands and shapes of a DEPTHWISE_CONV_2D, whose weights are `[1, rows, columns, out]`, and its activation.
    pub(crate) fn depthwise_filter(&self) -> Result<(Filter<'f, 'a>, i8), ModelError> {
        let (input, weights, output) = (self.input(0)?, self.input(1)?, self.output(0)?);
        self.expect(&output, input.tensor.element)?;
        let (from, kernel, to) = (self.image(&input)?, self.image(&weights)?, self.image(&output)?);
        if kernel.batch != 1 || kernel.channels % from.channels != 0 {
            return Err(self.shape(&weights, format!("[1, …, …, a multiple of {}]", from.channels)));
        }
        if to.channels != kernel.channels {
            return Err(self.shape(&output, format!("{} channels", kernel.channels)));
        }
        let options = self.options()?;
        let (multiplier, stated) = (kernel.channels / from.channels, options.i32(3, 0)?);
        if stated != 0 && i64::from(stated) != i64::from(multiplier) {
            let found = format!("depth multiplier {stated}");
            return Err(self.refuse(ModelErrorKind::Shape, found, format!("{multiplier}, from the weights")));
        }
        let sliding = Sliding {
            padding: options.i8(0, 0)?,
            stride: (options.i32(2, 0)?, options.i32(1, 0)?),
            dilation: (options.i32(6, 1)?, options.i32(5, 1)?),
        };
        let window = self.window(&sliding, (kernel.height, kernel.width), from, (&output, to))?;
        Ok((Filter { input, weights, output, from, kernel, to, window }, options.i8(4, 0)?))
    }
}

impl<'a> Lowering<'_, 'a> {
    /// CONV_2D: input, weights, bias.
    pub(crate) fn conv_2d(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        if node.input(0)?.tensor.element == Element::F32 {
            return self.float_conv_2d(node);
        }
        let (Filter { input, weights, output, from, kernel, to, window }, activation) = node.filter()?;
        let int16 = node.is_int16(&[&input, &output])?;
        node.expect(&weights, Element::I8)?;
        let rescaling = node.rescaling(&input, &output, activation)?;
        let (weights_offset, factors) =
            (self.weights_offset(node, &weights)?, node.channel_factors(&input, &weights, &output, 0)?);
        let conv = Conv {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            scratch: Unplaced::default(),
            weights: Span::default(),
            channels: Span::default(),
            from,
            to,
            depth: kernel.channels,
            window,
            rescaling,
            layout: Layout::Plain,
        };
        self.macs = output.tensor.count() as u64 * (weights.tensor.count() / kernel.batch as usize) as u64;
        let biases = node.biases(node.optional(2), &factors)?;
        let (op, weights) = (Weighted::Conv(conv), node.contents(&weights)?);
        if weights_offset != 0 {
            return self.push_offset_conv(conv, weights_offset, weights, &biases);
        }
        if int16 { self.push_int16(op, weights, &biases) } else { self.push_int8(op, weights, &biases) }
    }

    /// DEPTHWISE_CONV_2D: input, weights, bias.
    pub(crate) fn depthwise_conv_2d(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        if node.input(0)?.tensor.element == Element::F32 {
            return self.float_depthwise_conv_2d(node);
        }
        let (Filter { input, weights, output, from, kernel, to, window }, activation) =
            node.depthwise_filter()?;
        let int16 = node.is_int16(&[&input, &output])?;
        node.expect(&weights, Element::I8)?;
        let rescaling = node.rescaling(&input, &output, activation)?;
        let (weights_offset, factors) =
            (self.weights_offset(node, &weights)?, node.channel_factors(&input, &weights, &output, 3)?);
        let depthwise = Depthwise {
            input: self.read(node, &input)?,
            output: self.write(node, &output)?,
            scratch: Unplaced::default(),
            weights: Span::default(),
            channels: Span::default(),
            from,
            to,
            multiplier: kernel.channels / from.channels,
            window,
            rescaling,
            layout: Layout::Plain,
        };
        self.macs = output.tensor.count() as u64 * u64::from(kernel.height) * u64::from(kernel.width);
        let biases = node.biases(node.optional(2), &factors)?;
        let (op, weights) = (Weighted::Depthwise(depthwise), node.contents(&weights)?);
        if weights_offset != 0 {
            return self.push_offset_depthwise(depthwise, weights_offset, weights, &biases);
        }
        if int16 { self.push_int16(op, weights, &biases) } else { self.push_int8(op, weights, &biases) }
    }
}

impl<'a> Node<'_, 'a> {
    /// Biases, multipliers and shifts of each output channel, one array after the other. Biases of 64 bits, which
    /// int16 has, are two arrays: low words, then high ones.
    pub(crate) fn biases(
        &self,
        bias: Option<Operand<'_, 'a>>,
        factors: &[Factor],
    ) -> Result<Vec<i32>, ModelError> {
        let mut words = Vec::with_capacity(4 * factors.len());
        let int16 = self.input(0)?.tensor.element == Element::I16;
        match bias {
            None => {
                if int16 {
                    self.below_power_14(&self.output(0)?, factors)?;
                }
                words.resize(if int16 { 2 } else { 1 } * factors.len(), 0)
            }
            Some(bias) => {
                if bias.tensor.count() != factors.len() {
                    return Err(self.shape(&bias, format!("{} biases", factors.len())));
                }
                let contents = self.contents(&bias)?;
                // Only a CONV_2D of int16 may have biases of either width.
                let either = self.operator.code.code == code::CONV_2D && bias.tensor.element == Element::I32;
                if int16 && !either {
                    self.expect(&bias, Element::I64)?;
                    self.below_power_14(&bias, factors)?;
                    let values = || contents.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
                    words.extend(values().map(|value| value as i32));
                    words.extend(values().map(|value| (value >> 32) as i32));
                } else {
                    self.expect(&bias, Element::I32)?;
                    words.extend(contents.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)));
                }
            }
        }
        words.extend(factors.iter().map(|factor| factor.multiplier));
        words.extend(factors.iter().map(|factor| factor.shift));
        Ok(words)
    }

    /// Demands factors that a sum of 64 bits can be multiplied with: TFLite shifts its product down by 15 − shift bits,
    /// and has nothing for 2^14 and more.
    fn below_power_14(&self, operand: &Operand<'_, 'a>, factors: &[Factor]) -> Result<(), ModelError> {
        match factors.iter().find(|factor| factor.shift > 14) {
            None => Ok(()),
            Some(Factor { shift, .. }) => {
                let found = format!("a rescaling of 2^{} or more", shift - 1);
                let expected = "one below 2^14: check the scales of input, weights and output";
                Err(self.error(ModelErrorKind::Quantisation, operand, found, expected))
            }
        }
    }
}
