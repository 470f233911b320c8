//! The kind `classifier`: what it checks when it is planned, and what it writes when it runs.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::PathBuf;

use kws_engine::testing::Rig;
use kws_engine::{Element, Port, Quant, Role};
use kws_stages::nn::Model;

/// A small network of the golden vectors: one image in, five posteriors out.
fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/nn/golden/separable-0"))
}

fn model() -> Model {
    Model::open(&fs::read(folder().join("model.tflite")).unwrap()).unwrap()
}

/// Data of a `.npy` file of bytes.
fn bytes(name: &str) -> Vec<i8> {
    let file = fs::read(folder().join(name)).unwrap();
    let header = usize::from(u16::from_le_bytes([file[8], file[9]]));
    file[10 + header..].iter().map(|byte| *byte as i8).collect()
}

/// A port that carries the model's input.
fn port(element: Element) -> Port {
    let model = model();
    let input = &model.inputs()[0];
    let port = Port::source(element, input.dims[1..3].to_vec(), Role::FEATURES, 16_000, 320);
    let quant = Some(Quant { scale: input.scale, zero_point: input.zero_point });
    Port { quant: quant.filter(|_| element == Element::I8), ..port }
}

fn stage(path: &std::path::Path, more: &str) -> String {
    format!("[[stage]]\nkind = \"classifier\"\nmodel = \"{}\"\n{more}\n", path.display())
}

fn plain(more: &str) -> String {
    stage(&folder().join("model.tflite"), more)
}

const LABELS: &str = "labels = [\"a\", \"b\", \"c\", \"d\", \"e\"]";

#[test]
fn bytes_give_the_models_own_answer() {
    let rig = Rig::new(kws_stages::register, &port(Element::I8), &plain(LABELS))
        .unwrap_or_else(|error| panic!("{error}"));
    let output = rig.output();
    assert_eq!((output.element, &output.shape[..], &output.role), (Element::I8, &[5][..], &Role::POSTERIOR));
    assert_eq!(output.labels, ["a", "b", "c", "d", "e"]);
    assert_eq!(output.quant, Some(Quant { scale: 1.0 / 256.0, zero_point: -128 }));
    let written: Vec<i8> =
        rig.run::<i8, i8>(&bytes("input0.npy")).into_iter().flat_map(|(_, block)| block).collect();
    assert_eq!(written, bytes("output0.npy"));
}

#[test]
fn real_features_are_quantised_as_the_model_wants_them() {
    let model = model();
    let input = &model.inputs()[0];
    let real = |byte: i8| (i32::from(byte) - input.zero_point) as f32 * input.scale;
    let features: Vec<f32> = bytes("input0.npy").into_iter().map(real).collect();
    let rig = Rig::new(kws_stages::register, &port(Element::F32), &plain(LABELS))
        .unwrap_or_else(|error| panic!("{error}"));
    let written: Vec<i8> = rig.run::<f32, i8>(&features).into_iter().flat_map(|(_, block)| block).collect();
    assert_eq!(written, bytes("output0.npy"));
}

/// The planner's message for a classifier that does not fit.
fn refusal(port: &Port, toml: &str) -> String {
    match Rig::new(kws_stages::register, port, toml) {
        Ok(_) => panic!("planned:\n{toml}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_does_not_fit_is_refused_with_what_was_expected() {
    let short = Port { shape: vec![3], ..port(Element::F32) };
    let message = refusal(&short, &plain(LABELS));
    assert!(message.contains("as the model's input"), "{message}");

    let shifted = Port { quant: Some(Quant { scale: 1.0, zero_point: 0 }), ..port(Element::I8) };
    let message = refusal(&shifted, &plain(LABELS));
    assert!(message.contains("scale 1 zero point 0") && message.contains("expected scale"), "{message}");

    let message = refusal(&port(Element::F32), &plain(""));
    assert!(message.contains("found no labels, expected 5 names"), "{message}");

    let message = refusal(&port(Element::F32), &plain("labels = [\"a\"]"));
    assert!(message.contains("found 1 labels, expected 5"), "{message}");

    let message = refusal(&port(Element::F32), &stage(&folder().join("none.tflite"), LABELS));
    assert!(message.contains("cannot read"), "{message}");
}

#[test]
fn an_inner_tensor_is_an_embedding_unless_its_values_have_labels() {
    let message = refusal(&port(Element::F32), &plain("output = \"nowhere\""));
    assert!(message.contains("no tensor `nowhere`"), "{message}");
    let (_, names) = message.split_once("one of `").unwrap();
    let (first, _) = names.split_once('`').unwrap();
    let tapped = |more: &str| {
        Rig::new(kws_stages::register, &port(Element::F32), &plain(&format!("output = \"{first}\"\n{more}")))
    };
    let rig = tapped("").unwrap_or_else(|error| panic!("{error}"));
    let output = rig.output();
    assert_eq!((&output.role, output.labels.len()), (&Role::EMBEDDING, 0));
    assert!(output.shape[0] > 5 && output.quant.is_some(), "{output}");
    let why = tapped("labels = [\"a\"]").err().unwrap().to_string();
    assert!(why.contains("found 1 labels"), "{why}");
}

#[test]
fn damaged_models_are_refused() {
    let folder = std::env::temp_dir().join(format!("kws-nn-classifier-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("model.tflite");
    let whole = fs::read(self::folder().join("model.tflite")).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let message = refusal(&port(Element::F32), &stage(&path, LABELS));
    assert!(message.contains("cannot run"), "{message}");

    fs::write(&path, &whole).unwrap();
    fs::write(
        folder.join("model.toml"),
        "labels = [\"v\", \"w\", \"x\", \"y\", \"z\"]\n[[front_end]]\nkind = \"mfcc\"",
    )
    .unwrap();
    let message = refusal(&port(Element::F32), &stage(&path, ""));
    assert!(message.contains("found no stage, expected `mfcc`"), "{message}");

    fs::write(folder.join("model.toml"), "labels = [\"v\", \"w\", \"x\", \"y\", \"z\"]\nclock = 16000")
        .unwrap();
    let rig = Rig::new(kws_stages::register, &port(Element::F32), &stage(&path, ""))
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rig.output().labels, ["v", "w", "x", "y", "z"]);
    fs::remove_dir_all(&folder).unwrap();
}
