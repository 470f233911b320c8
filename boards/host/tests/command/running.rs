//! Runs to the end of the stream.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::{Bench, Ended, SPOTTED, events, faulty, features, spotting};
use crate::live::Live;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_are_printed() {
    let run = spotting().run(&["spotting.toml"]).well();
    assert_eq!(run.out.lines().count(), 3, "{run:#?}");
    assert!(run.out.contains("yes") && run.out.contains("no"), "{run:#?}");
    assert_eq!(run.err, "");
}

#[test]
fn with_json_there_are_events_and_nothing_else() {
    let run = spotting().run(&["spotting.toml", "--json", "--stats"]).well();
    let events = lines(&run.out);
    assert_eq!(events.len(), 3);
    assert_eq!(events[1]["label"], "no");
    assert_eq!(events[1]["tick"], 41 * 160);
    assert_eq!(events[1]["stage"], "trigger");
    assert!(run.err.contains("real time"), "{run:#?}");
}

/// A disk that is full ends the file, not the detection.
#[cfg(target_os = "linux")]
#[test]
fn a_sink_that_cannot_write_is_reported_and_ignored() {
    let bench = spotting();
    let full = |on_fault: &str| {
        let sink =
            format!("\n[[stage]]\nkind = \"jsonl\"\ninput = \"trigger\"\npath = \"/dev/full\"\n{on_fault}");
        bench.write("full.toml", &(bench.read("spotting.toml") + &sink));
        bench.run(&["full.toml"])
    };
    let run = full("on_fault = \"ignore\"\n").well();
    assert_eq!(run.out.lines().count(), 3, "{run:#?}");
    assert!(run.err.contains("fault: `jsonl` failed at") && run.err.contains("No space left"), "{run:#?}");
    assert!(run.err.contains("faults: `jsonl` failed"), "{run:#?}");
    let run = full("").badly(1, &["error: stage `jsonl` failed: cannot write events"]);
    assert_eq!(run.err.matches("error:").count(), 1, "it is reported once: {run:#?}");
}

/// What is not there when the run begins is waited for, where the file says so.
#[test]
fn a_sink_that_cannot_start_is_reported_and_ignored() {
    let bench = spotting();
    let away = |on_fault: &str| {
        let sink = format!(
            "\n[[stage]]\nkind = \"jsonl\"\ninput = \"trigger\"\npath = \"away/events.jsonl\"\n{on_fault}"
        );
        bench.write("away.toml", &(bench.read("spotting.toml") + &sink));
        bench.run(&["away.toml"])
    };
    let run = away("on_fault = \"ignore\"\n").well();
    assert_eq!(run.out.lines().count(), 3, "{run:#?}");
    assert!(run.err.contains("fault: `jsonl` failed at") && run.err.contains("cannot write `"), "{run:#?}");
    let run = away("").badly(1, &["error: stage `jsonl` failed: cannot write `", "away/events.jsonl"]);
    assert_eq!(run.out, "", "nothing runs: {run:#?}");
}

#[test]
fn with_json_events_of_several_stages_come_in_the_order_of_their_time() {
    let bench = spotting();
    events(&bench, "others", 100, &SPOTTED);
    let text = bench
        .read("spotting.toml")
        .replace("kind = \"print\"", "kind = \"replay\"\nname = \"b\"\npath = \"others\"");
    bench.write("two.toml", &text);
    let run = bench.run(&["two.toml", "--json"]).well();
    let found: Vec<(u64, String)> =
        lines(&run.out).iter().map(|e| (e["tick"].as_u64().unwrap(), e["stage"].to_string())).collect();
    assert_eq!(found.len(), 6);
    assert!(found.is_sorted_by_key(|(tick, _)| *tick), "{found:?}");
}

/// A recording gives the same bytes every time; what happens now has a time of day besides.
#[test]
fn events_of_a_live_source_bear_the_time_of_day() {
    let pipeline = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/yes_no.toml");
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/recordings/yes_no.flac");
    let bench = features();
    let source = format!("file:{recording}");
    bench.run(&[pipeline, "--source", &source, "--record", "take", "--edges", "mic"]).well();
    let samples = std::fs::read(bench.path("take/mic.wav")).unwrap()[44..].to_vec();
    std::fs::write(bench.path("take.raw"), samples).unwrap();
    let run =
        |live: &str| bench.run(&[pipeline, "--source", "raw:take.raw", "--set", live, "--json"]).well().out;
    let (recorded, live) = (run("mic.live=false"), run("mic.live=true"));
    assert!(!recorded.is_empty() && !recorded.contains("wall_time"), "{recorded}");
    assert_eq!(recorded.lines().count(), live.lines().count());
    assert!(lines(&live).iter().all(|event| event["wall_time"].as_str().unwrap().ends_with('Z')), "{live}");
}

#[test]
fn with_json_notices_go_to_standard_error() {
    let bench = features();
    bench.sound("sound.raw", 0.2);
    let run = bench.run(&["features.toml", "--json"]).well();
    assert_eq!(run.out, "", "a pipeline without events writes none");
}

#[test]
fn samples_may_come_by_standard_input() {
    let bench = features();
    let mut child = bench
        .command(&["features.toml", "--source", "raw:-", "--stats"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(bench.path("sound.raw")).unwrap()).unwrap();
    let run = Ended::from(child.wait_with_output().unwrap()).well();
    assert!(run.err.contains("1 s of stream") || run.err.contains("1.00 s of stream"), "{run:#?}");
}

#[test]
fn the_path_of_a_source_starts_from_the_current_folder() {
    let bench = features();
    std::fs::create_dir(bench.path("sub")).unwrap();
    bench.write("sub/features.toml", &bench.read("features.toml"));
    bench.run(&["sub/features.toml"]).badly(1, &["sound.raw"]);
    bench.run(&["sub/features.toml", "--source", "raw:sound.raw"]).well();
    bench.run(&["sub/features.toml", "--set", "mic.path=sound.raw"]).well();
}

#[test]
fn statistics_tell_of_lanes_stages_and_rings() {
    let run = features().run(&["features.toml", "--stats"]).well();
    assert_eq!(run.out, "");
    for text in ["real time", "p50", "p99", "max", "high water", "main", "window", "fft"] {
        assert!(run.err.contains(text), "`{text}` is not in\n{}", run.err);
    }
    assert!(!run.err.contains("latency"), "a run that keeps no time has no latency: {}", run.err);
}

#[test]
fn in_real_time_a_second_lasts_a_second_and_detections_have_a_latency() {
    let bench = spotting();
    let began = Instant::now();
    let run = bench.run(&["spotting.toml", "--realtime", "--stats"]).well();
    assert!(began.elapsed() >= Duration::from_millis(990), "{:?}", began.elapsed());
    assert!(run.err.contains("latency of `print`"), "{run:#?}");
    assert_eq!(run.out, bench.run(&["spotting.toml"]).well().out);
}

/// Time in which a device is waited for is not work, and a device that began late is not late.
#[test]
fn a_live_source_waits_at_no_cost() {
    let bench = features();
    let arguments =
        ["features.toml", "--source", "raw:-", "--set", "mic.live=true", "--stats", "--exit-on-loss"];
    let mut child = bench.command(&arguments).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    stdin.write_all(&std::fs::read(bench.path("sound.raw")).unwrap()).unwrap();
    drop(stdin);
    let run = Ended::from(child.wait_with_output().unwrap()).well();
    let lane = run.err.lines().find(|line| line.trim_start().starts_with("mic ")).unwrap();
    assert!(lane.contains(" 0 ns") && lane.contains(" 0 %"), "{run:#?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bench = spotting();
    let mut child = bench
        .command(&["spotting.toml", "--json", "--realtime"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("\"yes\""), "{first}");
    let run = Ended::from(child.wait_with_output().unwrap()).well();
    assert_eq!(run.err, "");
}

#[test]
fn listings_may_be_cut_short() {
    let mut child =
        Bench::new().command(&["--schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let run = Ended::from(child.wait_with_output().unwrap()).well();
    assert_eq!(run.err, "");
}

#[test]
fn a_stage_that_fails_is_named() {
    let run = faulty("fault_at_ms = 500").run(&["faulty.toml"]).badly(1, &["error: stage `fault` failed"]);
    assert_eq!(run.err.lines().count(), 1, "{run:#?}");
}

#[test]
fn a_stage_that_panics_is_named_in_one_line() {
    let run = faulty("panic_at_ms = 500")
        .run(&["faulty.toml"])
        .badly(1, &["error: stage `fault` failed", "panicked"]);
    assert_eq!(run.err.lines().count(), 1, "{run:#?}");
}

#[test]
fn gaps_are_reported_and_summed() {
    let bench = faulty("gaps = [{ at_ms = 200, length_ms = 100 }, { at_ms = 600, length_ms = 50 }]");
    let run = bench.run(&["faulty.toml"]).well();
    assert_eq!(run.err, "gaps: `fault` lost 0.150 s in 2 gaps in total\n");
}

#[test]
fn gaps_are_reported_as_they_come() {
    let bench = faulty("gaps = [{ at_ms = 200, length_ms = 100 }]");
    let mut live = Live::start(&bench, &["faulty.toml", "--source", "raw:-"]);
    live.says("gap: `fault` lost 0.");
    assert!(live.runs(), "it waits for more samples");
    live.close();
    let run = live.ended().well();
    assert!(run.err.contains("gaps: `fault` lost 0.100 s"), "{run:#?}");
}
