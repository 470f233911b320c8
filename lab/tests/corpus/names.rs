//! Corpora by their names in a data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kws_lab::audio::read_16k;
use kws_lab::bundle::training_data;
use kws_lab::corpus::{Corpus, DataFolder};
use kws_lab::train::Config;

use crate::server::Server;
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
        ("talk", "talk", ["in `data.corpora`", "has no `manifest.csv`", "kws-lab corpus import"]),
    ] {
        let output = check(&model, corpus, speech, Some(&data), None);
        assert!(!output.status.success(), "{corpus} and {speech} were taken");
        let said = said(&output);
        parts.iter().for_each(|part| assert!(said.contains(part), "`{part}` is not in:\n{said}"));
    }
}

fn lab(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kws-lab"));
    command
        .current_dir(folder)
        .env_remove("KWS_DATA")
        .env_remove("RUST_BACKTRACE")
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_corpus_that_lies_elsewhere_is_added_by_its_name() {
    let (folder, data, model) = places();
    let root = folder.path();
    let (words, other) = (data.join("words"), root.join("other"));
    let add = |name: &str, folder: &Path, title: &str| {
        let folder = folder.to_str().unwrap();
        lab(
            root,
            &[
                "corpus",
                "add",
                folder,
                "--name",
                name,
                "--data",
                "other",
                "--title",
                title,
                "--licence",
                "CC0",
            ],
        )
    };
    assert!(add("sets/mine", &words, "My words").status.success());
    assert!(add("talk", &data.join("talk"), "Talk").status.success());
    assert!(
        said(&check(&model, "sets/mine", "talk/deep", Some(&other), None))
            .contains("12           1        1")
    );
    let config = Config::read(&model.join("train.toml"), &DataFolder::find(Some(&other))).unwrap();
    let used = training_data(&config).unwrap();
    assert_eq!((used[0].name.as_str(), used[0].about.as_str()), ("sets/mine", "My words; CC0"));
    assert_eq!((used[0].files, used[0].speakers), (24, 12), "what validates and tests is not counted");
    assert_eq!((used[1].role.as_str(), used[1].files), ("speech", 1));
    let refused = said(&add("words", &root.join("nothing"), ""));
    assert!(refused.contains("nothing"), "{refused}");
}

#[test]
fn a_card_says_of_a_corpus_what_the_corpus_says_and_no_more() {
    let (_folder, data, model) = places();
    fs::rename(data.join("words"), data.join("speech_commands")).unwrap();
    let used = || {
        check(&model, "speech_commands", "talk", Some(&data), None);
        let config = Config::read(&model.join("train.toml"), &DataFolder::find(Some(&data))).unwrap();
        training_data(&config).unwrap().remove(0)
    };
    let silent = used();
    let text = silent.text("clips");
    assert!(
        text.contains("no `corpus.toml` says where it comes from; 24 clips of 12 speakers, list "),
        "{text}"
    );
    let manifest = data.join("speech_commands/manifest.csv");
    let rows = fs::read_to_string(&manifest).unwrap();
    let licensed: Vec<String> = rows
        .lines()
        .map(|row| row.to_owned() + if row.starts_with("path") { ",licence" } else { ",CC BY 4.0" })
        .collect();
    fs::write(&manifest, licensed.join("\n")).unwrap();
    fs::write(data.join("speech_commands/corpus.toml"), "title = \"Mine\"\nnote = \"Divided by hand.\"\n")
        .unwrap();
    let printed = used();
    assert_eq!(printed.list, silent.list, "the same files");
    let text = printed.text("clips");
    assert!(text.starts_with("`speech_commands`: Mine (by its manifest: CC BY 4.0); 24 clips"), "{text}");
    assert!(text.ends_with(". Divided by hand."), "{text}");
    fs::remove_file(data.join("speech_commands/yes-0.wav")).unwrap();
    assert_ne!(used().list, silent.list);
    fs::write(data.join("speech_commands/corpus.toml"), "titel = \"Mine\"\n").unwrap();
    let error = said(&check(&model, "speech_commands", "talk", Some(&data), None));
    assert!(error.contains("corpus.toml") && error.contains("titel"), "{error}");
}

#[test]
fn what_is_fetched_is_found_by_its_name() {
    let (folder, data, model) = places();
    let root = folder.path();
    put(&root.join("set/wild.wav"), &word(1));
    let archive = fs::File::create(root.join("set.tar.gz")).unwrap();
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(archive, flate2::Compression::fast()));
    tar.append_dir_all("set", root.join("set")).unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    let bytes = fs::read(root.join("set.tar.gz")).unwrap();
    let server = Server::start("set.tar.gz", bytes, "\"1\"", Vec::new());
    let fetch = |name: &str| lab(root, &["corpus", "fetch", name, "--data", "data", "--from", &server.url]);
    for _ in 0..2 {
        let printed = said(&fetch("noise/esc50"));
        assert!(
            printed.contains("ESC-50") && printed.contains("use it in configurations as `noise/esc50`"),
            "{printed}"
        );
    }
    assert!(
        said(&check(&model, "words", "noise/esc50", Some(&data), None)).contains("12           1        1")
    );
    let about = fs::read_to_string(data.join("noise/esc50/corpus.toml")).unwrap();
    assert!(about.contains("CC BY-NC 3.0"), "{about}");
    let wrong = said(&fetch("speech_commands_v0.01"));
    assert!(wrong.contains("743935421bb51cccdb6bdd152e04c5c70274e935c82119ad7faeec31780d811d"), "{wrong}");
    assert!(!data.join("speech_commands_v0.01").exists());
    let several = said(&fetch("read_speech"));
    assert!(several.contains("2 archives"), "{several}");
    let by_hand = said(&lab(root, &["corpus", "fetch", "common_voice", "--data", "data"]));
    assert!(
        by_hand.contains("consent") && by_hand.contains("data/common_voice/en/validated.tsv"),
        "{by_hand}"
    );
}

#[test]
fn a_keyword_is_cut_out_of_a_sentence_where_a_model_hears_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let pipelines = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines");
    // The shipped recording says yes near 2.5 s and no near 4.2 s, and more later on.
    let samples = read_16k(&pipelines.join("recordings/yes_no.flac")).unwrap();
    put(&root.join("data/talk/a.wav"), &samples[..5 * 16_000]);
    let rows = "path,speaker,split,sentence\na.wav,ann,train,Hmm yes or no\n";
    fs::write(root.join("data/talk/manifest.csv"), rows).unwrap();
    let model = pipelines.join("models/yes_no");
    let model = model.to_str().unwrap();
    let cut = |words: &str, sure: &str, output: &str| {
        let names = ["corpus", "cut", "talk", "--data", "data", "--model", model, "--words", words];
        lab(root, &[&names[..], &["--sure", sure, "--output", output]].concat())
    };
    let output = cut("yes,no", "0.5", "review");
    assert!(output.status.success(), "{}", said(&output));
    let corpus = Corpus::open(&root.join("review")).unwrap();
    let mut labels: Vec<&str> = corpus.clips.iter().map(|clip| clip.label.as_str()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["no", "yes"], "{}", said(&output));
    for clip in &corpus.clips {
        let at: f64 = clip.columns["at"].parse().unwrap();
        let expected = if clip.label == "yes" { 2.0..3.2 } else { 3.6..4.8 };
        assert!(expected.contains(&at), "`{}` at {at}", clip.label);
        assert_eq!(read_16k(&clip.path).unwrap().len(), 16_000);
        assert_eq!((clip.speaker.as_str(), clip.columns["sentence"].as_str()), ("ann", "Hmm yes or no"));
    }
    assert!(said(&cut("or", "0.5", "other")).contains("has no label `or`, expected one of"));
    assert!(said(&cut("yes", "1.5", "other")).contains("expected 0.5 to 1"));
}
