//! The front end of MLPerf Tiny's keyword spotting reference, as a pipeline, against NumPy in double precision.
//!
//! `tests/oracle/mlperf_kws.py ../shared/data target/vectors/mlperf_kws` writes what is compared: for every clip of
//! Speech Commands' test split, the int8 features and TFLite Micro's answers to them. Without it there is nothing to
//! test, and the tests say so.
//!
//! **Tolerance.** Our features are singles; their last bits differ from the double's. Truncation is a step function,
//! so a byte may differ by one step where the real value lies on the edge between two: within 0.001 steps of a whole
//! number. That is rare but for frames of digital silence, whose coefficients beyond the first are exactly 0 but for
//! rounding, and so lie on the edge at the zero point of 83. Anywhere else the bytes are equal.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::{fs, str};

use kws_engine::testing::{self, Capture};
use kws_engine::{Pipeline, Plan};
use kws_stages::nn::Model;
use kws_tests::{root, shared_data, skipped};

const FEATURES: usize = 49 * 10;
const LABELS: usize = 12;
const SCALE: f32 = 0.584_702_9;
const ZERO_POINT: f32 = 83.0;
/// How far from the edge of a step a value may lie for its byte to differ.
const EDGE: f32 = 0.001;

/// The folder that the oracle wrote.
fn oracle() -> Option<PathBuf> {
    let path = root().join("target/vectors/mlperf_kws");
    if path.join("index.csv").exists() {
        return Some(path);
    }
    skipped("`target/vectors/mlperf_kws` is missing; `.ci/oracles` writes it");
    None
}

/// The bytes of one of the oracle's arrays.
fn array(oracle: &Path, name: &str) -> Vec<i8> {
    let file = fs::read(oracle.join(name)).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    assert!(str::from_utf8(&file[10..header]).unwrap().contains("'|i1'"), "{name}");
    file[header..].iter().map(|&byte| byte as i8).collect()
}

/// Path of each clip.
fn clips(oracle: &Path) -> Vec<String> {
    let index = fs::read_to_string(oracle.join("index.csv")).unwrap();
    index.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect()
}

/// A clip's first second as features: real, and as bytes.
fn features(clip: &Path) -> (Vec<f32>, Vec<i8>) {
    let toml = format!(
        "[[stage]]\nkind = 'audio_file'\npath = '{}'\nformat = 'f32'\nnormalise = 'maximum'\ntail_ms = 1000\n
         [[stage]]\nkind = 'mfcc'\n
         [[stage]]\nname = 'reals'\nkind = 'stack'\nframes = 49\n
         [[stage]]\nname = 'real'\nkind = 'catch'\n
         [[stage]]\nkind = 'quantise'\ninput = 'mfcc'\nscale = {SCALE}\nzero_point = {ZERO_POINT}\n\
         rounding = 'truncate'\n
         [[stage]]\nname = 'bytes'\nkind = 'stack'\nframes = 49\n
         [[stage]]\nname = 'byte'\nkind = 'catch'\n",
        clip.display()
    );
    let pipeline = Pipeline::parse(&toml, "front_end.toml", Path::new(".")).unwrap();
    let mut registry = kws_host::registry();
    testing::register(&mut registry);
    let plan = Plan::new(&pipeline, &registry).unwrap_or_else(|error| panic!("{error}"));
    let (reals, bytes) = (Capture::<f32>::new(), Capture::<i8>::new());
    plan.run_here(|stage, made| match stage.name.as_str() {
        "real" => reals.sink(),
        "byte" => bytes.sink(),
        _ => made,
    })
    .unwrap_or_else(|fault| panic!("{}: {fault}", clip.display()));
    (reals.blocks().remove(0).1, bytes.blocks().remove(0).1)
}

#[test]
fn features_agree_but_on_the_edge_of_a_step() {
    let Some(data) = shared_data("speech_commands") else { return };
    let Some(oracle) = oracle() else { return };
    let expected = array(&oracle, "features.npy");
    let clips = clips(&oracle);
    assert!(clips.len() >= 200);
    let mut differing = 0;
    for (clip, expected) in clips.iter().zip(expected.chunks_exact(FEATURES)) {
        let (reals, bytes) = features(&data.join(clip));
        assert_eq!(bytes.len(), FEATURES, "{clip}");
        for (index, ((real, byte), expected)) in reals.iter().zip(&bytes).zip(expected).enumerate() {
            if byte == expected {
                continue;
            }
            let steps = real / SCALE + ZERO_POINT;
            let on_edge = (steps - steps.round()).abs() <= EDGE && byte.abs_diff(*expected) == 1;
            assert!(on_edge, "{clip}, feature {index}: {steps} became {byte}, expected {expected}");
            differing += 1;
        }
    }
    let all = clips.len() * FEATURES;
    println!("{differing} of {all} features of {} clips differ, each by one step", clips.len());
    assert!(differing * 200 <= all, "{differing} of {all} features lie on an edge");
}

#[test]
fn answers_to_equal_features_are_equal() {
    let Some(models) = shared_data("models") else { return };
    let Some(oracle) = oracle() else { return };
    let bytes = fs::read(models.join("mlperf_kws_ref_int8.tflite")).unwrap();
    let model = Model::open(&bytes).unwrap_or_else(|error| panic!("{error}"));
    let mut arena = model.arena();
    let (features, answers) = (array(&oracle, "features.npy"), array(&oracle, "outputs.npy"));
    for (row, (features, answer)) in
        features.chunks_exact(FEATURES).zip(answers.chunks_exact(LABELS)).enumerate()
    {
        arena[model.inputs()[0].span.range()].copy_from_slice(features);
        model.run(&mut arena);
        assert_eq!(&arena[model.outputs()[0].span.range()], answer, "clip {row}");
    }
}
