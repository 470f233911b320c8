//! AVERAGE_POOL_2D and MAX_POOL_2D.

use super::Lowering;
use super::conv::Sliding;
use super::node::Node;
use crate::error::{ModelError, ModelErrorKind};
use crate::op::{Op, Pool, Pooling, Window};
use crate::planner::operators::code;
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
                self.refuse(ModelErrorKind::Shape, format!("a window of {taps} rows or columns"), "1 to 4096")
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
