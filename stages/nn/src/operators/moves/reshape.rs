//! RESHAPE, SQUEEZE and EXPAND_DIMS, which only change a shape.

use crate::error::ModelError;
use crate::planner::Lowering;
use crate::planner::node::Node;

impl<'a> Lowering<'_, 'a> {
    /// RESHAPE, SQUEEZE and EXPAND_DIMS: the output is the input's own bytes.
    pub(crate) fn reshape(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let (input, output) = (node.input(0)?, node.output(0)?);
        node.expect(&output, input.tensor.element)?;
        if input.tensor.count() != output.tensor.count() {
            return Err(node.shape(&output, format!("{} items, as the input", input.tensor.count())));
        }
        let span = self.read(node, &input)?;
        self.alias(node, &output, span)
    }
}
