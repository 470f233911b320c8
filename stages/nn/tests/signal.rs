//! Signal operators and arithmetic without scales: what is refused when the file is opened.
//!
//! That what runs is right, the golden vectors show (`parity`).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod tflite;

use kws_nn::Model;
use tflite::{Field, I16, I32, Network, U32, U64, code};

/// A map of one small number, as a flexbuffer.
fn map(name: &str, value: i8) -> Vec<u8> {
    let mut map = name.as_bytes().to_vec();
    map.extend([0, 1, name.len() as u8 + 2, 1, 1, 1, value as u8, 4, 2, 0x24, 1]);
    map
}

fn shorts(values: &[i16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn refusal(network: &Network, inputs: &[i32], outputs: &[i32]) -> String {
    Model::open(&network.file(inputs, outputs)).expect_err("it must be refused").to_string()
}

/// A filter bank of two channels over eight energies, with six weights.
fn filter_bank(starts: [i16; 3], weight_starts: [i16; 3], widths: [i16; 3]) -> (Network, i32, i32) {
    let mut network = Network::default();
    let energies = network.plain(&[8], U32, &[]);
    let weights = network.plain(&[6], I16, &shorts(&[4096; 6]));
    let [starts, weight_starts, widths] =
        [starts, weight_starts, widths].map(|list| network.plain(&[3], I16, &shorts(&list)));
    let sums = network.plain(&[2], U64, &[]);
    let inputs = [energies, weights, weights, starts, weight_starts, widths];
    network.custom("SignalFilterBank", &inputs, &[sums], &map("num_channels", 2));
    (network, energies, sums)
}

#[test]
fn a_filter_bank_stays_within_its_energies_and_weights() {
    let (network, energies, sums) = filter_bank([0, 2, 6], [0, 2, 4], [2, 2, 2]);
    let model = Model::open(&network.file(&[energies], &[sums])).unwrap();
    model.run(&mut model.arena());
    let hostile = [
        ([0, 2, 7], [0, 2, 4], "2 from 7 on in channel 2, expected a part of 8"),
        ([0, 2, 6], [0, 5, 4], "2 from 5 on in channel 1, expected a part of 6"),
        ([-1, 2, 6], [0, 2, 4], "2 from -1 on in channel 0, expected a part of 8"),
        ([i16::MAX; 3], [0, 2, 4], "2 from 32767 on in channel 0, expected a part of 8"),
    ];
    for (starts, weight_starts, expected) in hostile {
        let (network, energies, sums) = filter_bank(starts, weight_starts, [2; 3]);
        let text = refusal(&network, &[energies], &[sums]);
        assert!(text.starts_with("operator 0 `CUSTOM SignalFilterBank`, tensor "), "{text}");
        assert!(text.ends_with(expected), "{text}");
    }
    let (network, energies, sums) = filter_bank([0; 3], [0; 3], [1, -1, 1]);
    assert!(refusal(&network, &[energies], &[sums]).contains("-1 from 0 on in channel 1"));
}

#[test]
fn options_are_demanded_within_their_range() {
    let open = |options: &[u8]| {
        let mut network = Network::default();
        let [signal, log] = [U32, I16].map(|element| network.plain(&[4], element, &[]));
        network.custom("SignalFilterBankLog", &[signal], &[log], options);
        refusal(&network, &[signal], &[log])
    };
    assert_eq!(
        open(&map("input_correction_bits", 32)),
        "operator 0 `CUSTOM SignalFilterBankLog`: found option `input_correction_bits` of 32, expected a \
         `input_correction_bits` of 0 to 31"
    );
    assert!(
        open(&map("input_correction_bits", 3)).contains("no whole number `output_scale` among its options")
    );
    assert!(open(&[]).contains("no whole number `input_correction_bits`"));
}

#[test]
fn a_transform_of_other_numbers_or_lengths_is_refused() {
    let mut network = Network::default();
    let (samples, bins) = (network.plain(&[64], I16, &[]), network.plain(&[66], I16, &[]));
    network.custom("SignalRfft", &[samples], &[bins], &map("T", 0));
    let text = refusal(&network, &[samples], &[bins]);
    assert!(text.ends_with("found option `T` of 0, expected a `T` of 7"), "{text}");
}

#[test]
fn signal_and_noise_may_be_one_tensor() {
    let mut network = Network::default();
    let (signal, ratio) = (network.plain(&[4], U32, &[]), network.plain(&[4], U32, &[]));
    let gains = network.plain(&[125], I16, &shorts(&[-1; 125]));
    network.custom("SignalPCAN", &[signal, signal, gains], &[ratio], &map("snr_shift", 6));
    let model = Model::open(&network.file(&[signal], &[ratio])).unwrap();
    let mut arena = model.arena();
    arena.fill(-1);
    model.run(&mut arena);
}

/// An operator of int32 on two inputs.
fn words(code: i32, activation: i8, a: [i32; 4], b: [i32; 4]) -> Result<Vec<i32>, String> {
    let mut network = Network::default();
    let [first, second, output] = [(); 3].map(|()| network.plain(&[4], I32, &[]));
    network.op(code, &[first, second], &[output], &[Field::I8(0, activation)]);
    let model = Model::open(&network.file(&[first, second], &[output])).map_err(|error| error.to_string())?;
    let mut arena = model.arena();
    for (tensor, values) in model.inputs().iter().zip([a, b]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        arena[tensor.span.range()].iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte as i8);
    }
    model.run(&mut arena);
    let bytes = model.plan().output(&arena).as_chunks().0.iter();
    Ok(bytes.map(|bytes: &[i8; 4]| i32::from_le_bytes(bytes.map(|byte| byte as u8))).collect())
}

#[test]
fn a_division_rounds_towards_zero_and_never_panics() {
    let quotients = words(code::DIV, 0, [7, -7, 5, i32::MIN], [2, 2, 0, -1]).unwrap();
    assert_eq!(quotients, [3, -3, 0, i32::MIN]);
}

#[test]
fn a_sum_of_int32_with_an_activation_is_refused() {
    let refused = words(code::ADD, 1, [0; 4], [0; 4]).unwrap_err();
    assert!(refused.contains("which TFLite Micro leaves out and LiteRT does not"), "{refused}");
}

#[test]
fn an_unknown_operator_s_error_lists_exactly_those_that_are_known() {
    let text = |code: i32| {
        let mut network = Network::default();
        let input = network.tensor(&[1], 1.0, 0);
        network.op(code, &[], &[], &[]);
        Model::open(&network.file(&[input], &[])).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let unknown = "an operator that this runtime does not have";
    let listed = text(code::GELU);
    let listed: Vec<&str> = listed.split_once("expected one of ").unwrap().1.split(", ").collect();
    assert!(listed.contains(&"SignalPCAN") && listed.contains(&"CAST"), "{listed:?}");
    for code in 0..162 {
        let text = text(code);
        let name = text.split('`').nth(1).unwrap_or("CALL_ONCE");
        let name = name.strip_prefix("CUSTOM ").unwrap_or(name);
        assert_eq!(listed.contains(&name), !text.contains(unknown), "operator {code}: {text}");
    }
}
