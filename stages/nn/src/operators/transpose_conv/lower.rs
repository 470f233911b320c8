//! From a file's TRANSPOSE_CONV to its operation, or to the convolutions of its phases.

use std::rc::Rc;

use super::{FloatTransposeConv, TransposeConv};
use crate::error::ModelError;
use crate::kernels::KernelSet;
use crate::op::{Conv, Image, Layout, Op, Rescaling, Span, Window};
use crate::planner::block::{Block, copy};
use crate::planner::node::{Node, Operand};
use crate::planner::pack::Weighted;
use crate::planner::window::Sliding;
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
        if !sizes.iter().map(|size| i64::from(*size)).eq(output.tensor.shape.iter().map(|size| *size as i64))
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
        let phases = Phase::all(window.height, window.stride_y, window.pad_top, to.height).zip(Phase::all(
            window.width,
            window.stride_x,
            window.pad_left,
            to.width,
        ));
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
