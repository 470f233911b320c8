//! What somebody reads who has made a mistake in a pipeline file: every message, whole.
//!
//! `tests/expected/plan_errors/NAME.toml` is the mistake and `NAME.txt` the message. After a change that is meant,
//! `KWS_ACCEPT=1 cargo test -p kws-tests --test plan_errors` writes the new messages, to be read in the diff.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::{Pipeline, Plan};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("expected/plan_errors")
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    cases.sort();
    cases
}

fn message(case: &Path) -> String {
    let name = case.file_name().unwrap().to_string_lossy();
    let text = fs::read_to_string(case).unwrap();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    let planned = Pipeline::parse(&text, &name, &Path::new(root).join("pipelines"))
        .and_then(|pipeline| Plan::new(&pipeline, &kws_host::registry()));
    // No message shall hold a path of the machine.
    planned.err().map_or_else(|| "no error\n".to_owned(), |error| format!("{error}\n").replace(root, ""))
}

#[test]
fn every_mistake_has_its_message() {
    let accept = std::env::var_os("KWS_ACCEPT").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let (found, golden) = (message(&case), case.with_extension("txt"));
        if accept {
            fs::write(&golden, &found).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if found != expected || found == "no error\n" {
            wrong.push(format!("{}\nfound:\n{found}expected:\n{expected}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{} messages differ:\n\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases().len() >= 30);
}

/// Whatever is wrong with a file, its message says where.
#[test]
fn every_message_has_a_place_and_lower_case() {
    for case in cases() {
        let message = message(&case);
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        assert!(message.contains(&format!("--> {name}")), "{name} has no place:\n{message}");
        assert!(!message.starts_with(char::is_uppercase), "{name}:\n{message}");
    }
}
