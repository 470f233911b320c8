//! SVDF, float32.

use crate::kernels::float::{Bytes, dot, put, word};
use crate::kernels::{Constants, lend};
use crate::op::{Bounds, Span, spans};

/// SVDF, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatSvdf<A = Span> {
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
    /// The memory, a variable in the arena: `[batch][filter][memory]`, the newest last.
    pub state: A,
    /// Weights over the input in the pool of words: `[filter][input]`.
    pub features: Span,
    /// Weights over the memory in the pool of words: `[filter][memory]`.
    pub times: Span,
    /// In the pool of words: one bias per unit.
    pub biases: Span,
    /// Length of an input vector.
    pub inputs: u32,
    /// Number of filters.
    pub filters: u32,
    /// Runs that a filter remembers.
    pub memory: u32,
    /// Filters of a unit.
    pub rank: u32,
    /// Bounds of the output.
    pub bounds: Bounds,
}

spans!(FloatSvdf { input: Read, output: Write, state: Write } { features, times, biases, inputs, filters, memory, rank, bounds });

/// Takes one input into the memory and sums over it.
pub(crate) fn svdf(op: &FloatSvdf, constants: Constants<'_>, arena: &mut [i8]) {
    let spans = lend(arena, op.input, op.output, op.state);
    let [input, output, state]: [&mut [Bytes]; 3] = spans.map(|bytes| bytes.as_chunks_mut().0);
    let [features, times, biases] =
        [op.features, op.times, op.biases].map(|span| &constants.words[span.range()]);
    let (inputs, memory) = (op.inputs as usize, op.memory as usize);
    let (filters, rank) = (op.filters as usize, op.rank as usize);
    let states = state.chunks_exact_mut(filters * memory);
    let batches = input.chunks_exact(inputs).zip(states).zip(output.chunks_exact_mut(filters / rank));
    for ((input, states), outputs) in batches {
        for (state, features) in states.chunks_exact_mut(memory).zip(features.chunks_exact(inputs)) {
            state.copy_within(1.., 0);
            state[memory - 1] = put(dot(input, features));
        }
        let units = states.chunks_exact(rank * memory).zip(times.chunks_exact(rank * memory));
        for (((states, times), bias), out) in units.zip(biases).zip(outputs) {
            let filters = states.chunks_exact(memory).zip(times.chunks_exact(memory));
            let sum = filters.fold(word(*bias), |sum, (state, time)| sum + dot(state, time));
            *out = put(op.bounds.clamp(sum));
        }
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::FloatSvdf;
    use crate::error::ModelError;
    use crate::op::Op;
    use crate::operators::svdf::lower::Shape;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// SVDF of floats.
        pub(in crate::operators::svdf) fn float_svdf(
            &mut self,
            node: &Node<'_, 'a>,
            shape: Shape,
        ) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            let state = node.input(4)?;
            for operand in [&state, &output] {
                node.expect(operand, Element::F32)?;
            }
            let Shape { inputs, filters, memory, rank } = shape;
            let op = FloatSvdf {
                state: self.memory(node, &state)?,
                input: self.read(node, &input)?,
                output: self.write(node, &output)?,
                features: self.floats(node, &node.input(1)?)?,
                times: self.floats(node, &node.input(2)?)?,
                biases: self.float_biases(node, node.optional(3), shape.units())?,
                inputs,
                filters,
                memory,
                rank,
                bounds: node.bounds(node.options()?.i8(1, 0)?)?,
            };
            self.ops.push(Op::FloatSvdf(op));
            Ok(())
        }
    }
}
