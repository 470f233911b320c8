//! SOFTMAX on int8 of any scale.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod tflite;

use kws_nn::Model;
use tflite::{Field, I8, Network, code};

/// From a scale of 16 on, one step of the input is more than exp can show: the greatest have everything, in equal parts.
/// TFLite Micro gives the same.
#[test]
fn a_softmax_of_a_large_scale_gives_everything_to_the_greatest() {
    for scale in [15.9, 16.0, 31.9, 32.0, 64.0, 100.0, 1e6] {
        let mut network = Network::default();
        let input = network.quantised(&[1, 4], I8, scale);
        let output = network.tensor(&[1, 4], 1.0 / 256.0, -128);
        network.op(code::SOFTMAX, &[input], &[output], &[Field::F32(0, 1.0)]);
        let model = Model::open(&network.file(&[input], &[output])).unwrap();
        let mut arena = model.arena();
        for (values, expected) in
            [([3, 2, -128, 1], [127, -128, -128, -128]), ([9, 8, 9, 0], [0, -128, 0, -128])]
        {
            model.plan().input_mut(&mut arena).copy_from_slice(&values);
            model.run(&mut arena);
            assert_eq!(model.plan().output(&arena), expected, "scale {scale}");
        }
    }
}
