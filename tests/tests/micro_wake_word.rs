//! microWakeWord models in pipelines, against `pymicro-wakeword` step for step.
//!
//! `tests/oracle/micro_wake_word.py ../shared/data target/vectors/micro_wake_word` writes what is compared: without it,
//! or without the data, there is nothing to test, and the tests say so.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::testing::{self, Capture};
use kws_engine::{Item, Pipeline, Plan};
use kws_stages::nn::{Manifest, Model};
use kws_tests::{root, shared_data, skipped};

/// All that the last stage of `toml` writes over a recording.
fn written<T: Item>(recording: &Path, toml: &str) -> Vec<T> {
    let path = recording.display();
    let toml =
        format!("[[stage]]\nkind = 'audio_file'\npath = '{path}'\n{toml}\n[[stage]]\nkind = 'catch'\n");
    let pipeline = Pipeline::parse(&toml, "micro_wake_word.toml", Path::new(".")).unwrap();
    let mut registry = kws_host::registry();
    testing::register(&mut registry);
    let plan = Plan::new(&pipeline, &registry).unwrap_or_else(|error| panic!("{error}"));
    let kept = Capture::<T>::new();
    plan.run_here(|stage, made| match stage.kind.as_str() {
        "catch" => kept.sink(),
        _ => made,
    })
    .unwrap_or_else(|fault| panic!("{fault}"));
    kept.items()
}

/// Probabilities with ESPHome's features, as a pipeline gives them.
fn of_pipeline(recording: &Path, manifest: &Path) -> Vec<u8> {
    let toml = format!(
        "[[stage]]\nkind = 'micro_frontend'\nhop_ms = 10\n\n[[stage]]\nkind = 'classifier'\nmodel = '{}'",
        manifest.display()
    );
    let stored: Vec<i8> = written(recording, &toml);
    stored.into_iter().map(|byte| (i16::from(byte) + 128) as u8).collect()
}

/// Probabilities with the package's features: divided by 25.6, and rounded in double precision, ties to even.
fn of_package(recording: &Path, manifest: &Path) -> Vec<u8> {
    let toml = "[[stage]]\nkind = 'micro_frontend'\nhop_ms = 10\nencoding = 'raw'";
    let raw: Vec<i16> = written(recording, toml);
    let file = manifest.with_file_name(Manifest::read(manifest).unwrap().model);
    let model = Model::open(&fs::read(file).unwrap()).unwrap_or_else(|error| panic!("{error}"));
    let input = &model.inputs()[0];
    let (scale, zero) = (f64::from(input.scale), f64::from(input.zero_point));
    let mut arena = model.arena();
    let steps = raw.chunks_exact(input.count()).map(|frames| {
        for (to, raw) in model.plan().input_mut(&mut arena).iter_mut().zip(frames) {
            *to = (f64::from(*raw) * 0.0390625 / scale + zero).round_ties_even() as i8;
        }
        model.run(&mut arena);
        model.plan().output(&arena)[0] as u8
    });
    steps.collect()
}

/// The oracle's lines: recording, manifest, and where its bytes are without their ending.
fn oracle(data: &Path) -> Option<Vec<(PathBuf, PathBuf, PathBuf)>> {
    let folder = root().join("target/vectors/micro_wake_word");
    let Ok(index) = fs::read_to_string(folder.join("index.csv")) else {
        skipped("`target/vectors/micro_wake_word` is missing; `.ci/oracles` writes it");
        return None;
    };
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        (data.join(fields[0]), data.join(fields[1]), folder.join(fields[2]))
    };
    Some(index.lines().skip(1).map(line).collect())
}

#[test]
fn probabilities_are_those_of_the_package() {
    let Some(models) = shared_data("models") else { return };
    let Some(lines) = oracle(models.parent().unwrap()) else { return };
    assert!(lines.len() >= 10);
    let (mut steps, mut apart) = (0, Vec::new());
    for (recording, manifest, expected) in lines {
        let bytes = |ending: &str| fs::read(expected.with_extension(ending)).unwrap();
        for (found, ending) in
            [(of_pipeline(&recording, &manifest), "esphome"), (of_package(&recording, &manifest), "pymicro")]
        {
            let (exact, package) = (bytes(&format!("{ending}.exact")), bytes(ending));
            // A last incomplete block of the recording is dropped.
            assert!(exact.len().abs_diff(found.len()) <= 1, "{}", recording.display());
            let same = found.iter().zip(&exact).take_while(|(a, b)| a == b).count();
            let both = found.len().min(exact.len());
            assert_eq!(same, both, "{} with {}: {ending} differs", recording.display(), manifest.display());
            steps += same;
            apart.extend(found.iter().zip(&package).map(|(a, b)| a.abs_diff(*b)).filter(|apart| *apart > 0));
        }
    }
    let most = apart.iter().max().copied().unwrap_or(0);
    println!(
        "{steps} probabilities equal TFLite Micro's; the package's own runtime differs in {} of them",
        apart.len()
    );
    println!("by at most {most} of 256");
    // It runs XNNPACK, whose sums are rounded otherwise.
    assert!(apart.len() * 20 <= steps && most <= 32, "the package's own runtime is too far");
}

/// The shipped pipeline with the data's models, over a recording.
fn shipped(data: &Path, recording: &Path) -> Pipeline {
    let mut pipeline = Pipeline::read(&root().join("pipelines/wake_word.toml")).unwrap();
    for model in ["vad", "alexa"] {
        let path = data.join(format!("models/{model}.json"));
        pipeline.set(&format!("{model}.model={:?}", path.display().to_string())).unwrap();
    }
    let params = serde_json::json!({"path": recording});
    pipeline.replace("mic", "audio_file", &params, "a test's recording");
    pipeline
}

#[test]
fn two_models_run_side_by_side_on_one_front_end() {
    let Some(models) = shared_data("models") else { return };
    let data = models.parent().unwrap();
    let pipeline = shipped(data, &data.join("continuous_speech/speech_0.flac"));
    let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    let output = plan.stage("wake_word").unwrap().output.clone().unwrap();
    assert_eq!((&output.labels[..], output.period), (&["Alexa".to_owned()][..], 480));
    // Two minutes of commands to a coffee machine, which is not called Alexa.
    plan.run_here(|_, made| made).unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn a_missing_model_is_reported_with_where_to_get_one() {
    let pipeline = Pipeline::read(&root().join("pipelines/wake_word.toml")).unwrap();
    let Err(error) = Plan::new(&pipeline, &kws_host::registry()) else { return };
    let error = error.to_string();
    assert!(error.contains("cannot read") && error.contains("`kws-lab model fetch"), "{error}");
}

#[test]
fn the_front_end_must_be_the_manifest_s() {
    let Some(models) = shared_data("models") else { return };
    let data = models.parent().unwrap();
    let mut pipeline = shipped(data, &data.join("continuous_speech/speech_0.flac"));
    pipeline.set("micro_frontend.hop_ms=20").unwrap();
    let error = Plan::new(&pipeline, &kws_host::registry()).err().unwrap().to_string();
    assert!(error.contains("`hop_ms = 10`"), "{error}");
}
