//! The command `kws-serve`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use kws_tests::root;
use serde_json::json;

use super::client::Client;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kws-serve"));
    command.args(arguments).current_dir(root()).env_remove("JOURNAL_STREAM").env_remove("NOTIFY_SOCKET");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What it says when it ends by itself: its status and standard error.
fn ends(arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A service that runs, and its lines on standard error.
fn starts(arguments: &[&str]) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = command(arguments).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap());
    (child, lines)
}

/// What stands behind `mark` in the next line that has it.
fn after(lines: &mut impl BufRead, mark: &str) -> String {
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        if let Some((_, found)) = line.split_once(mark) {
            return found.trim().to_owned();
        }
        line.clear();
    }
    panic!("no line has `{mark}`");
}

#[cfg(unix)]
#[test]
fn it_serves_until_a_signal_and_tells_prometheus() {
    let (mut child, mut log) = starts(&[
        "pipelines/yes_no.toml",
        "--wyoming",
        "tcp://127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        "--set",
        "yes_no:trigger.emit=release",
    ]);
    let address = after(&mut log, " at tcp://");
    let metrics = after(&mut log, "http://");
    let mut client = Client::connect(address.parse().unwrap());
    client.send("ping", &json!({}), &[]);
    assert_eq!(client.next().unwrap().0, "pong");
    let mut reader = TcpStream::connect(metrics.trim_end_matches("/metrics")).unwrap();
    reader.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("\nkws_connections 1\n"), "{text}");
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let line = after(&mut log, "stopping: ");
    assert!(line.contains("1 taken"), "{line}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_cannot_be_served_is_an_error() {
    let (code, text) = ends(&["pipelines/person.toml"]);
    assert!(code == Some(1) && text.contains("expected `mic`"), "{text}");
    let (code, text) = ends(&["pipelines/none.toml"]);
    assert!(code == Some(1) && text.contains("cannot read the pipeline"), "{text}");
    let (code, text) = ends(&["pipelines/yes_no.toml", "--set", "computer:trigger.emit=release"]);
    assert!(code == Some(1) && text.contains("available: `yes_no`"), "{text}");
    let (code, text) = ends(&["pipelines/yes_no.toml", "--wyoming", "127.0.0.1:10400"]);
    assert!(code == Some(2) && text.contains("expected `tcp://HOST:PORT`"), "{text}");
    let (code, text) = ends(&[]);
    assert!(code == Some(2) && text.contains("<PIPELINE>"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_pipeline_for_home_assistant_is_served_without_its_broker() {
    let (mut child, mut log) = starts(&["pipelines/home.toml", "--wyoming", "tcp://127.0.0.1:0"]);
    let line = after(&mut log, "`home`: `mqtt` (kind `mqtt`) ");
    assert!(line.starts_with("is left out"), "{line}");
    let address = after(&mut log, " at tcp://");
    let mut client = Client::connect(address.parse().unwrap());
    client.send("ping", &json!({}), &[]);
    assert_eq!(client.next().unwrap().0, "pong");
    child.kill().unwrap();
    child.wait().unwrap();
}
