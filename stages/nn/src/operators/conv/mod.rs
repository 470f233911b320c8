//! CONV_2D.
//!
//! Reference: TFLite's `reference_integer_ops::ConvPerChannel`.

pub(crate) mod float;
pub(crate) mod hybrid;
pub(crate) mod int16;

use crate::kernels::window::Reach;
use crate::kernels::{Channels, Constants, SHARES, TOGETHER, dot, dots, pair};
use crate::op::{Image, Layout, Rescaling, Span, Window, spans};

/// CONV_2D, int8 or int16. Weights are `[out channel][row][column][depth]`.
///
/// Biases are words; int16 may have biases of 64 bits, which are two: the low words of all, then the high ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv<A = Span> {
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
    /// Channels that each weight kernel reads; fewer than the input's where the convolution is grouped.
    pub depth: u32,
    /// The sliding window.
    pub window: Window,
    /// Offsets and output range.
    pub rescaling: Rescaling,
    /// Layout of the weights.
    pub layout: Layout,
}

spans!(Conv { input: Read, output: Write, scratch: Scratch } { weights, channels, from, to, depth, window, rescaling, layout });

/// Convolves an image with one kernel per output channel.
pub(crate) fn conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let channels = Channels::of(&constants.words[op.channels.range()]);
    let (image, width, depth) = (op.from.plane(), op.to.width as usize, op.to.channels as usize);
    let kernel = weights.len() / depth;
    let group = (op.to.channels / (op.from.channels / op.depth)) as usize;
    let offset = op.rescaling.input_offset;
    let pixels = output.chunks_exact_mut(depth);
    for (pixel, outputs) in pixels.enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let image = &input[batch * image..][..image];
        let place = Place::new(op, y, x);
        let mut channel = 0;
        while channel < depth {
            let (weights, read) = (&weights[channel * kernel..], channel / group);
            // Channels of a group read the same inputs.
            let mut sums = [0; TOGETHER];
            let count = if SHARES && channel % group + TOGETHER <= group {
                place.runs(op, read, |at, tap, len| {
                    dots(&mut sums, &image[at..][..len], &weights[tap..], kernel, offset);
                });
                TOGETHER
            } else {
                place.runs(op, read, |at, tap, len| {
                    sums[0] = sums[0].wrapping_add(dot(&image[at..][..len], &weights[tap..][..len], offset));
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

/// The window at one output pixel.
struct Place {
    rows: Reach,
    columns: Reach,
}

impl Place {
    fn new(op: &Conv, y: usize, x: usize) -> Self {
        let w = &op.window;
        Self {
            rows: Reach::new(y, w.stride_y, w.pad_top, w.height, w.dilation_y, op.from.height),
            columns: Reach::new(x, w.stride_x, w.pad_left, w.width, w.dilation_x, op.from.width),
        }
    }

    /// Calls `visit` for all that a group's channels read: runs of inputs, by where they begin in the image and their first
    /// weight in the kernel, and their length. Padding counts as zero, so its taps are left out.
    #[inline]
    fn runs(&self, op: &Conv, group: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let (w, depth, taps) = (&op.window, op.depth as usize, self.columns.len());
        // Taps whose inputs lie side by side are one run.
        let whole_rows = w.dilation_x == 1 && op.depth == op.from.channels;
        let (runs, len) = if whole_rows { (1, taps * depth) } else { (taps, depth) };
        for i in 0..self.rows.len() {
            let y = self.rows.start + i * w.dilation_y as usize;
            let mut tap = ((self.rows.first + i) * w.width as usize + self.columns.first) * depth;
            let mut at = y * op.from.row() + self.columns.start * op.from.channels as usize + group * depth;
            for _ in 0..runs {
                visit(at, tap, len);
                at += w.dilation_x as usize * op.from.channels as usize;
                tap += depth;
            }
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::Conv;
    use crate::error::ModelError;
    use crate::op::{Layout, Span};
    use crate::planner::node::Node;
    use crate::planner::pack::Weighted;
    use crate::planner::window::{Filter, Sliding};
    use crate::planner::{Lowering, Unplaced};
    use crate::schema::Element;

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
            self.macs =
                output.tensor.count() as u64 * (weights.tensor.count() / kernel.batch as usize) as u64;
            let biases = node.biases(node.optional(2), &factors)?;
            let (op, weights) = (Weighted::Conv(conv), node.contents(&weights)?);
            if weights_offset != 0 {
                return self.push_offset_conv(conv, weights_offset, weights, &biases);
            }
            if int16 { self.push_int16(op, weights, &biases) } else { self.push_int8(op, weights, &biases) }
        }
    }

    impl<'f, 'a> Node<'f, 'a> {
        /// Operands and shapes of a CONV_2D, whose weights are `[out, rows, columns, depth]`, and its activation.
        pub(crate) fn filter(&self) -> Result<(Filter<'f, 'a>, i8), ModelError> {
            let (input, weights, output) = (self.input(0)?, self.input(1)?, self.output(0)?);
            self.expect(&output, input.tensor.element)?;
            let (from, kernel, to) = (self.image(&input)?, self.image(&weights)?, self.image(&output)?);
            let groups = from.channels / kernel.channels;
            if from.channels % kernel.channels != 0 || kernel.batch % groups != 0 {
                return Err(self.shape(
                    &weights,
                    format!("a depth that divides {} channels into groups", from.channels),
                ));
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
    }
}
