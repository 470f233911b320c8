//! FULLY_CONNECTED, int8: TFLite's `reference_integer_ops::FullyConnected` and its per-channel form.

use super::{Channels, Constants, dot, pair};
use crate::op::FullyConnected;

/// Multiplies each input vector with the matrix of weights.
pub(super) fn fully_connected(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let weights = &constants.bytes[op.weights.range()];
    let channels = Channels::of(constants, op.channels);
    let (inputs, outputs) = (op.inputs as usize, op.outputs as usize);
    let offset = op.rescaling.input_offset;
    for (vector, results) in input.chunks_exact(inputs).zip(output.chunks_exact_mut(outputs)) {
        // A zero point of the weights adds the same to every output: itself times the sum of the inputs.
        let total = match op.weights_offset {
            0 => 0,
            shift => vector
                .iter()
                .fold(0i32, |sum, x| sum.wrapping_add(i32::from(*x) + offset))
                .wrapping_mul(shift),
        };
        for (channel, (row, out)) in weights.chunks_exact(inputs).zip(results).enumerate() {
            let sum = channels.biases[channel].wrapping_add(total).wrapping_add(dot(vector, row, offset));
            *out = channels.output(channel, sum, &op.rescaling);
        }
    }
}
