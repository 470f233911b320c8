//! AVERAGE_POOL_2D and MAX_POOL_2D.
//!
//! Reference: TFLite's `reference_integer_ops::AveragePool` and `MaxPool`.

use crate::kernels::cell::Cell;
use crate::kernels::float::{get, put};
use crate::kernels::window::Reach;
use crate::kernels::{Constants, float, pair};
use crate::op::{Bounds, Image, Span, Window, spans};

/// What a pooling window computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Mean of what of the window lies inside the image, rounded to nearest, ties away from zero.
    Average,
    /// Greatest.
    Max,
}

/// AVERAGE_POOL_2D and MAX_POOL_2D, int8 or int16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool<A = Span> {
    /// What is computed.
    pub pooling: Pooling,
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The sliding window; its dilations are one.
    pub window: Window,
    /// Least output, from the fused activation.
    pub min: i32,
    /// Greatest output.
    pub max: i32,
}

spans!(Pool { input: Read, output: Write } { pooling, from, to, window, min, max });

/// AVERAGE_POOL_2D and MAX_POOL_2D, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatPool<A = Span> {
    /// What is computed.
    pub pooling: Pooling,
    /// Input image in the arena.
    pub input: A,
    /// Output image in the arena.
    pub output: A,
    /// Shape of the input.
    pub from: Image,
    /// Shape of the output.
    pub to: Image,
    /// The sliding window; its dilations are one.
    pub window: Window,
    /// Bounds of the output.
    pub bounds: Bounds,
}

spans!(FloatPool { input: Read, output: Write } { pooling, from, to, window, bounds });

/// Pools each channel over the window. Padding does not take part.
pub(crate) fn pool<C: Cell>(op: &Pool, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let (input, output) = (C::of(input), C::of_mut(output));
    let (image, width, depth) = (op.from.plane(), op.to.width as usize, op.to.channels as usize);
    for (pixel, outputs) in output.chunks_exact_mut(depth).enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let w = &op.window;
        let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, 1, op.from.height);
        let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, 1, op.from.width);
        let image = &input[batch * image..][..image];
        let lines = || image.chunks_exact(op.from.row()).skip(rows.start).take(rows.len());
        for (channel, out) in outputs.iter_mut().enumerate() {
            let values = || {
                lines().flat_map(move |line| {
                    line[columns.start * depth..][..columns.len() * depth].iter().skip(channel).step_by(depth)
                })
            };
            let value = match op.pooling {
                Pooling::Max => values().map(C::get).max().unwrap_or(C::MIN),
                Pooling::Average => mean(values().map(C::get).sum(), rows.len() * columns.len()),
            };
            *out = C::put(value.max(op.min).min(op.max));
        }
    }
}

/// Mean, rounded to nearest, ties away from zero.
fn mean(sum: i32, count: usize) -> i32 {
    let count = (count as i32).max(1);
    if sum > 0 { (sum + count / 2) / count } else { (sum - count / 2) / count }
}

/// The same of floats.
pub(crate) fn float(op: &FloatPool, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = float::pair(arena, op.input, op.output);
    let (width, depth, w) = (op.to.width as usize, op.to.channels as usize, &op.window);
    for (pixel, outputs) in output.chunks_exact_mut(depth).enumerate() {
        let (row, x) = (pixel / width, pixel % width);
        let (batch, y) = (row / op.to.height as usize, row % op.to.height as usize);
        let rows = Reach::new(y, w.stride_y, w.pad_top, w.height, 1, op.from.height);
        let columns = Reach::new(x, w.stride_x, w.pad_left, w.width, 1, op.from.width);
        let image = &input[batch * op.from.plane()..][..op.from.plane()];
        for (channel, out) in outputs.iter_mut().enumerate() {
            let line = |y: usize| &image[y * op.from.row()..][..op.from.row()];
            let values = (rows.start..rows.start + rows.len()).flat_map(|y| {
                let line = line(y);
                (columns.start..columns.start + columns.len()).map(move |x| get(&line[x * depth + channel]))
            });
            let count = (rows.len() * columns.len()).max(1) as f32;
            *out = put(op.bounds.clamp(match op.pooling {
                Pooling::Average => values.sum::<f32>() / count,
                Pooling::Max => values.fold(f32::MIN, f32::max),
            }));
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::{FloatPool, Pool, Pooling};
    use crate::error::{ModelError, ModelErrorKind};
    use crate::op::{Op, Window};
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::planner::operators::code;
    use crate::planner::window::Sliding;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// AVERAGE_POOL_2D and MAX_POOL_2D: one input.
        pub(crate) fn pool_2d(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            let (from, to) = (node.image(&input)?, node.image(&output)?);
            if to.channels != from.channels {
                return Err(node.shape(&output, format!("{} channels", from.channels)));
            }
            let (sliding, taps) = node.pool_sliding()?;
            let pooling =
                if node.operator.code.code == code::MAX_POOL_2D { Pooling::Max } else { Pooling::Average };
            if input.tensor.element == Element::F32 {
                return self.float_pool(node, pooling, taps, &sliding);
            }
            let int16 = node.is_int16(&[&input, &output])?;
            let window = node.window(&sliding, taps, from, (&output, to))?;
            let (min, max) = node.activation(&output, node.options()?.i8(5, 0)?)?;
            let op = Pool {
                pooling,
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                from,
                to,
                window,
                min,
                max,
            };
            self.ops.push(if int16 { Op::Int16Pool(op) } else { Op::Pool(op) });
            Ok(())
        }

        /// AVERAGE_POOL_2D and MAX_POOL_2D.
        fn float_pool(
            &mut self,
            node: &Node<'_, 'a>,
            pooling: Pooling,
            taps: (u32, u32),
            sliding: &Sliding,
        ) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.expect(&output, Element::F32)?;
            let (from, to) = (node.image(&input)?, node.image(&output)?);
            let op = FloatPool {
                pooling,
                window: node.window(sliding, taps, from, (&output, to))?,
                bounds: node.bounds(node.options()?.i8(5, 0)?)?,
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                from,
                to,
            };
            self.ops.push(Op::FloatPool(op));
            Ok(())
        }
    }

    impl Node<'_, '_> {
        /// Padding and strides, and the window's rows and columns.
        fn pool_sliding(&self) -> Result<(Sliding, (u32, u32)), ModelError> {
            let options = self.options()?;
            let sliding = Sliding {
                padding: options.i8(0, 0)?,
                stride: (options.i32(2, 0)?, options.i32(1, 0)?),
                dilation: (1, 1),
            };
            let taps = |slot| -> Result<u32, ModelError> {
                let taps = options.i32(slot, 0)?;
                u32::try_from(taps).ok().filter(|n| (1..=1 << 12).contains(n)).ok_or_else(|| {
                    self.refuse(
                        ModelErrorKind::Shape,
                        format!("a window of {taps} rows or columns"),
                        "1 to 4096",
                    )
                })
            };
            Ok((sliding, (taps(4)?, taps(3)?)))
        }

        /// The window of an AVERAGE_POOL_2D or MAX_POOL_2D.
        pub(crate) fn pool_window(&self) -> Result<Window, ModelError> {
            let (input, output) = (self.input(0)?, self.output(0)?);
            let (sliding, taps) = self.pool_sliding()?;
            self.window(&sliding, taps, self.image(&input)?, (&output, self.image(&output)?))
        }
    }
}
