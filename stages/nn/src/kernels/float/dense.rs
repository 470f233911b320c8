//! FULLY_CONNECTED and SOFTMAX, float32.

use super::{dot, get, pair, put, word};
use crate::kernels::Constants;
use crate::op::{FloatFullyConnected, FloatSoftmax};

/// Multiplies each input vector with the matrix of weights.
pub(in crate::kernels) fn fully_connected(
    op: &FloatFullyConnected,
    constants: Constants<'_>,
    arena: &mut [i8],
) {
    let (input, output) = pair(arena, op.input, op.output);
    let (weights, biases) = (&constants.words[op.weights.range()], &constants.words[op.biases.range()]);
    let vectors = input.chunks_exact(op.inputs as usize).zip(output.chunks_exact_mut(op.outputs as usize));
    for (vector, results) in vectors {
        for ((row, bias), out) in weights.chunks_exact(op.inputs as usize).zip(biases).zip(results) {
            *out = put(op.bounds.clamp(dot(vector, row) + word(*bias)));
        }
    }
}

/// Softmax of each row.
pub(in crate::kernels) fn softmax(op: &FloatSoftmax, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let depth = op.depth as usize;
    for (row, results) in input.chunks_exact(depth).zip(output.chunks_exact_mut(depth)) {
        let greatest = row.iter().map(get).fold(f32::MIN, f32::max);
        let exp = |x| libm::expf((get(x) - greatest) * op.beta);
        let sum: f32 = row.iter().map(exp).sum();
        row.iter().zip(results).for_each(|(x, out)| *out = put(exp(x) / sum));
    }
}
