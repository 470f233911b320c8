//! Downloads from a server that misbehaves.

use std::fs;
use std::path::Path;
use std::time::Duration;

use kws_lab::download::Download;
use sha2::{Digest, Sha256};

use crate::server::{Does, Server};

fn body() -> Vec<u8> {
    (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

pub(crate) fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn download(server: &Server, folder: &Path) -> Download {
    Download {
        url: server.url.clone(),
        target: folder.join("data/set.bin"),
        bytes: None,
        sha256: Some(sum(&body())),
        attempts: 3,
        pause: Duration::from_millis(1),
    }
}

fn left(folder: &Path) -> Vec<String> {
    let names =
        fs::read_dir(folder.join("data")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_broken_connection_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let script = vec![Does::DropAfter(100_000), Does::Status(503), Does::DropAfter(1), Does::Behave];
    let server = Server::start("set.bin", body(), "\"1\"", script);
    let fetched = download(&server, folder.path()).run().unwrap();
    assert_eq!(fs::read(&fetched.path).unwrap(), body());
    assert!(fetched.verified && fetched.bytes == 300_000);
    assert_eq!(server.ranges(), ["", "bytes=100000-", "bytes=100000-", "bytes=100001-"]);
    assert_eq!(left(folder.path()), ["set.bin"]);
    // A second run asks for nothing.
    assert_eq!(download(&server, folder.path()).run().unwrap(), fetched);
    assert_eq!(server.ranges().len(), 4);
}

#[test]
fn a_later_command_goes_on_from_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let gone = [Does::Status(500); 3];
    let server = Server::start("set.bin", body(), "\"1\"", [&[Does::DropAfter(5000)], &gone[..]].concat());
    let error = format!("{:#}", download(&server, folder.path()).run().unwrap_err());
    assert!(error.contains("gave up after 3 attempts") && error.contains("5000 bytes are kept"), "{error}");
    assert!(error.contains("status 500"), "{error}");
    assert_eq!(left(folder.path()), ["set.bin.part", "set.bin.part.tag"]);
    download(&server, folder.path()).run().unwrap();
    assert_eq!(server.ranges().last().unwrap(), "bytes=5000-");
    assert_eq!(fs::read(folder.path().join("data/set.bin")).unwrap(), body());
}

#[test]
fn a_server_without_ranges_or_with_wrong_ones_is_no_danger() {
    for second in [Does::IgnoreRange, Does::WrongRange] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start("set.bin", body(), "\"1\"", vec![Does::DropAfter(100_000), second]);
        let fetched = download(&server, folder.path()).run().unwrap();
        assert_eq!(fs::read(&fetched.path).unwrap(), body(), "{second:?}");
    }
}

#[test]
fn a_file_that_changed_meanwhile_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let old = Server::start(
        "set.bin",
        vec![7; 300_000],
        "\"old\"",
        [Does::DropAfter(5000), Does::Status(500)].repeat(2),
    );
    let attempt = Download { attempts: 1, ..download(&old, folder.path()) };
    attempt.run().unwrap_err();
    let new = Server::start("set.bin", body(), "\"new\"", Vec::new());
    let fetched = download(&new, folder.path()).run().unwrap();
    assert_eq!(fs::read(&fetched.path).unwrap(), body());
}

#[test]
fn a_file_that_is_whole_but_unchecked_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("set.bin", body(), "\"1\"", Vec::new());
    fs::create_dir_all(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/set.bin.part"), body()).unwrap();
    download(&server, folder.path()).run().unwrap();
    assert_eq!(left(folder.path()), ["set.bin"]);
}

#[test]
fn a_wrong_checksum_or_size_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("set.bin", body(), "\"1\"", Vec::new());
    let right = download(&server, folder.path());
    let wrong = Download { sha256: Some("0".repeat(64)), ..right.clone() };
    let error = format!("{:#}", wrong.run().unwrap_err());
    assert!(error.contains(&sum(&body())) && error.contains("expected 000"), "{error}");
    assert!(left(folder.path()).is_empty());
    let error = format!("{:#}", Download { bytes: Some(5), ..right.clone() }.run().unwrap_err());
    assert!(error.contains("the server sends 300000 bytes, expected 5"), "{error}");
    assert!(left(folder.path()).is_empty());
    let error =
        format!("{:#}", Download { sha256: Some("abc".to_owned()), ..right.clone() }.run().unwrap_err());
    assert!(error.contains("`abc` is not a SHA-256"), "{error}");
    // Without a checksum the file is kept, and its sum is printed.
    let fetched = Download { sha256: None, ..right }.run().unwrap();
    assert!(!fetched.verified && fetched.sha256 == sum(&body()));
}

#[test]
fn a_server_that_never_ends_is_left_at_the_stated_size() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("set.bin", body(), "\"1\"", vec![Does::NeverEnd]);
    let sized = Download { bytes: Some(200_000), ..download(&server, folder.path()) };
    let error = format!("{:#}", sized.run().unwrap_err());
    assert!(error.contains("the server sends more than 200000 bytes"), "{error}");
    assert!(left(folder.path()).is_empty());
}

#[test]
fn what_is_not_there_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("set.bin", body(), "\"1\"", vec![Does::Status(404)]);
    let error = format!("{:#}", download(&server, folder.path()).run().unwrap_err());
    assert!(error.contains("does not have it (status 404)") && error.contains(&server.url), "{error}");
    assert_eq!(server.ranges().len(), 1);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = Download { url: format!("http://{closed}/x"), ..download(&server, folder.path()) };
    let error = format!("{:#}", refused.run().unwrap_err());
    assert!(error.contains("gave up after 3 attempts"), "{error}");
}
