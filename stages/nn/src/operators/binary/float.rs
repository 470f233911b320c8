//! ADD, SUB, MUL, DIV, MINIMUM and MAXIMUM, float32.

use crate::kernels::Constants;
use crate::kernels::float::{get, put};
use crate::kernels::walk::each;
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

/// Combines two inputs element by element; they may be one and the same.
pub(crate) fn binary(op: &FloatBinary, _: Constants<'_>, arena: &mut [i8]) {
    let mut output = op.output.range().step_by(4);
    each(&op.counts, [&op.a_steps, &op.b_steps], |[a, b]| {
        let at = |start: u32, offset: i64| {
            let at = (i64::from(start) + 4 * offset) as usize;
            arena[at..].first_chunk().map_or(0.0, get)
        };
        let (a, b) = (at(op.a.at, a), at(op.b.at, b));
        let result = match op.combination {
            Combination::Sum => a + b,
            Combination::Difference => a - b,
            Combination::Product => a * b,
            Combination::Quotient => a / b,
            Combination::Least if a < b => a,
            Combination::Greatest if a > b => a,
            Combination::Least | Combination::Greatest => b,
        };
        if let Some(at) = output.next() {
            arena[at..at + 4].copy_from_slice(&put(op.bounds.clamp(result)));
        }
    });
}

#[cfg(feature = "std")]
mod lower {
    use super::FloatBinary;
    use crate::error::ModelError;
    use crate::op::{Combination, Op};
    use crate::planner::Lowering;
    use crate::planner::block::{axes, broadcast_steps};
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
            let op = FloatBinary {
                combination,
                a_steps: broadcast_steps(node, &a, &output)?,
                b_steps: broadcast_steps(node, &b, &output)?,
                counts: axes(&output.tensor.shape)
                    .ok_or_else(|| node.shape(&output, "at most 5 dimensions"))?,
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
