//! FULLY_CONNECTED: two outputs at a time.

use super::assembly::{self, Offset, rescale};
use crate::kernels::{Constants, pair};
use crate::op::FullyConnected;

/// Multiplies each input vector with the matrix of weights; see
/// [`pack::fully_connected`](super::pack::fully_connected) for the constants.
#[inline]
pub(super) fn fully_connected(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let stream = &constants.words[op.channels.range()];
    let offset = Offset::new(op.rescaling.input_offset);
    let (inputs, outputs) = (op.inputs as usize, op.outputs as usize);
    // Two biases, a word of weights to every four inputs of both, and three words of scaling to each.
    let block = 2 + 2 * inputs.div_ceil(4) + 6;
    for (vector, results) in input.chunks_exact(inputs).zip(output.chunks_exact_mut(outputs)) {
        for (stream, results) in stream.chunks_exact(block).zip(results.chunks_mut(2)) {
            let (weights, scaling) = stream[2..].split_at(block - 8);
            let sums = assembly::dot_pair(vector, weights, offset, [stream[0], stream[1]]);
            for ((result, sum), scaling) in results.iter_mut().zip(sums).zip(scaling.as_chunks::<3>().0) {
                *result = rescale(sum, *scaling);
            }
        }
    }
    super::clamp(&op.rescaling, output);
}
