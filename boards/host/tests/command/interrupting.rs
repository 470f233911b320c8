//! Ctrl-C.
#![cfg(unix)]

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{Bench, Ended, features};

/// Sends a signal by name.
fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// The program, waiting for more samples on standard input, after it has begun to run.
fn waiting(bench: &Bench, arguments: &[&str]) -> Child {
    let mut child = bench
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sound = std::fs::read(bench.path("sound.raw")).unwrap();
    child.stdin.as_mut().unwrap().write_all(&sound).unwrap();
    child
}

fn ends_within(mut child: Child, limit: Duration) -> Ended {
    let until = Instant::now() + limit;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("it still runs after {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut ended = Ended { code: child.wait().unwrap().code(), out: String::new(), err: String::new() };
    child.stdout.take().unwrap().read_to_string(&mut ended.out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut ended.err).unwrap();
    ended
}

#[test]
fn the_first_drains_and_reports() {
    for name in ["INT", "TERM"] {
        let bench = features();
        let child = waiting(&bench, &["features.toml", "--source", "raw:-", "--record", "take"]);
        std::thread::sleep(Duration::from_millis(400));
        signal(&child, name);
        let run = ends_within(child, Duration::from_secs(5)).well();
        assert!(run.err.contains("interrupted at 1.00 s"), "{run:#?}");
        bench.run(&["take/pipeline.toml"]).well();
    }
}

#[test]
fn the_second_ends_at_once() {
    let bench = features();
    let stuck = bench
        .read("features.toml")
        .replace("[[stage]]\nkind = \"window\"", "[[stage]]\nkind = \"fault\"\nstalls = [{ at_ms = 100, length_ms = 60000 }]\n\n[[stage]]\nkind = \"window\"");
    bench.write("stuck.toml", &stuck);
    let child = waiting(&bench, &["stuck.toml"]);
    std::thread::sleep(Duration::from_millis(400));
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "INT");
    let run = ends_within(child, Duration::from_secs(5));
    assert_eq!(run.code, Some(130), "{run:#?}");
}
