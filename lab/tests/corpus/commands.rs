//! The commands as a person types them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use kws_lab::corpus::{Corpus, MANIFEST};

use crate::fetch::sum;
use crate::server::Server;
use crate::sound::{corpus, put, word, word_at};

fn lab(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kws-lab"));
    command.current_dir(folder).env_remove("RUST_BACKTRACE").arg("corpus").args(arguments).output().unwrap()
}

fn right(folder: &Path, arguments: &[&str]) -> String {
    let output = lab(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn wrong(folder: &Path, arguments: &[&str]) -> String {
    let output = lab(folder, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn from_a_folder_to_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for i in 0..20 {
        put(&root.join(format!("raw/yes/s{i}_nohash_0.wav")), &word_at(i + 1, 9000, 5000, 18_000));
        put(&root.join(format!("raw/no/s{i}_nohash_0.wav")), &word_at(i + 100, 2000, 6000, 18_000));
    }
    fs::write(root.join("raw/no/bad_nohash_0.wav"), "").unwrap();
    let printed = right(root, &["import", "folder", "raw", "--output", "words"]);
    assert!(
        printed.contains("40 clips added") && printed.contains("`no/bad_nohash_0.wav`: the file is empty"),
        "{printed}"
    );
    assert!(wrong(root, &["import", "folder", "raw", "--output", "words"]).contains("`--append`"));
    assert!(right(root, &["align", "words", "--output", "aligned"]).contains("40 clips added"));
    assert!(right(root, &["check", "aligned"]).contains("40 clips in `aligned/valid.csv`"));
    assert!(root.join("aligned/other.csv").is_file());
    right(root, &["split", "aligned", "--ratios", "60,20,20"]);
    right(root, &["split", "aligned", "--mode", "check"]);
    let printed = right(root, &["report", "aligned", "--html", "report.html", "--json", "report.json"]);
    assert!(printed.contains("40 clips of 2 labels by 20 speakers"), "{printed}");
    let page = fs::read_to_string(root.join("report.html")).unwrap();
    assert!(
        page.contains("<svg") && page.contains("Gaps") && !page.contains("http://")
            || page.contains("www.w3.org")
    );
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(root.join("report.json")).unwrap()).unwrap();
    assert_eq!(json["clips"], 40);
    let printed = right(
        root,
        &[
            "stream", "aligned", "--output", "s.wav", "--split", "train", "--snr", "10,20", "--noise",
            "raw/yes", "--json", "-",
        ],
    );
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_eq!(json[0]["snr_db"], 10.0);
    let truth = fs::read_to_string(root.join("s_20db.truth.csv")).unwrap();
    assert!(truth.starts_with("label,start,end\n") && root.join("s_20db.wav").is_file());
    assert_eq!(
        truth.lines().count() - 1,
        Corpus::open(&root.join("aligned"))
            .unwrap()
            .clips
            .iter()
            .filter(|c| c.split.to_string() == "train")
            .count()
    );
}

#[test]
fn a_speaker_in_two_splits_fails_the_check_and_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path(), &[("a.wav", "yes", "ann", "train"), ("b.wav", "no", "ann", "test")]);
    let before = fs::read(folder.path().join(MANIFEST)).unwrap();
    assert!(
        wrong(folder.path(), &["split", ".", "--mode", "check"])
            .contains("1 speakers of `.` are in several splits")
    );
    right(folder.path(), &["split", ".", "--mode", "show"]);
    assert_eq!(fs::read(folder.path().join(MANIFEST)).unwrap(), before);
    right(folder.path(), &["split", "."]);
    Corpus::open(folder.path()).unwrap();
}

#[test]
fn a_data_set_comes_by_its_address() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("set/yes/a_nohash_0.wav"), &word(1));
    let archive = fs::File::create(folder.path().join("set.tar.gz")).unwrap();
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(archive, flate2::Compression::fast()));
    tar.append_dir_all("set", folder.path().join("set")).unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    let server = Server::start(
        "mine.tar.gz",
        fs::read(folder.path().join("set.tar.gz")).unwrap(),
        "\"1\"",
        Vec::new(),
    );
    let printed = right(folder.path(), &["fetch", &server.url, "--output", "data"]);
    assert!(printed.contains("not verified") && printed.contains("1 files in `data/mine`"), "{printed}");
    assert!(right(folder.path(), &["fetch", &server.url, "--output", "data"]).contains("mine.tar.gz"));
    right(folder.path(), &["import", "speech-commands", "data/mine", "--output", "words"]);
    assert!(right(folder.path(), &["fetch", "--list"]).contains("speech_commands_v0.01"));
    assert!(wrong(folder.path(), &["fetch", "nothing"]).contains("unknown data set `nothing`"));
    let error =
        wrong(folder.path(), &["fetch", &server.url, "--output", "else", "--sha256", &"0".repeat(64)]);
    assert!(error.contains("expected 000"), "{error}");
}

#[test]
fn what_nobody_states_a_checksum_of_must_stay_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let server = |body: &[u8]| Server::start("words.bin", body.to_vec(), "\"1\"", Vec::new());
    let (first, other) = (server(b"one"), server(b"two"));
    let fetch = ["fetch", &first.url, "--output", "data"];
    assert!(right(folder.path(), &fetch).contains("not verified"));
    let pins = fs::read_to_string(folder.path().join("data/checksums.toml")).unwrap();
    assert!(pins.contains(&first.url) && pins.contains(&sum(b"one")), "{pins}");
    fs::remove_file(folder.path().join("data/words.bin")).unwrap();
    assert!(right(folder.path(), &fetch).contains("matches the first download"));
    fs::remove_file(folder.path().join("data/words.bin")).unwrap();
    let mirror = [&fetch[..], &["--from", &other.url]].concat();
    let error = wrong(folder.path(), &mirror);
    assert!(error.contains("pinned in `data/checksums.toml`") && error.contains(&sum(b"two")), "{error}");
    assert!(!folder.path().join("data/words.bin").exists());
    // Who accepts what is published now removes the entry.
    fs::remove_file(folder.path().join("data/checksums.toml")).unwrap();
    assert!(right(folder.path(), &mirror).contains("not verified"));
}

#[test]
fn a_missing_program_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kws-lab"))
            .current_dir(folder.path())
            .env("PATH", folder.path())
            .args([&["corpus", "synth", "--output", "x"], arguments].concat())
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let error = refused(&["--words", "computer"]);
    assert!(error.contains("apt install espeak-ng"), "{error}");
    assert!(!folder.path().join("x").exists());
    // Whether it is there or not.
    let error = refused(&[]);
    assert!(error.contains("nothing to synthesise"), "{error}");
}

#[test]
fn a_corpus_cannot_lie_in_what_it_is_made_from() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("raw/yes/a.wav"), &word(1));
    let error = wrong(folder.path(), &["import", "folder", "raw", "--output", "raw/corpus"]);
    assert!(error.contains("choose a folder outside"), "{error}");
}

#[test]
fn a_corpus_that_is_not_there_is_an_error_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for arguments in [
        &["check", "nowhere"][..],
        &["report", "nowhere"],
        &["split", "nowhere"],
        &["align", "nowhere", "--output", "x"],
        &["stream", "nowhere", "--output", "x.wav"],
        &["import", "folder", "nowhere", "--output", "x"],
        &["import", "common-voice", "empty", "--output", "x"],
    ] {
        let error = wrong(folder.path(), arguments);
        assert!(error.contains("nowhere") || error.contains("no folder `clips`"), "{arguments:?}: {error}");
        assert!(!folder.path().join("x").exists());
    }
}
