//! Another tensor as the output, against a file that was written with it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod tflite;

use kws_nn::{Model, tapped};
use tflite::{Field, Network, code};

/// Two branches over one input that are joined: two filters, one after the other, beside a pool.
fn branches() -> (Network, i32, [i32; 5]) {
    let mut network = Network::default();
    let input = network.tensor(&[1, 6, 1, 4], 0.05, -7);
    let filter = |network: &mut Network, from: i32, zero: i64| {
        let data: Vec<i8> = (0..16).map(|i| (i * 23 % 101) as i8 - 50).collect();
        let weights = network.weights(&[4, 1, 1, 4], &data, vec![0.01; 4], 0);
        let biases = network.words(&[4], &[100, -200, 300, 0]);
        let to = network.tensor(&[1, 6, 1, 4], 0.05, zero);
        let options = [Field::I8(0, 1), Field::I32(1, 1), Field::I32(2, 1), Field::I8(3, 0)];
        network.op(code::CONV_2D, &[from, weights, biases], &[to], &options);
        to
    };
    let first = filter(&mut network, input, 3);
    let second = filter(&mut network, first, -11);
    let pooled = network.tensor(&[1, 6, 1, 4], 0.05, -7);
    let options = [Field::I8(0, 1), Field::I32(1, 1), Field::I32(2, 1), Field::I32(3, 1), Field::I32(4, 1)];
    network.op(code::MAX_POOL_2D, &[input], &[pooled], &options);
    let sum = network.tensor(&[1, 6, 1, 4], 0.1, 0);
    network.op(code::ADD, &[second, pooled], &[sum], &[Field::I8(0, 0)]);
    let last = network.tensor(&[1, 6, 1, 4], 0.1, 5);
    network.op(code::RELU, &[sum], &[last], &[]);
    (network, input, [first, second, pooled, sum, last])
}

fn run(file: &[u8]) -> (u64, Vec<i8>) {
    let model = Model::open(file).unwrap();
    let mut arena = model.arena();
    let input: Vec<i8> = (0..24).map(|i| (i * 37 % 256) as u8 as i8).collect();
    model.plan().input_mut(&mut arena).copy_from_slice(&input);
    model.run(&mut arena);
    (model.macs(), model.plan().output(&arena).to_vec())
}

#[test]
fn every_tensor_is_what_a_file_with_that_output_gives() {
    let (network, input, tensors) = branches();
    let last = *tensors.last().unwrap();
    let whole = network.file(&[input], &[last]);
    for tensor in tensors {
        let (_, wanted) = run(&network.file(&[input], &[tensor]));
        for name in [format!("t{tensor}"), tensor.to_string()] {
            assert_eq!(run(&tapped(&whole, &name).unwrap()).1, wanted, "{name}");
        }
    }
    // Two outputs become one.
    let both = network.file(&[input], &[tensors[3], last]);
    assert_eq!(Model::open(&tapped(&both, &format!("t{}", tensors[0])).unwrap()).unwrap().outputs().len(), 1);
}

#[test]
fn what_comes_behind_is_not_computed() {
    let (network, input, [first, second, pooled, _, last]) = branches();
    let whole = network.file(&[input], &[last]);
    let macs = |tensor: i32| run(&tapped(&whole, &tensor.to_string()).unwrap()).0;
    assert_eq!([macs(first), macs(second), macs(pooled)], [96, 192, 0]);
}

#[test]
fn what_no_operator_writes_is_refused_with_what_there_is() {
    let (network, input, tensors) = branches();
    let whole = network.file(&[input], &[*tensors.last().unwrap()]);
    for name in ["t999", "999", &format!("t{input}"), ""] {
        let why = tapped(&whole, name).unwrap_err().to_string();
        assert!(
            why.contains(&format!("no tensor `{name}`")) && why.contains(&format!("`t{}`", tensors[0])),
            "{why}"
        );
    }
    for cut in 0..whole.len() {
        // A file that is cut short is refused, and nothing panics.
        let _ = tapped(&whole[..cut], "t4");
    }
}
