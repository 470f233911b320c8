//! FULLY_CONNECTED: four outputs at a time.

use super::assembly::{self, Offset};
use crate::kernels::{Constants, pair};
use crate::op::FullyConnected;

/// Multiplies each input vector with the matrix of weights; see
/// [`pack::fully_connected`](super::pack::fully_connected) for the constants.
#[inline]
pub(super) fn fully_connected(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    let stream = &constants.words[op.channels.range()];
    let offset = Offset::new(op.rescaling.input_offset);
    let vectors = input.chunks_exact(op.inputs as usize).zip(output.chunks_exact_mut(op.outputs as usize));
    for (vector, results) in vectors {
        assembly::dense(vector, stream, offset, results);
    }
    super::clamp(&op.rescaling, output);
}
