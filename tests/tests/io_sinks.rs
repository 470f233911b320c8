//! Sinks in running pipelines: merged events, captures, and readers that go away.
#![allow(clippy::unwrap_used)]

mod io;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use io::{noise, plan, refusal, run_well, write_wav};
use kws_engine::run::RunOptions;

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("noise.wav"), 16_000, 1, &noise(16_000));
    dir
}

const SOURCE: &str = "[[stage]]\nkind = \"audio_file\"\npath = \"noise.wav\"\n";
const TWO: &str = "[[stage]]\nname = \"a\"\nkind = \"positive\"\ninput = \"audio_file\"\n
[[stage]]\nname = \"harm\"\nkind = \"fault\"\ninput = \"audio_file\"\ngaps = [{ at_ms = 200, length_ms = 500 }]\n
[[stage]]\nname = \"b\"\nkind = \"positive\"\ninput = \"harm\"\n";

#[test]
fn events_of_several_stages_come_in_the_order_of_their_ticks() {
    let dir = folder();
    let toml = format!(
        "{SOURCE}{TWO}[[stage]]\nkind = \"jsonl\"\ninputs = [\"a\", \"b\"]\npath = \"events.jsonl\"\n"
    );
    run_well(dir.path(), &toml);
    let text = fs::read_to_string(dir.path().join("events.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let order: Vec<(u64, &str)> =
        lines.iter().map(|line| (line["tick"].as_u64().unwrap(), line["stage"].as_str().unwrap())).collect();
    assert!(order.is_sorted() && order.len() > 60, "{order:?}");
    let of = |stage: &str| order.iter().filter(|(_, by)| *by == stage).count();
    assert!(of("b") > 10 && of("a") > of("b"), "{} and {}", of("a"), of("b"));
}

fn captures(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(dir.join("captured")).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

#[test]
fn captures_do_not_depend_on_lanes() {
    let dir = folder();
    // Noise speaks up far too often: a window makes it rare.
    let toml = format!(
        "{SOURCE}[[stage]]\nname = \"rare\"\nkind = \"fault\"\ngaps = [{{ at_ms = 20, length_ms = 400 }}, {{ at_ms = 450, length_ms = 500 }}]\n
[[stage]]\nkind = \"positive\"\n
[[stage]]\nkind = \"wav\"\ninputs = [\"audio_file\", \"positive\"]\nfolder = \"captured\"\nbefore_ms = 50\nafter_ms = 30\n"
    );
    let plan = plan(dir.path(), &toml).unwrap();
    let mut all = Vec::new();
    for one_lane in [true, false, false, false] {
        let options = RunOptions { one_lane, ..RunOptions::default() };
        let outcome = plan.start(options).unwrap().wait();
        assert_eq!(outcome.fault, None);
        all.push(captures(dir.path()));
        fs::remove_dir_all(dir.path().join("captured")).unwrap();
    }
    assert!(all[0].len() >= 2, "{:?}", all[0].keys());
    for other in &all[1..] {
        assert!(*other == all[0], "{:?} and {:?}", other.keys(), all[0].keys());
    }
}

#[test]
fn sinks_of_events_refuse_all_else() {
    let dir = folder();
    for kind in ["print", "jsonl"] {
        let text = refusal(dir.path(), &format!("{SOURCE}[[stage]]\nkind = \"{kind}\"\n"));
        assert!(text.contains("expected events") && text.contains("put a `trigger` before it"), "{text}");
    }
    let toml = format!(
        "{SOURCE}[[stage]]\nkind = \"wav\"\ninputs = [\"audio_file\", \"audio_file\"]\nfolder = \"captured\"\n"
    );
    assert!(refusal(dir.path(), &toml).contains("expected events"));
}
