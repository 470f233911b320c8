//! CONCATENATION and PACK.

use crate::error::{ModelError, ModelErrorKind};
use crate::planner::Lowering;
use crate::planner::block::Block;
use crate::planner::node::Node;
use crate::planner::operators::code;
use crate::planner::streaming::{Rule, axis, when};

impl<'a> Lowering<'_, 'a> {
    /// CONCATENATION of any number of inputs.
    pub(crate) fn concatenation(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let output = node.output(0)?;
        let options = node.options()?;
        if options.i8(1, 0)? != 0 {
            return Err(node.refuse(ModelErrorKind::Unsupported, "a fused activation", "none"));
        }
        let shape = &output.tensor.shape;
        let axis = node.axis(&output, options.i32(0, 0)?, shape.len())?;
        // An operand that is written must not be read: so the inputs are found before the output is made.
        let inputs = (0..node.operator.inputs.len()).map(|i| node.input(i)).collect::<Result<Vec<_>, _>>()?;
        let mut at = 0;
        for input in &inputs {
            let same = input.tensor.shape.len() == shape.len()
                && (0..shape.len()).all(|i| i == axis || input.tensor.shape[i] == shape[i]);
            if !same {
                return Err(node.shape(input, format!("{shape:?} but for dimension {axis}")));
            }
            at += input.tensor.shape[axis];
        }
        if at != shape[axis] {
            return Err(node.shape(&output, format!("{at} along dimension {axis}, the sum of the inputs")));
        }
        for input in &inputs {
            self.source(node, input)?;
        }
        let to = self.write(node, &output)?;
        let mut begin = vec![0; shape.len()];
        for input in &inputs {
            let part = Block::part(shape, &begin, &vec![1; shape.len()]);
            let whole = Block::whole(&input.tensor.shape);
            self.push_copy(node, (input, &whole), (&output, to, &part), &input.tensor.shape)?;
            begin[axis] += input.tensor.shape[axis] as i64;
        }
        Ok(())
    }

    /// PACK: inputs of one shape, stacked along a new dimension.
    pub(crate) fn pack(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        let output = node.output(0)?;
        let shape = &output.tensor.shape;
        let axis = node.axis(&output, node.options()?.i32(1, 0)?, shape.len())?;
        let inputs = (0..node.operator.inputs.len()).map(|i| node.input(i)).collect::<Result<Vec<_>, _>>()?;
        if inputs.len() != shape[axis] {
            return Err(node.shape(&output, format!("{} along dimension {axis}", inputs.len())));
        }
        let mut counts = shape.clone();
        counts[axis] = 1;
        for input in &inputs {
            let rest = input.tensor.shape[..axis.min(input.tensor.shape.len())].iter();
            let rest = rest.chain(&[1]).chain(&input.tensor.shape[axis.min(input.tensor.shape.len())..]);
            if !rest.eq(&counts) {
                return Err(node.shape(input, format!("{shape:?} without dimension {axis}")));
            }
            self.source(node, input)?;
        }
        let to = self.write(node, &output)?;
        for (i, input) in inputs.iter().enumerate() {
            let mut begin = vec![0; shape.len()];
            begin[axis] = i as i64;
            let part = Block::part(shape, &begin, &vec![1; shape.len()]);
            self.push_copy(node, (input, &Block::whole(&counts)), (&output, to, &part), &counts)?;
        }
        Ok(())
    }
}

impl Node<'_, '_> {
    /// CONCATENATION and PACK of tensors that all flow, along an axis after that of the rows.
    pub(crate) fn joined(&self, flowing: &[Option<usize>], rows: usize) -> Result<Rule, ModelError> {
        let output = self.output(0)?;
        let field = usize::from(self.operator.code.code == code::PACK);
        let along = self.axis(&output, self.options()?.i32(field, 0)?, output.tensor.shape.len())?;
        let together = flowing.iter().all(Option::is_some);
        Ok(when(together && axis(&output.tensor.shape, rows).is_some_and(|axis| axis < along)))
    }
}
