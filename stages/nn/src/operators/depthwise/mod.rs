//! DEPTHWISE_CONV_2D.
//!
//! Reference: TFLite's `reference_integer_ops::DepthwiseConvPerChannel`.

pub(crate) mod float;
pub(crate) mod int16;

use crate::kernels::window::Reach;
use crate::kernels::{Channels, Constants, SHARES, TOGETHER, add, pair};
use crate::op::{Conv, Image, Layout, Rescaling, Span, Window, spans};

/// DEPTHWISE_CONV_2D, int8 or int16. Weights are `[row][column][out channel]`; out channel `c · multiplier + m` reads input
/// channel `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depthwise<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Working memory in the arena, for kernel sets that asked for it.
    pub scratch: A,
    /// Weights in the pool of bytes.
    pub weights: Span,
    /// Per output channel, in the pool of words: all biases, all multipliers, all shifts.
    pub channels: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// Output channels per input channel.
    pub multiplier: u32,
    /// The sliding window.
    pub window: Window,
    /// Offsets and output range.
    pub rescaling: Rescaling,
    /// Layout of the weights.
    pub layout: Layout,
}

impl<A: Copy> Depthwise<A> {
    /// Whether all channels are of a single one of the input, so that it is a convolution.
    pub fn is_conv(&self) -> bool {
        self.from.channels == 1 && self.to.channels > 1
    }

    /// That convolution, in packed form; its weights have other places.
    pub fn as_conv(&self) -> Conv<A> {
        let Self { input, output, scratch, weights, channels, from, to, window, rescaling, .. } = *self;
        let layout = Layout::Packed;
        Conv { input, output, scratch, weights, channels, from, to, depth: 1, window, rescaling, layout }
    }

    /// The same along a row where it goes along a column without gaps, since kernels walk along rows. Images of a single column
    /// have the same bytes so, and so have weights.
    pub fn along_rows(self) -> Self {
        let w = self.window;
        if (self.from.width, self.to.width, w.width, w.dilation_y) != (1, 1, 1, 1) {
            return self;
        }
        let turned = |image: Image| Image { height: 1, width: image.height, ..image };
        let window = Window {
            height: w.width,
            width: w.height,
            stride_y: w.stride_x,
            stride_x: w.stride_y,
            dilation_y: w.dilation_x,
            dilation_x: w.dilation_y,
            pad_top: w.pad_left,
            pad_left: w.pad_top,
        };
        Self { from: turned(self.from), to: turned(self.to), window, ..self }
    }
}

spans!(Depthwise { input: Read, output: Write, scratch: Scratch } { weights, channels, from, to, multiplier, window, rescaling, layout });

/// Convolves each input channel with its own kernels.
pub(crate) fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let channels = Channels::of(&constants.words[op.channels.range()]);
    let (image, width, depth) = (op.from.plane(), op.to.width as usize, op.to.channels as usize);
    let (multiplier, offset) = (op.multiplier as usize, op.rescaling.input_offset);
    // Several channels at a time read inputs side by side, or all the same one.
    let read = if multiplier == 1 { TOGETHER } else { 1 };
    let together = SHARES && (multiplier == 1 || multiplier.is_multiple_of(TOGETHER));
    for (pixel, outputs) in output.chunks_exact_mut(depth).enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let image = &input[batch * image..][..image];
        let w = &op.window;
        let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, op.from.height);
        let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, w.dilation_x, op.from.width);
        let mut channel = 0;
        while channel < depth {
            let (mut sums, from) = ([0; TOGETHER], channel / multiplier);
            let count = if together && channel + TOGETHER <= depth {
                taps(op, rows, columns, |at, tap| {
                    let weights = &weights[tap + channel..][..TOGETHER];
                    let inputs = &image[at + from..][..read];
                    let first = i32::from(inputs[0]) + offset;
                    let [x, y, z] = match *inputs {
                        [_, x, y, z] => [i32::from(x) + offset, i32::from(y) + offset, i32::from(z) + offset],
                        _ => [first; 3],
                    };
                    let [p, q, r, s] = sums;
                    sums = [
                        add(p, weights[0], first),
                        add(q, weights[1], x),
                        add(r, weights[2], y),
                        add(s, weights[3], z),
                    ];
                });
                TOGETHER
            } else {
                taps(op, rows, columns, |at, tap| {
                    sums[0] = add(sums[0], weights[tap + channel], i32::from(image[at + from]) + offset);
                });
                1
            };
            for sum in &sums[..count] {
                let sum = channels.biases[channel].wrapping_add(*sum);
                outputs[channel] = channels.output(channel, sum, &op.rescaling);
                channel += 1;
            }
        }
    }
}

/// Calls `visit` for each tap of the window: with where its pixel begins in the image, and its weights in the kernel. Padding
/// counts as zero: its taps are left out.
#[inline]
fn taps(op: &Depthwise, rows: Reach, columns: Reach, mut visit: impl FnMut(usize, usize)) {
    let (w, depth, step) = (&op.window, op.to.channels as usize, op.from.channels as usize);
    for i in 0..rows.len() {
        let y = rows.start + i * w.dilation_y as usize;
        let mut at = y * op.from.row() + columns.start * step;
        let mut tap = ((rows.first + i) * w.width as usize + columns.first) * depth;
        for _ in 0..columns.len() {
            visit(at, tap);
            at += w.dilation_x as usize * step;
            tap += depth;
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::Depthwise;
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::{Layout, Span};
    use crate::planner::node::Node;
    use crate::planner::pack::Weighted;
    use crate::planner::window::{Filter, Sliding};
    use crate::planner::{Lowering, Unplaced};
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
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

    impl<'f, 'a> Node<'f, 'a> {
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
                return Err(self.refuse(
                    ModelErrorKind::Shape,
                    found,
                    format!("{multiplier}, from the weights"),
                ));
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
}
