//! The signal stages against NumPy and SciPy: vectors and the script that made them are in `tests/vectors/signal`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use kws_engine::testing::Rig;
use kws_engine::{Element, Item, PlanError, Port, Role};

fn bytes(name: &str) -> Vec<u8> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/signal"));
    let file = fs::read(folder.join(name).with_extension("npy")).unwrap();
    assert_eq!(&file[..8], b"\x93NUMPY\x01\x00", "{name}");
    let header = usize::from(u16::from_le_bytes([file[8], file[9]]));
    file[10 + header..].to_vec()
}

fn golden(name: &str) -> Vec<f32> {
    bytes(name).as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect()
}

fn samples() -> Vec<i16> {
    bytes("samples").as_chunks().0.iter().map(|value| i16::from_le_bytes(*value)).collect()
}

fn audio(element: Element, block: usize) -> Port {
    Port::source(element, vec![block], Role::SAMPLES, 16_000, block as u64)
}

/// What stages make of the samples, all blocks one after the other.
fn made(toml: &str) -> Vec<f32> {
    let rig = Rig::new(kws_stages::register, &audio(Element::I16, 160), toml)
        .unwrap_or_else(|error| panic!("{error}"));
    rig.run(&samples()).into_iter().flat_map(|(_, block): (u64, Vec<f32>)| block).collect()
}

/// Compares with a golden vector. `tolerance` is relative to the vector's largest value: singles carry 24 bits, and
/// a transform of 512 points loses three or four of them.
fn assert_golden(name: &str, toml: &str, tolerance: f32) {
    let (found, expected) = (made(toml), golden(name));
    assert_eq!(found.len(), expected.len(), "{name}");
    let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let error = (found - expected).abs() / largest;
        assert!(error <= tolerance, "{name}[{index}]: found {found}, expected {expected}, off by {error:e}");
    }
}

fn chain(stages: &[&str]) -> String {
    stages.iter().map(|stage| format!("[[stage]]\nkind = {stage}\n")).collect()
}

#[test]
fn tapers_match_scipy() {
    assert_golden("hann_periodic", &chain(&["'window'"]), 1e-7);
    assert_golden("hann_symmetric", &chain(&["'window'\nform = 'symmetric'"]), 1e-7);
    assert_golden(
        "hamming_periodic",
        &chain(&["'window'\ntaper = 'hamming'\nlength = 480\nhop = 320"]),
        1e-7,
    );
}

#[test]
fn pre_emphasis_reaches_across_frames() {
    assert_golden("pre_emphasis", &chain(&["'window'\ntaper = 'hamming'\npre_emphasis = 0.97"]), 2e-7);
}

#[test]
fn both_transforms_match_numpy() {
    assert_golden("fft_512", &chain(&["'window'", "'fft'"]), 5e-7);
    assert_golden("fft_512", &chain(&["'window'", "'fft'\ntransform = 'fast'"]), 5e-7);
    assert_golden("fft_600", &chain(&["'window'", "'fft'\ntransform = 'fast'\nsize = 600"]), 5e-7);
}

#[test]
fn mel_scales_match() {
    assert_golden("mel_htk", &chain(&["'window'", "'fft'", "'mel'"]), 1e-6);
    let slaney = "'mel'\nmel_scale = 'slaney'\nof = 'power'\nbands = 64\nlow_hz = 60\nhigh_hz = 7600";
    assert_golden("mel_slaney", &chain(&["'window'", "'fft'", slaney]), 2e-6);
}

#[test]
fn logarithms_match() {
    assert_golden("log_natural", &chain(&["'window'", "'fft'", "'mel'", "'log'"]), 1e-6);
    let log_10 = "'log'\nbase = 'log10'\noffset = 0\nfloor = 1";
    assert_golden("log_10", &chain(&["'window'", "'fft'", "'mel'", log_10]), 1e-6);
}

#[test]
fn cosine_transforms_match_scipy() {
    let before = ["'window'", "'fft'", "'mel'", "'log'"];
    let with = |dct| chain(&[&before[..], &[dct]].concat());
    assert_golden("dct_tensorflow", &with("'dct'\ncoefficients = 13"), 1e-6);
    assert_golden("dct_orthonormal", &with("'dct'\ncoefficients = 13\nscaling = 'orthonormal'"), 1e-6);
}

#[test]
fn streaming_wakeword_features_can_be_said() {
    let window =
        "'window'\nlength = 1024\nhop = 512\ntaper = 'hamming'\nform = 'symmetric'\npre_emphasis = 0.96875";
    let mel = "'mel'\nof = 'periodogram'\nlow_hz = 0\nhigh_hz = 8000";
    let log = "'log'\nbase = 'decibel'\noffset = 0\nfloor = 1e-30\ngain = 0.015625\nshift = 0.8125\nclip_low = 0\n\
               clip_high = 1";
    let four = chain(&[window, "'fft'", mel, log]);
    assert_golden("lfbe", &four, 1e-6);
    let one = chain(&["'lfbe'"]);
    assert_golden("lfbe", &one, 1e-6);
    assert_eq!(made(&one), made(&four));
}

const MFCC_CHAINS: [&str; 2] =
    ["", "pre_emphasis = 0.97\nbands = 23\nhigh_hz = 7000\nof = 'power'\ncoefficients = 12"];

#[test]
fn mfcc_equals_the_chain_bit_for_bit() {
    for params in MFCC_CHAINS {
        let own = |keys: &[&str]| -> String {
            params
                .lines()
                .filter(|line| keys.iter().any(|key| line.starts_with(key)))
                .map(|l| format!("{l}\n"))
                .collect()
        };
        let window = format!("'window'\n{}", own(&["pre_emphasis"]));
        let mel = format!("'mel'\n{}", own(&["bands", "high_hz", "of"]));
        let dct = format!("'dct'\n{}", own(&["coefficients"]));
        let single = made(&chain(&[&window, "'fft'", &mel, "'log'", &dct]));
        let whole = made(&chain(&[&format!("'mfcc'\n{params}")]));
        assert!(!whole.is_empty());
        assert_eq!(single, whole, "{params}");
    }
}

/// The chain of `pipelines/yes_no_tiny.toml`.
#[test]
fn speech_features_are_those_of_the_shipped_pipeline() {
    let mel = "'mel'\nbands = 40\nlow_hz = 20\nhigh_hz = 7600\nof = 'power'";
    let log = "'log'\noffset = 1e-6";
    let five = chain(&["'window'", "'fft'\nsize = 512", mel, log, "'dct'\ncoefficients = 20"]);
    let one = made(&chain(&["'speech_features'"]));
    assert!(!one.is_empty());
    assert_eq!(one, made(&five));
}

#[test]
fn singles_and_integers_give_the_same_bits() {
    let toml = chain(&["'mfcc'\npre_emphasis = 0.97"]);
    let scaled: Vec<f32> = samples().iter().map(|sample| f32::from(*sample) / 32768.0).collect();
    let rig = Rig::new(kws_stages::register, &audio(Element::F32, 160), &toml).unwrap();
    let singles: Vec<f32> =
        rig.run(&scaled).into_iter().flat_map(|(_, block): (u64, Vec<f32>)| block).collect();
    assert_eq!(made(&toml), singles);
}

#[test]
fn frames_do_not_depend_on_the_block() {
    let toml = chain(&["'window'\nlength = 500"]);
    let run = |block| {
        let rig = Rig::new(kws_stages::register, &audio(Element::I16, block), &toml).unwrap();
        // 500 samples reach into a second hop of 320, and are waited for until its end.
        assert_eq!((rig.output().period, rig.output().delay), (320, 140));
        rig.run::<i16, f32>(&samples())
    };
    let frames = run(320);
    assert_eq!(frames.iter().map(|(at, _)| *at).take(3).collect::<Vec<_>>(), [640, 960, 1280]);
    for block in [1, 80, 160] {
        assert_eq!(frames, run(block), "blocks of {block}");
    }
}

#[test]
fn a_clip_of_a_second_gives_49_frames() {
    let rig = Rig::new(kws_stages::register, &audio(Element::I16, 160), &chain(&["'mfcc'"])).unwrap();
    let blocks = rig.run::<i16, f32>(&[0; 16_000]);
    assert_eq!((blocks.len(), blocks.last().unwrap().0), (49, 16_000));
    assert_eq!(rig.output().shape, [10]);
}

#[test]
fn a_source_whose_block_is_too_long_is_asked_for_less() {
    let rig = Rig::new(kws_stages::register, &audio(Element::I16, 480), &chain(&["'window'\nhop_ms = 10"]))
        .unwrap();
    assert_eq!(rig.output().period, 160);
}

#[test]
fn after_a_gap_frames_begin_anew() {
    let rig =
        Rig::new(kws_stages::register, &audio(Element::I16, 160), &chain(&["'window'\ntaper = 'rectangle'"]))
            .unwrap()
            .gap(7, 160);
    let samples = samples();
    let frames = rig.run::<i16, f32>(&samples);
    // Seven blocks make two frames; the next begins with the eighth, 160 ticks late.
    assert_eq!(frames.iter().map(|(at, _)| *at).take(4).collect::<Vec<_>>(), [640, 960, 1920, 2240]);
    let (_, first) = &frames[2];
    assert_eq!(first[0], f32::from(samples[7 * 160]) / 32768.0);
}

/// Counts 1, 2, 3, … in blocks of `len`.
fn counted<I: Item + From<i8>>(blocks: i8, len: usize) -> Vec<I> {
    (1..=blocks).flat_map(|n| std::iter::repeat_n(I::from(n), len)).collect()
}

#[test]
fn stack_gathers_and_hops() {
    let port = Port::source(Element::F32, vec![2], Role::MFCC, 100, 1);
    let rig = Rig::new(kws_stages::register, &port, &chain(&["'stack'\nframes = 3\nhop = 2"])).unwrap();
    assert_eq!((rig.output().shape.clone(), rig.output().period), (vec![3, 2], 2));
    let stacks = rig.run::<f32, f32>(&counted(8, 2));
    let expected = [
        (3, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]),
        (5, [3.0, 3.0, 4.0, 4.0, 5.0, 5.0]),
        (7, [5.0, 5.0, 6.0, 6.0, 7.0, 7.0]),
    ];
    assert_eq!(stacks, expected.map(|(at, values)| (at, values.to_vec())));
}

#[test]
fn stack_hops_over_more_than_it_holds_and_fills_anew_after_a_gap() {
    let port = Port::source(Element::F32, vec![1], Role::MFCC, 100, 1);
    let rig =
        Rig::new(kws_stages::register, &port, &chain(&["'stack'\nframes = 2\nhop = 3"])).unwrap().gap(6, 10);
    let stacks = rig.run::<f32, f32>(&counted(9, 1));
    let expected = [(2, [1.0, 2.0]), (5, [4.0, 5.0]), (18, [7.0, 8.0])];
    assert_eq!(stacks, expected.map(|(at, values)| (at, values.to_vec())));
}

#[test]
fn quantise_rounds_truncates_and_clips() {
    let port = Port::source(Element::F32, vec![8], Role::MFCC, 100, 1);
    let values = [0.24, 0.25, -0.25, -0.26, 63.9, -65.0, f32::NAN, 1e30];
    let run = |rounding| {
        let toml = format!("'quantise'\nscale = 0.5\nzero_point = 1\nrounding = '{rounding}'");
        let rig = Rig::new(kws_stages::register, &port, &chain(&[&toml, "'stack'\nframes = 1"])).unwrap();
        let quant = rig.output().quant.unwrap();
        assert_eq!((quant.scale, quant.zero_point), (0.5, 1));
        rig.run::<f32, i8>(&values).remove(0).1
    };
    assert_eq!(run("nearest"), [1, 2, 0, 0, 127, -128, 1, 127]);
    assert_eq!(run("truncate"), [1, 1, 0, 0, 127, -128, 1, 127]);
}

fn refused(toml: &str) -> String {
    let error: PlanError =
        Rig::new(kws_stages::register, &audio(Element::I16, 160), toml).err().expect("a refusal");
    error.to_string()
}

#[test]
fn refusals_name_the_parameter() {
    let cases = [
        ("'window'\nlength = 400\nlength_ms = 20", "length", "expected one of them"),
        ("'mfcc'\nhigh_hz = 9000", "high_hz", "at most half of the rate, 8000 Hz"),
        ("'mfcc'\nlow_hz = 4000", "low_hz", "less than `high_hz`"),
        ("'mfcc'\nsize = 256", "size", "at least the frame's length of 480"),
        ("'mfcc'\nsize = 600", "size", "power of two"),
        ("'mfcc'\noffset = 0", "offset", "silence has no logarithm"),
        ("'mfcc'\nclip_low = 1\nclip_high = 1", "clip_low", "less than `clip_high`"),
        ("'mfcc'\ncoefficients = 41", "coefficients", "number of bands, 40"),
        ("'mel'", "kind", "expected spectrum"),
    ];
    for (toml, key, message) in cases {
        let error = refused(&chain(&[toml]));
        assert!(error.contains(message) && error.contains(key), "{toml}:\n{error}");
    }
}

#[test]
fn a_band_between_two_bins_is_reported() {
    let rig = Rig::new(
        kws_stages::register,
        &audio(Element::I16, 160),
        &chain(&["'mfcc'\nlength_ms = 5\nbands = 80"]),
    )
    .unwrap();
    assert!(rig.notices()[0].contains("is always 0"), "{:?}", rig.notices());
}
