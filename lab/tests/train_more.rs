//! A trained model learns from reviewed clips, and does not forget.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;
mod tones;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use program::{fail, folder, succeed, train};
use tones::{configuration, corpus};

const FILES: [&str; 5] = ["model.tflite", "float.bpk", "model.toml", "card.md", "train.toml"];

fn contents(folder: &Path) -> Vec<Vec<u8>> {
    FILES.iter().map(|name| fs::read(folder.join(name)).unwrap()).collect()
}

/// Reviewed clips: copies of training clips of a label, each with the verdict of somebody.
fn reviewed(folder: &Path, name: &str, clips: &[(&str, &str, &str)], copies: usize) -> PathBuf {
    let root = folder.join(name);
    fs::create_dir_all(&root).unwrap();
    let (mut manifest, mut review) =
        ("path,label,speaker,split,decision,guess\n".to_owned(), "path,verdict,word\n".to_owned());
    for (sound, verdict, word) in clips {
        for copy in 0..copies {
            let path = format!("{sound}-{verdict}-{copy}.wav");
            let from = format!("corpus/{sound}-{}.wav", 2 + copy % 8);
            fs::copy(folder.join(from), root.join(&path)).unwrap();
            writeln!(manifest, "{path},{word},,train,confirmed,{word}").unwrap();
            writeln!(review, "{path},{verdict},{word}").unwrap();
        }
    }
    fs::write(root.join("manifest.csv"), manifest).unwrap();
    fs::write(root.join("review.csv"), review).unwrap();
    root
}

fn more(model: &Path, clips: &Path, options: &[&str]) -> Output {
    let output = train(model).arg("--more").arg(clips).args(options).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn a_model_learns_from_reviewed_clips_and_says_what_changed() {
    let folder = folder("a_model_learns_from_reviewed_clips");
    corpus(&folder);
    let model = configuration(&folder, "model", &[]);
    succeed(&mut train(&model));
    let before = contents(&model);
    let verdicts = [("high", "valid", "high"), ("whistle", "invalid", "high"), ("hum", "other", "high")];
    let kept = reviewed(&folder, "kept", &verdicts, 3);
    let figures = folder.join("figures.json");
    let output = more(&model, &kept, &["--epochs", "2", "--json", figures.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("tones learnt from 9 clips: 3 valid, 3 invalid, 3 other"), "{text}");
    assert!(text.contains("| held-out clips | 8 |") && text.contains("| held out, `high` | 2 |"), "{text}");
    assert!(text.contains("| the new clips, which it learnt from | 9 |"), "{text}");
    let after = contents(&model);
    assert!(before[0] != after[0] && before[1] != after[1], "the weights are as they were");
    assert_eq!(before[4], after[4], "the configuration stays");
    let card = fs::read_to_string(model.join("model.toml")).unwrap();
    assert!(card.contains("[training.more]") && card.contains("invalid = 3"), "{card}");
    let figures: serde_json::Value = serde_json::from_str(&fs::read_to_string(figures).unwrap()).unwrap();
    assert_eq!((&figures["written"], &figures["clips"]["all"]), (&true.into(), &9.into()));
    // A second round goes on from there, with what was kept since.
    let later = reviewed(&folder, "later", &verdicts[..1], 2);
    more(&model, &later, &["--epochs", "2"]);
    assert_ne!(contents(&model)[0], after[0]);
    assert_eq!(
        fs::read_dir(&model).unwrap().count(),
        FILES.len() + 1,
        "only the folder of the work is beside them"
    );
}

#[test]
fn a_model_that_would_forget_is_not_written() {
    let folder = folder("a_model_that_would_forget");
    corpus(&folder);
    // Else the epoch would be kept that forgets least.
    let model = configuration(&folder, "model", &[("dropout", "0.3\nkeep = \"last\"")]);
    succeed(&mut train(&model));
    let before = contents(&model);
    // Each tone under the other's name, far oftener than the corpus has them.
    let wrong = reviewed(&folder, "wrong", &[("high", "valid", "low"), ("low", "valid", "high")], 120);
    let error = fail(train(&model).arg("--more").arg(&wrong).args(["--epochs", "40"]));
    assert!(error.contains("nothing was written: the model would forget: "), "{error}");
    assert_eq!(contents(&model), before);
}

#[test]
fn clips_and_models_that_cannot_be_used_are_reported() {
    let folder = folder("clips_and_models_that_cannot_be_used");
    corpus(&folder);
    let model = configuration(&folder, "model", &[]);
    let kept = reviewed(&folder, "kept", &[("high", "valid", "high")], 2);
    let error = fail(train(&model).arg("--more").arg(&kept));
    assert!(error.contains("model.toml"), "it was not trained: {error}");
    let error = fail(train(&model).arg("--more").arg(folder.join("none")));
    assert!(error.contains("none"), "{error}");
    fs::write(kept.join("review.csv"), "path,verdict,word\n").unwrap();
    let error = fail(train(&model).arg("--more").arg(&kept));
    assert!(error.contains("none of the 2 clips has a verdict") || error.contains("model.toml"), "{error}");
}
