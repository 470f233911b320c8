//! Outputs do not depend on the forms of weights that the planner chooses.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use kws_nn::kernels::{KernelSet, Plain};
use kws_nn::{Candidate, Model};

/// Output of a model on bytes that depend on its length alone.
fn output(model: &Model) -> Vec<i8> {
    let mut arena = model.arena();
    for (i, byte) in model.plan().input_mut(&mut arena).iter_mut().enumerate() {
        *byte = (i * 91 % 251) as i8;
    }
    model.run(&mut arena);
    model.plan().output(&arena).to_vec()
}

#[test]
fn all_forms_give_the_outputs_of_plain_kernels() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/nn/golden");
    let several = std::cell::Cell::new(0);
    for folder in fs::read_dir(golden).unwrap() {
        let path = folder.unwrap().path();
        let bytes = fs::read(path.join("model.tflite")).unwrap();
        let expected = output(&Model::open_for(&bytes, KernelSet::Plain(Plain)).unwrap());
        for kernels in KernelSet::all() {
            for number in 0..4 {
                let choose = |candidates: &[Candidate]| {
                    assert!(candidates.is_sorted_by(|a, b| a.cycles <= b.cycles), "{candidates:?}");
                    several.set(several.get() + usize::from(candidates.len() > 1));
                    number
                };
                let model = Model::open_choosing(&bytes, kernels, &choose).unwrap();
                assert_eq!(output(&model), expected, "{}, {}, form {number}", path.display(), kernels.name());
            }
        }
    }
    let packs = KernelSet::all().len() > 3;
    assert_eq!(several.get() > 100, packs, "{} operators have several forms", several.get());
}
