//! SPLIT and SPLIT_V.

use crate::error::ModelError;
use crate::planner::Lowering;
use crate::planner::block::Block;
use crate::planner::node::{Node, Operand};
use crate::planner::operators::code;
use crate::planner::streaming::{Rule, axis, when};

impl<'a> Lowering<'_, 'a> {
    /// SPLIT (axis, input) and SPLIT_V (input, sizes, axis): each output is the next part along the axis.
    pub(crate) fn split(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, axis) = node.part_operands()?;
        let shape = &input.tensor.shape;
        let axis = match node.integers(&axis)?[..] {
            [number] => node.axis(&input, number, shape.len())?,
            _ => return Err(node.shape(&axis, "one number")),
        };
        let mut begin = vec![0i64; shape.len()];
        for i in 0..node.operator.outputs.len() {
            let output = node.output(i)?;
            let counts = &output.tensor.shape;
            let fits = counts.len() == shape.len()
                && (0..shape.len()).all(|i| i == axis || counts[i] == shape[i])
                && begin[axis] as usize + counts[axis] <= shape[axis];
            if !fits {
                return Err(node.shape(&output, format!("a part of {shape:?} along dimension {axis}")));
            }
            let to = self.write(node, &output)?;
            let part = Block::part(shape, &begin, &vec![1; shape.len()]);
            self.push_copy(node, (&input, &part), (&output, to, &Block::whole(counts)), counts)?;
            begin[axis] += counts[axis] as i64;
        }
        Ok(())
    }
}

impl<'f, 'a> Node<'f, 'a> {
    /// The tensor that is parted, and the constant that names the axis.
    fn part_operands(&self) -> Result<(Operand<'f, 'a>, Operand<'f, 'a>), ModelError> {
        Ok(match self.operator.code.code {
            code::SPLIT => (self.input(1)?, self.input(0)?),
            _ => (self.input(0)?, self.input(2)?),
        })
    }

    /// How it treats the rows of a stream: parts along an axis after that of the rows keep them.
    pub(crate) fn parted(&self, rows: usize) -> Result<Rule, ModelError> {
        let (input, axes) = self.part_operands()?;
        let shape = &input.tensor.shape;
        let over = self.integers(&axes)?.first().copied().unwrap_or(0);
        let over = self.axis(&input, over, shape.len())?;
        Ok(when(axis(shape, rows).is_some_and(|axis| axis < over)))
    }
}
