//! Corpora by their names in a data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::sound::{put, word};

const TRAINING: &str = r#"
name = "x"
labels = ["silence", "unknown", "yes"]
architecture = { kind = "tiny_conv", filters = 4 }
seed = 1
data = { corpora = ["CORPUS"], speech = ["SPEECH"] }
front_end = [
    { kind = "window", length_ms = 30.0, hop_ms = 20.0 },
    { kind = "fft", size = 512 },
    { kind = "mel", bands = 40, low_hz = 20.0, high_hz = 7600.0, of = "power" },
    { kind = "log", offset = 1e-6 },
    { kind = "stack", frames = 49 },
]
fit = { epochs = 1, clips = 10, batch = 10, rate = 1e-3 }
"#;

/// A data folder with the corpus `words` and the recordings `talk/deep`, and a folder with a configuration.
fn places() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (data, model) = (folder.path().join("data"), folder.path().join("model"));
    let mut manifest = "path,label,speaker,split\n".to_owned();
    for (index, split) in [["train"; 12].as_slice(), &["validation", "test"]].concat().iter().enumerate() {
        for label in ["yes", "cat"] {
            let path = format!("{label}-{index}.wav");
            put(&data.join("words").join(&path), &word(index as u32 + 1));
            manifest += &format!("{path},{label},s{index},{split}\n");
        }
    }
    fs::write(data.join("words/manifest.csv"), manifest).unwrap();
    put(&data.join("talk/deep/a.wav"), &word(1));
    fs::create_dir_all(&model).unwrap();
    (folder, data, model)
}

fn check(model: &Path, corpus: &str, speech: &str, data: Option<&Path>, variable: Option<&Path>) -> Output {
    let text = TRAINING.replace("CORPUS", corpus).replace("SPEECH", speech);
    fs::write(model.join("train.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kws-lab"));
    command.arg("train").arg(model).arg("--check").env_remove("KWS_DATA");
    command.args(data.iter().flat_map(|data| [Path::new("--data"), data]));
    command.envs(variable.map(|data| ("KWS_DATA", data)));
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn names_are_looked_up_where_the_argument_or_the_variable_says() {
    let (folder, data, model) = places();
    let empty = folder.path().join("empty");
    for (corpus, argument, variable) in [
        ("words", Some(data.as_path()), None),
        ("words", None, Some(data.as_path())),
        ("words", Some(data.as_path()), Some(empty.as_path())),
        ("../data/words", Some(empty.as_path()), None),
    ] {
        let speech = if corpus == "words" { "talk/deep" } else { "../data/talk" };
        let output = check(&model, corpus, speech, argument, variable);
        assert!(output.status.success(), "{corpus}: {}", said(&output));
        assert!(said(&output).contains("12           1        1"), "{}", said(&output));
    }
}

#[test]
fn a_name_that_is_not_there_says_where_it_was_looked_for_and_how_to_get_it() {
    let (_folder, data, model) = places();
    fs::create_dir_all(model.join("mine")).unwrap();
    for (corpus, speech, parts) in [
        (
            "speech_commands",
            "talk",
            [
                "corpus `speech_commands`, named by `data.corpora`",
                "`kws-lab corpus fetch speech_commands`",
                "`--data`",
            ],
        ),
        ("mine", "talk", ["named by `data.corpora`", "write `./mine`", "data/mine"]),
        ("words", "chatter", ["`chatter`, named by `data.speech`", "kws-lab corpus import", "`KWS_DATA`"]),
        ("talk", "talk", ["named by `data.corpora`", "has no `manifest.csv`", "kws-lab corpus import"]),
    ] {
        let output = check(&model, corpus, speech, Some(&data), None);
        assert!(!output.status.success(), "{corpus} and {speech} were taken");
        let said = said(&output);
        parts.iter().for_each(|part| assert!(said.contains(part), "`{part}` is not in:\n{said}"));
    }
}
