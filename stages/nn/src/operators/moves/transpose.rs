//! TRANSPOSE.

use crate::error::ModelError;
use crate::planner::Lowering;
use crate::planner::block::Block;
use crate::planner::node::Node;
use crate::planner::streaming::{Rule, axis, when};

impl<'a> Lowering<'_, 'a> {
    /// TRANSPOSE: input, order of its dimensions in the output.
    pub(crate) fn transpose(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        let (shape, order) = (&input.tensor.shape, node.integers(&node.input(1)?)?);
        let order: Vec<usize> =
            order.iter().filter_map(|n| node.axis(&input, *n, shape.len()).ok()).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        let fits = sorted.iter().copied().eq(0..shape.len())
            && output.tensor.shape.iter().copied().eq(order.iter().map(|axis| shape[*axis]));
        if !fits {
            return Err(node.shape(&output, format!("{shape:?} in the order {order:?}")));
        }
        let whole = Block::whole(shape);
        let turned = Block { start: 0, steps: order.iter().map(|axis| whole.steps[*axis]).collect() };
        self.source(node, &input)?;
        let to = self.write(node, &output)?;
        let counts = &output.tensor.shape;
        self.push_copy(node, (&input, &turned), (&output, to, &Block::whole(counts)), counts)
    }
}

impl Node<'_, '_> {
    /// How it treats the rows of a stream: an order that leaves their axis the first keeps them.
    pub(crate) fn turned(&self, rows: usize) -> Result<Rule, ModelError> {
        let (from, to) = (&self.input(0)?.tensor.shape, &self.output(0)?.tensor.shape);
        let order = self.integers(&self.input(1)?)?;
        let same = axis(from, rows).zip(axis(to, rows));
        Ok(when(
            same.is_some_and(|(from, to)| order.get(to).is_some_and(|n| usize::try_from(*n) == Ok(from))),
        ))
    }
}
