//! Published models, from a server on this machine.
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[allow(dead_code, reason = "other tests use the rest")]
mod program;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "corpus/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use kws_lab::bundle::ModelInfo;
use kws_lab::download::Fetched;
use kws_lab::published::Published;
use program::{fail, lab, succeed};
use server::{Does, Server};
use sha2::{Digest, Sha256};

fn body() -> Vec<u8> {
    (0..50_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A model that consists of what the server has.
fn published(url: &str, sha256: &str) -> Published {
    let text = format!(
        r#"
        [[model]]
        name = "made"
        about = "nothing"
        publisher = "nobody"
        licence = "MIT"
        [[model.file]]
        name = "model.tflite"
        url = "{url}"
        bytes = 50_000
        sha256 = "{sha256}"
        [model.card]
        labels = ["nobody", "person"]
        view = {{ width = 8, height = 8, fit = "stretch" }}
        front_end = [{{ kind = "normalise" }}]
        "#
    );
    Published::parse(&text).unwrap().remove(0)
}

fn fetch(model: &Published, folder: &Path) -> anyhow::Result<Vec<Fetched>> {
    model.fetch(folder, None, 1, Duration::from_millis(1))
}

fn left(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_model_that_broke_off_goes_on_and_is_described() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("models/made");
    let server =
        Server::start("vww.tflite", body(), "\"1\"", vec![Does::DropAfter(20_000), Does::Status(503)]);
    let model = published(&server.url, &sum(&body()));
    let error = format!("{:#}", fetch(&model, &folder).unwrap_err());
    assert!(error.contains("20000 bytes are kept") && error.contains("`made`"), "{error}");
    assert_eq!(left(&folder), ["model.tflite.part", "model.tflite.part.tag"].map(str::to_owned).into());
    let files = fetch(&model, &folder).unwrap();
    assert_eq!(server.ranges(), ["", "bytes=20000-", "bytes=20000-"]);
    assert!(files[0].verified && fs::read(&files[0].path).unwrap() == body());
    let card = ModelInfo::read(&folder).unwrap();
    assert_eq!((card.name.as_str(), card.clock, card.labels.len()), ("made", 1_000_000, 2));
    assert_eq!(card.training["sha256"].as_str(), Some(sum(&body()).as_str()));
    assert_eq!(card.training["licence"].as_str(), Some("MIT"));

    // A second time nothing is asked for, and what has been added to the card stays.
    fs::write(folder.join("model.toml"), "labels = []\nfront_end = []\n").unwrap();
    fetch(&model, &folder).unwrap();
    assert_eq!(server.ranges().len(), 3);
    assert!(ModelInfo::read(&folder).unwrap().labels.is_empty());
}

#[test]
fn a_mirror_has_the_files_under_their_published_names() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("vww.tflite", body(), "\"1\"", Vec::new());
    let model = published("http://127.0.0.1:1/nothing/vww.tflite", &sum(&body()));
    let mirror = format!("{}/", server.url.trim_end_matches("/vww.tflite"));
    model.fetch(folder.path(), Some(&mirror), 1, Duration::from_millis(1)).unwrap();
    assert_eq!(left(folder.path()), ["model.tflite", "model.toml"].map(str::to_owned).into());
}

#[test]
fn what_is_not_the_published_file_never_has_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("vww.tflite", body(), "\"1\"", Vec::new());
    let error = format!("{:#}", fetch(&published(&server.url, &"0".repeat(64)), folder.path()).unwrap_err());
    assert!(error.contains(&sum(&body())) && error.contains("expected 000"), "{error}");
    assert!(left(folder.path()).is_empty(), "{:?}", left(folder.path()));
}

#[test]
fn a_folder_of_another_model_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("vww.tflite", body(), "\"1\"", Vec::new());
    let model = published(&server.url, &sum(&body()));
    fs::write(folder.path().join("model.toml"), "labels = []").unwrap();
    let error = format!("{:#}", fetch(&model, folder.path()).unwrap_err());
    assert!(error.contains("belongs to another model"), "{error}");
    fs::write(folder.path().join("model.tflite"), "another").unwrap();
    let error = format!("{:#}", fetch(&model, folder.path()).unwrap_err());
    assert!(error.contains("7 bytes, expected 50000") && error.contains("choose another folder"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("model.tflite")).unwrap(), "another");
    assert!(server.ranges().is_empty());
}

#[test]
fn without_a_network_or_a_name_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let model = published(&format!("http://{closed}/vww.tflite"), &sum(&body()));
    let error = format!("{:#}", fetch(&model, folder.path()).unwrap_err());
    assert!(error.contains("gave up after 1 attempts") && error.contains(&closed.to_string()), "{error}");
    assert!(left(folder.path()).is_empty(), "{:?}", left(folder.path()));
    let error = fail(lab().args(["model", "fetch", "nothing"]).current_dir(folder.path()));
    assert!(error.contains("unknown model `nothing`") && error.contains("`person-mlperf`"), "{error}");
}

#[test]
fn the_list_tells_what_there_is_as_text_and_for_programs() {
    let output = lab().args(["model", "list"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["person-mlperf", "333 kB", "Apache-2.0", "MLCommons", "alexa"] {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    let output = lab().args(["model", "list", "--json", "-"]).output().unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(list.iter().all(|model| model["file"][0]["sha256"].as_str().unwrap().len() == 64));
}

#[test]
fn checksums_are_those_of_the_files_and_a_fetched_model_can_be_used() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/models"));
    if !shared.is_dir() {
        // Past the harness, which shows what a test prints only when the test fails.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: checksums_are_those_of_the_files_and_a_fetched_model_can_be_used: `{}` is missing",
            shared.display()
        );
        return;
    }
    let files = fs::read_dir(shared).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_file());
    let files: Vec<(String, Vec<u8>)> =
        files.map(|path| fs::read(path).unwrap()).map(|bytes| (sum(&bytes), bytes)).collect();
    for model in Published::all().unwrap() {
        for part in &model.files {
            let file = files.iter().find(|(sum, _)| *sum == part.sha256);
            let (_, bytes) = file.unwrap_or_else(|| panic!("no file has the checksum of {part:?}"));
            assert_eq!(bytes.len() as u64, part.bytes, "{part:?}");
        }
        // The server knows one file.
        let [part] = &model.files[..] else { continue };
        let (_, bytes) = files.iter().find(|(sum, _)| *sum == part.sha256).unwrap();
        let name = part.url.rsplit('/').next().unwrap();
        let server = Server::start(name, bytes.clone(), "\"1\"", Vec::new());
        let folder = tempfile::tempdir().unwrap();
        let mirror = server.url.trim_end_matches(name);
        let mut command = lab();
        command.args(["model", "fetch", &model.name, "--from", mirror, "--output"]).arg(folder.path());
        let printed = succeed(&mut command);
        assert!(printed.contains(&model.licence) && printed.contains(" kB"), "{printed}");
        let mut bundle = kws_lab::bundle::Bundle::open(folder.path()).unwrap();
        let shape = bundle.front_end().unwrap().shape();
        let scores = bundle.classify(&vec![0.0; shape.iter().product()]);
        assert_eq!(scores.len(), bundle.card.labels.len(), "{}", model.name);
    }
}
