//! TRANSPOSE_CONV: a convolution the other way round, which makes an image larger.
//!
//! Each input pixel adds its product with the whole kernel to the output, `stride` pixels apart. Seen from an output
//! pixel: it sums those input pixels of which some tap reaches it. The pixels whose coordinates leave the same rest
//! when divided by the strides (one *phase*) are reached by the same taps, so that a phase is an ordinary convolution of
//! stride one. Kernel sets other than the plain one run it so, with their convolution, and every set gives the same
//! bits.
//!
//! Reference: TFLite's `reference_integer_ops::TransposeConv` and `reference_ops::TransposeConv`.

use crate::kernels::float::{get, put, word};
use crate::kernels::{Channels, Constants, float, pair};
use crate::op::{Bounds, Image, Rescaling, Span, Window, spans};

/// TRANSPOSE_CONV, int8. Weights are `[out channel][row][column][in channel]`; the window's strides are those between
/// what two neighbouring input pixels reach, and its dilations are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransposeConv<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Weights in the pool of bytes.
    pub weights: Span,
    /// Per output channel, in the pool of words: all biases, all multipliers, all shifts.
    pub channels: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The window.
    pub window: Window,
    /// Offsets and output range.
    pub rescaling: Rescaling,
}

spans!(TransposeConv { input: Read, output: Write } { weights, channels, from, to, window, rescaling });

/// TRANSPOSE_CONV, float32, likewise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatTransposeConv<A = Span> {
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Weights in the pool of words.
    pub weights: Span,
    /// One for each output channel, in the pool of words.
    pub biases: Span,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The window.
    pub window: Window,
    /// Bounds of the output, from the fused activation.
    pub bounds: Bounds,
}

spans!(FloatTransposeConv { input: Read, output: Write } { weights, biases, from, to, window, bounds });

/// The input coordinates that reach an output coordinate, in rising order.
fn reach(at: usize, stride: u32, pad: u32, taps: u32, size: u32) -> core::ops::Range<usize> {
    let (at, stride) = (at + pad as usize, stride as usize);
    let first = (at + 1).saturating_sub(taps as usize).div_ceil(stride);
    let end = (at / stride + 1).min(size as usize);
    first..end.max(first)
}

/// Calls `tap` with the tap and the input pixel, in channels, of each product of an output pixel.
fn taps(y: usize, x: usize, window: &Window, from: Image, mut tap: impl FnMut(usize, usize)) {
    let w = window;
    let columns = reach(x, w.stride_x, w.pad_left, w.width, from.width);
    for row in reach(y, w.stride_y, w.pad_top, w.height, from.height) {
        let tap_y = y + w.pad_top as usize - row * w.stride_y as usize;
        for column in columns.clone() {
            let tap_x = x + w.pad_left as usize - column * w.stride_x as usize;
            let at = (row * from.width as usize + column) * from.channels as usize;
            tap(tap_y * w.width as usize + tap_x, at);
        }
    }
}

/// Batch, row and column of an output pixel.
fn place(pixel: usize, to: Image) -> (usize, usize, usize) {
    let (row, x) = (pixel / to.width as usize, pixel % to.width as usize);
    (row / to.height as usize, row % to.height as usize, x)
}

/// The plain kernel.
pub(crate) fn plain(op: &TransposeConv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let channels = Channels::of(constants, op.channels);
    let (depth, offset) = (op.from.channels as usize, op.rescaling.input_offset);
    let kernel = (op.window.height * op.window.width) as usize * depth;
    for (pixel, outputs) in output.chunks_exact_mut(op.to.channels as usize).enumerate() {
        let (batch, y, x) = place(pixel, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = channels.biases[channel];
            taps(y, x, &op.window, op.from, |tap, at| {
                let inputs = &image[at..][..depth];
                sum = sum.wrapping_add(crate::kernels::dot(inputs, &weights[tap * depth..][..depth], offset));
            });
            *out = channels.output(channel, sum, &op.rescaling);
        }
    }
}

/// The kernel for floats. Products are added in the order in which TFLite meets the input's pixels.
pub(crate) fn float(op: &FloatTransposeConv, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = float::pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let depth = op.from.channels as usize;
    let kernel = (op.window.height * op.window.width) as usize * depth;
    for (pixel, outputs) in output.chunks_exact_mut(op.to.channels as usize).enumerate() {
        let (batch, y, x) = place(pixel, op.to);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let weights = &weights[channel * kernel..][..kernel];
            let mut sum = 0.0;
            taps(y, x, &op.window, op.from, |tap, at| {
                let products = image[at..][..depth].iter().zip(&weights[tap * depth..][..depth]);
                products.for_each(|(x, w)| sum += get(x) * word(*w));
            });
            *out = put(op.bounds.clamp(sum + word(biases[channel])));
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use std::rc::Rc;

    use super::{FloatTransposeConv, TransposeConv};
    use crate::error::ModelError;
    use crate::kernels::KernelSet;
    use crate::op::{Conv, Image, Layout, Op, Rescaling, Span, Window};
    use crate::planner::conv::Sliding;
    use crate::planner::moves::{Block, copy};
    use crate::planner::node::{Node, Operand};
    use crate::planner::pack::Weighted;
    use crate::planner::{Lowering, Source, Unplaced};
    use crate::schema::Element;

    /// The operator's tensors and shapes, checked.
    struct Filter<'f, 'a> {
        weights: Operand<'f, 'a>,
        input: Operand<'f, 'a>,
        output: Operand<'f, 'a>,
        from: Image,
        to: Image,
        window: Window,
        activation: i8,
    }

    impl<'f, 'a> Node<'f, 'a> {
        /// Inputs are the output's shape, the weights `[out, rows, columns, in]`, the image, and biases.
        fn transposed(&self) -> Result<Filter<'f, 'a>, ModelError> {
            let (stated, weights, input) = (self.input(0)?, self.input(1)?, self.input(2)?);
            let output = self.output(0)?;
            self.expect(&output, input.tensor.element)?;
            let sizes = self.integers(&stated)?;
            if !sizes.iter().map(|size| i64::from(*size)).eq(output
                .tensor
                .shape
                .iter()
                .map(|size| *size as i64))
            {
                return Err(self.shape(&output, format!("{sizes:?}, as the operator states")));
            }
            let (from, kernel, to) = (self.image(&input)?, self.image(&weights)?, self.image(&output)?);
            if kernel.channels != from.channels {
                return Err(self.shape(&weights, format!("[…, …, …, {}]", from.channels)));
            }
            if (to.batch, to.channels) != (from.batch, kernel.batch) {
                let expected = format!("[{}, …, …, {}]", from.batch, kernel.batch);
                return Err(self.shape(&output, expected));
            }
            let options = self.options()?;
            let sliding = Sliding {
                padding: options.i8(0, 0)?,
                stride: (options.i32(2, 0)?, options.i32(1, 0)?),
                dilation: (1, 1),
            };
            // The convolution that leads back from the output to the input has the same window.
            let window = self.window(&sliding, (kernel.height, kernel.width), to, (&input, from))?;
            let activation = options.i8(3, 0)?;
            Ok(Filter { weights, input, output, from, to, window, activation })
        }
    }

    /// The output coordinates along one axis that leave one rest when divided by the stride, as a convolution.
    #[derive(Clone, Copy)]
    struct Phase {
        /// First coordinate.
        begin: u32,
        /// How many there are.
        count: u32,
        /// Tap of the whole window that is the last of this one's.
        last: u32,
        /// Taps, at least one.
        taps: u32,
        /// Padding before the input.
        pad: u32,
    }

    impl Phase {
        /// The phases of an axis; nothing where one would begin inside the image.
        fn all(taps: u32, stride: u32, pad: u32, size: u32) -> Option<Vec<Self>> {
            let phase = |begin: u32| {
                let (last, before) = ((begin + pad) % stride, (begin + pad) / stride);
                let reached = taps.saturating_sub(last).div_ceil(stride);
                let pad = if reached == 0 { 0 } else { (reached - 1).checked_sub(before)? };
                Some(Self { begin, count: (size - begin).div_ceil(stride), last, taps: reached.max(1), pad })
            };
            (0..stride.min(size)).map(phase).collect()
        }

        /// The tap of the whole window that a tap of this one is; none where no tap reaches the phase.
        fn tap(&self, tap: u32, window: u32, stride: u32) -> Option<u32> {
            Some(self.last + (self.taps - 1 - tap) * stride).filter(|tap| *tap < window)
        }
    }

    /// What all phases share.
    struct Whole<'w> {
        from: Image,
        to: Image,
        window: Window,
        rescaling: Rescaling,
        weights: &'w [u8],
        /// Biases, multipliers and shifts.
        words: &'w [i32],
        /// Input and output.
        ends: (Unplaced, Unplaced),
    }

    impl Whole<'_> {
        /// The weights of a phase; the input's neighbours come in the other order than the taps that reach them.
        fn weights_of(&self, row: Phase, column: Phase) -> Rc<[u8]> {
            let depth = self.from.channels as usize;
            let mut weights = Vec::new();
            for channel in 0..self.to.channels as usize {
                for (y, x) in (0..row.taps).flat_map(|y| (0..column.taps).map(move |x| (y, x))) {
                    let tap = row.tap(y, self.window.height, self.window.stride_y).zip(column.tap(
                        x,
                        self.window.width,
                        self.window.stride_x,
                    ));
                    match tap {
                        Some((y, x)) => {
                            let rows = channel * self.window.height as usize + y as usize;
                            let at = (rows * self.window.width as usize + x as usize) * depth;
                            weights.extend_from_slice(&self.weights[at..at + depth]);
                        }
                        None => weights.resize(weights.len() + depth, 0),
                    }
                }
            }
            weights.into()
        }
    }

    impl<'a> Lowering<'_, 'a> {
        /// One phase: a convolution, and the copy of what it gives to where that belongs.
        fn phase(&mut self, whole: &Whole<'_>, row: Phase, column: Phase) -> Result<(), ModelError> {
            let (input, output) = whole.ends;
            let to = Image { height: row.count, width: column.count, ..whole.to };
            let counts = [to.batch, to.height, to.width, to.channels].map(|count| count as usize);
            let alone = (whole.window.stride_y, whole.window.stride_x) == (1, 1);
            let part = if alone { output } else { self.scratch(counts.iter().product()) };
            let window = Window {
                height: row.taps,
                width: column.taps,
                stride_y: 1,
                stride_x: 1,
                dilation_y: 1,
                dilation_x: 1,
                pad_top: row.pad,
                pad_left: column.pad,
            };
            let conv = Conv {
                input,
                output: part,
                scratch: Unplaced::default(),
                weights: Span::default(),
                channels: Span::default(),
                from: whole.from,
                to,
                depth: whole.from.channels,
                window,
                rescaling: whole.rescaling,
                layout: Layout::Plain,
            };
            let weights = whole.weights_of(row, column);
            self.laid_out.push(weights.clone());
            self.push_int8(Weighted::Conv(conv), &weights, whole.words)?;
            if !alone {
                let shape = [whole.to.batch, whole.to.height, whole.to.width, whole.to.channels];
                let begin = [0, row.begin, column.begin, 0].map(i64::from);
                let strides = [1, whole.window.stride_y, whole.window.stride_x, 1].map(i64::from);
                let block = Block::part(&shape.map(|size| size as usize), &begin, &strides);
                let from = (Source::Arena(part), &Block::whole(&counts));
                self.ops.extend(copy(from, (output, &block), &counts, 1).map(Op::Move));
            }
            Ok(())
        }

        /// TRANSPOSE_CONV.
        pub(crate) fn transpose_conv(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let Filter { weights, input, output, from, to, window, activation } = node.transposed()?;
            let pixels = input.tensor.count() as u64 / u64::from(from.channels);
            self.macs = pixels * weights.tensor.count() as u64;
            if input.tensor.element == Element::F32 {
                let op = FloatTransposeConv {
                    input: self.read(node, &input)?,
                    output: self.write(node, &output)?,
                    weights: self.floats(node, &weights)?,
                    biases: self.float_biases(node, node.optional(3), to.channels as usize)?,
                    from,
                    to,
                    window,
                    bounds: node.bounds(activation)?,
                };
                self.ops.push(Op::FloatTransposeConv(op));
                return Ok(());
            }
            node.expect(&input, Element::I8)?;
            node.expect(&weights, Element::I8)?;
            let rescaling = node.rescaling(&input, &output, activation)?;
            self.symmetric(node, &weights)?;
            let factors = node.channel_factors(&input, &weights, &output, 0)?;
            let words = node.biases(node.optional(3), &factors)?;
            let contents = node.contents(&weights)?;
            let phases = Phase::all(window.height, window.stride_y, window.pad_top, to.height)
                .zip(Phase::all(window.width, window.stride_x, window.pad_left, to.width));
            let ends = (self.read(node, &input)?, self.write(node, &output)?);
            match phases {
                Some((rows, columns)) if !matches!(self.kernels, KernelSet::Plain(_)) => {
                    let whole = Whole { from, to, window, rescaling, weights: contents, words: &words, ends };
                    for row in &rows {
                        columns.iter().try_for_each(|column| self.phase(&whole, *row, *column))?;
                    }
                    Ok(())
                }
                _ => {
                    let op = TransposeConv {
                        input: ends.0,
                        output: ends.1,
                        weights: self.pools.contents(contents)?,
                        channels: self.pools.words(words.into_iter())?,
                        from,
                        to,
                        window,
                        rescaling,
                    };
                    self.ops.push(Op::TransposeConv(op));
                    Ok(())
                }
            }
        }
    }
}
