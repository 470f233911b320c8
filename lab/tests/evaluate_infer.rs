//! `kws-lab infer` on models whose outputs TFLite Micro wrote down (`tests/vectors/nn/live.py`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kws_lab::npy::{self, Array};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/nn/golden").join(name)
}

/// Runs a model of so many inputs on its vectors; its first output goes to `out`.
fn infer(name: &str, inputs: usize, out: &Path, more: &[&str]) -> Output {
    let folder = golden(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_kws-lab"));
    command.arg("infer").arg("--model").arg(folder.join("model.tflite"));
    for input in 0..inputs {
        command.arg("--input").arg(folder.join(format!("input{input}.npy")));
    }
    command.arg("--output").arg(out).args(more).output().unwrap()
}

fn bytes(path: &Path) -> Vec<i8> {
    match npy::read(path).unwrap() {
        Array::I8 { items, .. } => items,
        other => panic!("`{}` holds {}", path.display(), other.kind()),
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn several_inputs_and_state_give_what_tflite_micro_gives() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("infer_state.npy");
    let second = out.with_extension("second.npy");
    let streaming = ["--output", second.to_str().unwrap()];
    let cases = [
        ("add-0", 2, &["--kernels", "plain"]),
        ("conv_2d-0", 1, &["--repeat", "1"]),
        ("streaming-0", 1, &streaming),
    ];
    for (name, inputs, more) in cases {
        let output = infer(name, inputs, &out, more);
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert_eq!(bytes(&out), bytes(&golden(name).join("output0.npy")), "{name}");
    }
}

#[test]
fn floats_are_close() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("infer_floats.npy");
    let output = infer("float_conv_2d-2", 1, &out, &[]);
    assert!(output.status.success(), "{}", said(&output));
    let read = |path: &Path| match npy::read(path).unwrap() {
        Array::F32 { items, .. } => items,
        other => panic!("found {}", other.kind()),
    };
    let (found, expected) = (read(&out), read(&golden("float_conv_2d-2").join("output0.npy")));
    assert_eq!(found.len(), expected.len());
    let room = 1e-5 * expected.iter().fold(1.0f32, |most, e| most.max(e.abs()));
    let farthest = found.iter().zip(&expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(farthest <= room, "{farthest} apart, expected at most {room}");
}

#[test]
fn runs_are_timed_and_mistakes_named() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("infer_mistakes.npy");
    let output = infer("conv_2d-0", 1, &out, &["--repeat", "3"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("median") && text.contains("minimum") && text.contains("3 runs"), "{text}");
    let error = said(&infer("add-0", 1, &out, &[]));
    assert!(error.contains("found 1 `--input`, expected 2"), "{error}");
    let error = said(&infer("conv_2d-0", 1, &out, &["--kernels", "fastest"]));
    assert!(error.contains("does not support the kernels `fastest`") && error.contains("`plain`"), "{error}");
}
