//! Models of int16: what is refused when the file is opened.
//!
//! That what runs is right, the golden vectors show (`parity`).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod tflite;

use kws_nn::Model;
use tflite::{Field, I16, Network, code};

/// A fully connected layer on int16 whose sums are multiplied by 2^`power`.
fn rescaled_by(power: i32) -> Result<Model, String> {
    let mut network = Network::default();
    let input = network.quantised(&[1, 2], I16, 1.0);
    let weights = network.weights(&[1, 2], &[1, 2], vec![1.0], 0);
    let output = network.quantised(&[1, 1], I16, (-power as f32).exp2());
    network.op(code::FULLY_CONNECTED, &[input, weights], &[output], &[Field::I8(0, 0)]);
    Model::open(&network.file(&[input], &[output])).map_err(|error| error.to_string())
}

#[test]
fn a_rescaling_that_has_no_shift_is_refused() {
    let model = rescaled_by(13).unwrap();
    let mut arena = model.arena();
    model.plan().input_mut(&mut arena).copy_from_slice(&[1, 0, 0, 0]);
    model.run(&mut arena);
    assert_eq!(model.plan().output(&arena), [0, 32], "2^13, the lower byte first");
    for power in [14, 15, 29] {
        let text = rescaled_by(power).unwrap_err();
        let expected = format!("found a rescaling of 2^{power} or more, expected one below 2^14");
        assert!(text.contains(&expected), "{text}");
    }
}
