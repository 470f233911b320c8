//! Models that are cut, bit-flipped or of another shape: an error that names the file, or a model that runs.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::path::PathBuf;

use kws_engine::{Pipeline, Plan};
use kws_stages::nn::Model;
use kws_tests::root;

fn shipped() -> Vec<u8> {
    fs::read(root().join("pipelines/models/yes_no_tiny/model.tflite")).unwrap()
}

/// Opens what may be a model, and runs it if it is one. True if it is.
fn survives(bytes: &[u8]) -> bool {
    let Ok(model) = Model::open(bytes) else { return false };
    let mut arena = model.arena();
    model.run(&mut arena);
    // One that can be converted must survive that, too.
    if let Ok(model) = Model::open_streaming(bytes, 40, None) {
        model.run(&mut model.arena());
    }
    true
}

#[test]
fn a_model_cut_anywhere_is_refused() {
    let whole = shipped();
    assert!(survives(&whole));
    // The weights lie in the file's middle, so that every cut but the last few bytes' takes something needed away.
    for length in (0..whole.len() * 9 / 10).step_by(211) {
        assert!(!survives(&whole[..length]), "cut to {length} of {} bytes", whole.len());
    }
}

#[test]
fn a_model_with_flipped_bits_is_refused_or_runs() {
    let signal = fs::read(root().join("tests/vectors/nn/golden/signal_front_end-2/model.tflite")).unwrap();
    for whole in [shipped(), signal] {
        let (refused, ran) = flipped(&whole);
        assert!(refused > 50 && ran > 20, "{refused} refused, {ran} ran");
    }
}

/// Flips bits of a model many times; returns how often it was refused and how often it ran.
fn flipped(whole: &[u8]) -> (usize, usize) {
    let (mut refused, mut ran) = (0, 0);
    // A linear congruential generator: the same bits in every run.
    let mut state = 1_u64;
    for _ in 0..2_000 {
        let mut bytes = whole.to_vec();
        for _ in 0..3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Half of the flips hit the tables in front, where offsets and shapes are.
            let range = if state & (1 << 40) == 0 { bytes.len() } else { bytes.len().min(2_000) };
            let place = (state >> 20) as usize % range;
            bytes[place] ^= 1 << (state >> 60 & 7);
        }
        if survives(&bytes) { ran += 1 } else { refused += 1 }
    }
    (refused, ran)
}

#[test]
fn models_that_a_fuzzer_found_are_refused_or_run() {
    let folder = root().join("../shared/data/hostile");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("SKIPPED: `{}` is missing", folder.display());
        return;
    };
    let models =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension() == Some("tflite".as_ref()));
    for path in models {
        let error = Model::open(&fs::read(&path).unwrap()).err().map(|error| error.to_string());
        survives(&fs::read(&path).unwrap());
        println!("{}: {error:?}", path.display());
    }
}

fn message(model: &str) -> String {
    let text = fs::read_to_string(root().join("pipelines/yes_no.toml")).unwrap();
    let text = text.replace("models/yes_no/model.tflite", model);
    let pipeline = Pipeline::parse(&text, "yes_no.toml", &root().join("pipelines")).unwrap();
    Plan::new(&pipeline, &kws_host::registry()).err().unwrap().to_string()
}

#[test]
fn a_pipeline_says_what_is_wrong_with_its_model() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile_models");
    fs::create_dir_all(&folder).unwrap();
    let whole = shipped();
    let cut = folder.join("cut.tflite");
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let text = message(&cut.display().to_string());
    assert!(text.contains("cannot run") && text.contains("cut.tflite"), "{text}");
    assert!(text.contains("--> yes_no.toml:36:9"), "{text}");

    let text = message("models/nobody/model.tflite");
    assert!(text.contains("cannot read"), "{text}");

    let other = folder.join("other.tflite");
    fs::copy(root().join("tests/vectors/nn/golden/conv_2d-0/model.tflite"), &other).unwrap();
    let text = message(&other.display().to_string());
    assert!(text.contains("expected"), "{text}");
}
