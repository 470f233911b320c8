//! SVDF, float32.

use super::{Bytes, dot, put, word};
use crate::kernels::Constants;
use crate::op::FloatSvdf;

/// Takes one input into the memory and sums over it.
pub(in crate::kernels) fn svdf(op: &FloatSvdf, constants: Constants<'_>, arena: &mut [i8]) {
    let spans = arena
        .get_disjoint_mut([op.input.range(), op.output.range(), op.state.range()])
        .expect("spans of a plan lie apart in the arena");
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
