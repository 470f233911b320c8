//! ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM, float32.

use crate::kernels::float::{get, put};
use crate::kernels::walk::rows;
use crate::kernels::{self, Constants};
use crate::op::{AXES, Bounds, Combination, Span, spans};

/// ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM, float32, with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatBinary<A = Span> {
    /// What is computed.
    pub combination: Combination,
    /// First input in the arena.
    pub a: A,
    /// Second input in the arena.
    pub b: A,
    /// Output in the arena.
    pub output: A,
    /// Shape of the output, the slowest axis first.
    pub counts: [u32; AXES],
    /// Steps of the first input along each axis, in elements.
    pub a_steps: [i32; AXES],
    /// Steps of the second input along each axis, in elements.
    pub b_steps: [i32; AXES],
    /// Bounds of the output.
    pub bounds: Bounds,
}

spans!(FloatBinary { a: Read, b: Read, output: Write } { combination, counts, a_steps, b_steps, bounds });

/// Combines two inputs element by element.
pub(crate) fn binary(op: &FloatBinary, _: Constants<'_>, arena: &mut [i8]) {
    let ([a, b], output) = kernels::inputs(arena, [op.a, op.b], op.output);
    let result = |a, b| {
        let (a, b) = (get(&a), get(&b));
        let result = match op.combination {
            Combination::Sum => a + b,
            Combination::Difference => a - b,
            Combination::Product => a * b,
            Combination::Quotient => a / b,
            Combination::Least if a < b => a,
            Combination::Greatest if a > b => a,
            Combination::Least | Combination::Greatest => b,
        };
        put(op.bounds.clamp(result))
    };
    let ([a, b], output) = ([a.as_chunks().0, b.as_chunks().0], output.as_chunks_mut().0);
    rows(&op.counts, [&op.a_steps, &op.b_steps], [a, b], output, result);
}

#[cfg(feature = "std")]
mod lower {
    use super::FloatBinary;
    use crate::error::ModelError;
    use crate::op::{Combination, Op};
    use crate::planner::Lowering;
    use crate::planner::block::broadcast;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM.
        pub(in crate::operators::binary) fn float_binary(
            &mut self,
            node: &Node<'_, 'a>,
            combination: Combination,
        ) -> Result<(), ModelError> {
            let (a, b, output) = (node.input(0)?, node.input(1)?, node.output(0)?);
            node.expect(&b, Element::F32)?;
            node.expect(&output, Element::F32)?;
            let (counts, [a_steps, b_steps]) = broadcast(node, [&a, &b], &output)?;
            let op = FloatBinary {
                combination,
                a_steps,
                b_steps,
                counts,
                bounds: node.bounds(node.fused_activation()?)?,
                a: self.read(node, &a)?,
                b: self.read(node, &b)?,
                output: self.write(node, &output)?,
            };
            self.ops.push(Op::FloatBinary(op));
            Ok(())
        }
    }
}
