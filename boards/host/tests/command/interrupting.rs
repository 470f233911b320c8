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
