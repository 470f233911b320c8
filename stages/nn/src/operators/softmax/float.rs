//! SOFTMAX, float32.

use crate::kernels::Constants;
use crate::kernels::float::{get, pair, put};
use crate::op::{Span, spans};

/// SOFTMAX over the last dimension, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatSoftmax<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// Length of a row.
    pub depth: u32,
    /// Factor of the inputs.
    pub beta: f32,
}

spans!(FloatSoftmax { input: Read, output: Write } { depth, beta });

/// Softmax of each row.
pub(crate) fn softmax(op: &FloatSoftmax, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let depth = op.depth as usize;
    for (row, results) in input.chunks_exact(depth).zip(output.chunks_exact_mut(depth)) {
        let greatest = row.iter().map(get).fold(f32::MIN, f32::max);
        let exp = |x| libm::expf((get(x) - greatest) * op.beta);
        let sum: f32 = row.iter().map(exp).sum();
        row.iter().zip(results).for_each(|(x, out)| *out = put(exp(x) / sum));
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::FloatSoftmax;
    use crate::error::ModelError;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// SOFTMAX.
        pub(in crate::operators::softmax) fn float_softmax(
            &mut self,
            node: &Node<'_, 'a>,
            depth: usize,
        ) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.expect(&output, Element::F32)?;
            let op = FloatSoftmax {
                beta: node.options()?.f32(0, 0.0)?,
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                depth: depth as u32,
            };
            self.ops.push(Op::FloatSoftmax(op));
            Ok(())
        }
    }
}
