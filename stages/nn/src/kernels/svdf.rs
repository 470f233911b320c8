//! SVDF, int8 with a memory of int8 or int16: TFLite Micro's `EvalIntegerSvdfReference`.

use super::cell::Cell;
use super::{Constants, dot};
use crate::op::{Integer, Svdf};

/// Takes one input into the memory and sums over it.
pub(super) fn svdf(op: &Svdf, constants: Constants<'_>, arena: &mut [i8]) {
    match op.memory_type {
        Integer::I16 => run::<i16>(op, constants, arena),
        _ => run::<i8>(op, constants, arena),
    }
}

fn run<C: Cell>(op: &Svdf, constants: Constants<'_>, arena: &mut [i8]) {
    let [input, output, state] = arena
        .get_disjoint_mut([op.input.range(), op.output.range(), op.state.range()])
        .expect("spans of a plan lie apart in the arena");
    let features = &constants.bytes[op.features.range()];
    let times = C::of(&constants.bytes[op.times.range()]);
    let biases = &constants.words[op.biases.range()];
    let (inputs, memory) = (op.inputs as usize, op.memory as usize);
    let (filters, rank) = (op.filters as usize, op.rank as usize);
    let states = C::of_mut(state).chunks_exact_mut(filters * memory);
    let batches = input.chunks_exact(inputs).zip(states).zip(output.chunks_exact_mut(filters / rank));
    for ((input, states), outputs) in batches {
        for (state, features) in states.chunks_exact_mut(memory).zip(features.chunks_exact(inputs)) {
            state.copy_within(1.., 0);
            let product = op.state_factor.apply(dot(input, features, op.input_offset));
            // TFLite Micro clamps before it adds the memory's zero point, so that the sum may wrap.
            state[memory - 1] = C::put(product.clamp(C::MIN, C::MAX).wrapping_add(op.state_offset));
        }
        let units = states.chunks_exact(rank * memory).zip(times.chunks_exact(rank * memory));
        for (((states, times), bias), out) in units.zip(biases).zip(outputs) {
            let products = states
                .iter()
                .zip(times)
                .map(|(state, time)| C::get(time).wrapping_mul(C::get(state) - op.state_offset));
            let sum = products.fold(*bias, i32::wrapping_add);
            *out = op.factor.apply(sum).saturating_add(op.output_offset).clamp(-128, 127) as i8;
        }
    }
}
