//! Opens hostile bytes as a `.tflite` model; one that opens is run twice on every kernel set, whose outputs must be
//! equal. One that can be converted to run on new frames is run so, too.
//!
//! Its seeds are models that are right (`fuzz/seed`).
#![no_main]

use kws_stages::nn::Model;
use kws_stages::nn::kernels::KernelSet;
use libfuzzer_sys::fuzz_target;

/// Beyond this a run would take the fuzzer's time without showing anything new.
const MOST_MACS: u64 = 2_000_000;
const MOST_ARENA: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let mut runs = KernelSet::all().into_iter().filter_map(|kernels| run(bytes, kernels));
    if let Some(first) = runs.next() {
        runs.for_each(|other| assert_eq!(other, first));
    }
    stream(bytes);
});

/// Runs a model on new frames of the length that its input suggests.
fn stream(bytes: &[u8]) -> Option<()> {
    let whole = Model::open(bytes).ok()?;
    let input = whole.inputs().first()?;
    let window = input.dims.iter().find(|size| **size != 1)?;
    let model = Model::open_streaming(bytes, input.count() / window, None).ok()?;
    if model.macs() <= MOST_MACS && model.arena_bytes() <= MOST_ARENA {
        let mut arena = model.arena();
        (0..3).for_each(|_| model.run(&mut arena));
    }
    Some(())
}

fn run(bytes: &[u8], kernels: KernelSet) -> Option<Vec<Vec<i8>>> {
    let model = Model::open_for(bytes, kernels).ok()?;
    if model.macs() > MOST_MACS || model.arena_bytes() > MOST_ARENA {
        return None;
    }
    let mut arena = model.arena();
    for seed in 0..2i8 {
        for tensor in model.inputs() {
            let values = &mut arena[tensor.span.range()];
            values
                .iter_mut()
                .enumerate()
                .for_each(|(i, v)| *v = (i as i8).wrapping_mul(37).wrapping_add(seed));
        }
        model.run(&mut arena);
    }
    Some(model.outputs().iter().map(|tensor| arena[tensor.span.range()].to_vec()).collect())
}
