//! Ctrl-C.
#![cfg(unix)]

use std::time::Duration;

use crate::bench::faulty;
use crate::live::Live;

#[test]
fn the_first_drains_and_reports() {
    for name in ["INT", "TERM"] {
        let bench = faulty("gaps = [{ at_ms = 980, length_ms = 20 }]");
        let mut live = Live::start(&bench, &["faulty.toml", "--source", "raw:-", "--record", "take"]);
        live.says("gap:");
        live.signal(name);
        let run = live.ended().well();
        assert!(run.err.contains("interrupted at 1.00 s"), "{run:#?}");
        bench.run(&["take/pipeline.toml"]).well();
    }
}

#[test]
fn the_second_ends_at_once() {
    let bench =
        faulty("gaps = [{ at_ms = 50, length_ms = 20 }]\nstalls = [{ at_ms = 100, length_ms = 36_000_000 }]");
    let mut live = Live::start(&bench, &["faulty.toml", "--source", "raw:-"]);
    live.says("gap:");
    live.signal("INT");
    // A signal that comes before the one before it was taken is none of its own: so there are more than two.
    for _ in 0..1000 {
        if !live.runs() {
            break;
        }
        live.signal("INT");
        std::thread::sleep(Duration::from_millis(20));
    }
    let run = live.ended();
    assert_eq!(run.code, Some(130), "{run:#?}");
}

/// Nobody has opened the pipe to write, so that opening it to read waits.
#[test]
fn a_pipe_that_nobody_writes_to_is_left_at_the_first() {
    let bench = faulty("gaps = [{ at_ms = 50, length_ms = 20 }]");
    let made = std::process::Command::new("mkfifo").arg(bench.path("pipe")).status().unwrap();
    assert!(made.success());
    let mut live = Live::start(&bench, &["faulty.toml", "--source", "raw:pipe"]);
    // Until the program has come to its pipe a signal would end it as any other.
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_millis(500) {
        assert!(live.runs());
        std::thread::sleep(Duration::from_millis(20));
    }
    live.signal("INT");
    let run = live.ended().well();
    assert!(run.err.contains("interrupted at 0.00 s"), "{run:#?}");
}

/// Whoever enrols without a microphone is told so, and what becomes of it.
#[test]
fn an_enrolment_that_waits_for_its_microphone_says_so() {
    let bench = faulty("");
    let mut live = Live::start(
        &bench,
        &["features.toml", "--source", "mic:no-such-microphone", "--enrol", "anna", "--consent", "yes"],
    );
    live.says("Be quiet");
    live.says("fault: `");
    live.signal("INT");
    live.ended().badly(1, &["it is tried again after a pause", "after 0 of 5 takes; nothing was written"]);
}
