//! `kws-run take`: recorded takes are cut, joined and compared.

use std::fs;

use crate::bench::{Bench, features};

const PIPELINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines");

/// A folder with `take`, `yes_no.toml` over its recording. Returns its events as well.
fn recorded() -> (Bench, Vec<serde_json::Value>) {
    let bench = Bench::new();
    let source = format!("file:{PIPELINES}/recordings/yes_no.flac");
    let pipeline = format!("{PIPELINES}/yes_no_tiny.toml");
    let run = bench.run(&[&pipeline, "--source", &source, "--json", "--record", "take"]).well();
    let events = events(&run.out);
    assert!(events.len() >= 5, "{events:?}");
    (bench, events)
}

fn events(out: &str) -> Vec<serde_json::Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Label, score, start and end in ticks of an event, counted from a second.
fn moved(event: &serde_json::Value, from: f64) -> (String, String, i64) {
    let seconds = event["at"].as_f64().or(event["time"].as_f64());
    let seconds = seconds.unwrap_or_else(|| panic!("no time in {event}"));
    let milliseconds = ((seconds - from) * 1000.0).round() as i64;
    (event["label"].to_string(), event["score"].to_string(), milliseconds)
}

fn seconds(event: &serde_json::Value) -> f64 {
    moved(event, 0.0).2 as f64 / 1000.0
}

/// Where the new take begins, as the command says.
fn begin(err: &str) -> f64 {
    let (_, after) = err.split_once("cut ").unwrap();
    after.split_once(" s to").unwrap().0.parse().unwrap()
}

#[test]
fn a_cut_take_replays_to_the_events_of_that_stretch() {
    let (bench, all) = recorded();
    // Two seconds before the second event: what stages look back at has come by then.
    let (from, to) = (seconds(&all[1]) - 2.0, seconds(&all[3]) + 0.3);
    let (from_text, to_text) = (from.to_string(), to.to_string());
    let cut =
        bench.run(&["take", "take", "cut", "--from", &from_text, "--to", &to_text, "--output", "cut"]).well();
    let begins = begin(&cut.err);
    assert!(begins <= from && begins > from - 0.2, "{begins} {from}");
    let replayed = events(&bench.run(&["cut/pipeline.toml", "--json"]).well().out);
    let within = |event: &&serde_json::Value| seconds(event) > from + 1.5 && seconds(event) <= to;
    let expected: Vec<_> = all.iter().filter(within).map(|event| moved(event, begins)).collect();
    assert_eq!(expected.len(), 3);
    let found: Vec<_> =
        replayed.iter().filter(|event| seconds(event) > 1.5).map(|event| moved(event, 0.0)).collect();
    assert_eq!(found, expected);
    // What was recorded of the other edges is what the whole run wrote then.
    let of = |take: &str| events(&bench.read(&format!("{take}/trigger.jsonl")));
    let ticks = (begins * 16_000.0).round() as u64;
    let kept = of("cut");
    assert!(!kept.is_empty());
    for event in kept {
        let mut original = event.clone();
        for key in ["tick", "start", "end"] {
            original[key] = (event[key].as_u64().unwrap() + ticks).into();
        }
        let is_it = |other: &serde_json::Value| {
            ["tick", "start", "end", "label", "score"].iter().all(|key| other[key] == original[key])
        };
        assert!(of("take").iter().any(is_it), "{original}");
    }
    // A model is copied: the cut take goes elsewhere as well.
    fs::rename(bench.path("take"), bench.path("gone")).unwrap();
    bench.run(&["cut/pipeline.toml", "--json"]).well();
}

#[test]
fn joined_takes_replay_to_the_events_of_both_with_a_counted_gap() {
    let (bench, all) = recorded();
    let to = (seconds(&all[2]) + 0.5).to_string();
    bench.run(&["take", "take", "cut", "--to", &to, "--output", "begin"]).well();
    let alone = events(&bench.run(&["begin/pipeline.toml", "--json"]).well().out);
    let joined = bench.run(&["take", "begin", "join", "take", "--gap", "500ms", "--output", "both"]).well();
    let (_, after) = joined.err.split_once("`take` begins at ").unwrap();
    let offset: f64 = after.split_once(" s").unwrap().0.parse().unwrap();
    let run = bench.run(&["both/pipeline.toml", "--json"]).well();
    let found: Vec<_> = events(&run.out).iter().map(|event| moved(event, 0.0)).collect();
    let expected: Vec<_> = alone
        .iter()
        .map(|event| moved(event, 0.0))
        .chain(all.iter().map(|event| moved(event, -offset)))
        .collect();
    assert_eq!(found, expected);
    assert!(run.err.contains("gap"), "{}", run.err);
    // A joined take is one like any other.
    bench.run(&["take", "both", "cut", "--from", &offset.to_string(), "--output", "again"]).well();
    let again = bench.run(&["take", "again", "compare", "take"]).well();
    assert!(again.out.contains("trigger: the same"), "{}", again.out);
}

#[test]
fn comparing_names_the_first_block_that_differs() {
    let bench = features();
    bench.run(&["features.toml", "--record", "one"]).well();
    bench.run(&["features.toml", "--record", "other"]).well();
    let same = bench.run(&["take", "one", "compare", "other"]).well();
    assert_eq!(
        same.out,
        "mic: the same, 100 blocks\nwindow: the same, 50 blocks\nfft: the same, 50 blocks\n"
            .replace("50", "49")
    );
    // One sample is another: block 70 of the microphone, and of what was recorded of it nothing else.
    let mut wav = fs::read(bench.path("other/mic.wav")).unwrap();
    let place = 44 + 2 * (70 * 160 + 3);
    wav[place] ^= 1;
    fs::write(bench.path("other/mic.wav"), &wav).unwrap();
    let run = bench.run(&["take", "one", "compare", "other", "--json"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let found = events(&run.out);
    assert_eq!(found[0]["same"], 70);
    assert_eq!(found[0]["difference"]["block"], 70);
    assert_eq!(found[0]["difference"]["seconds"], 0.71);
    assert!(found[0]["difference"]["what"].as_str().unwrap().starts_with("its item 3 is "), "{}", found[0]);
    assert!(found[1]["difference"].is_null() && found[2]["difference"].is_null());
    // Replayed, the features differ from there on as well.
    bench.run(&["other/pipeline.toml", "--record", "replayed"]).well();
    let run = bench.run(&["take", "one", "compare", "replayed"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("first in time: `mic`, block 70, at 0.710 s"), "{}", run.out);
    assert!(run.out.contains("fft: differs from block"), "{}", run.out);
}

#[test]
fn what_cannot_be_cut_joined_or_compared_is_refused() {
    let bench = features();
    bench.run(&["features.toml", "--record", "one"]).well();
    bench.run(&["take", "features.toml", "compare", "one"]).badly(1, &["is not a take", "--record"]);
    bench.run(&["take", "one", "cut", "--from", "3", "--output", "cut"]).badly(1, &["ends at 1.000 s"]);
    bench.run(&["take", "one", "cut", "--to", "1ms", "--output", "cut"]).badly(1, &["shorter than a block"]);
    bench.run(&["take", "one", "cut", "--from", "0.5", "--to", "0.2", "--output", "cut"]).badly(2, &["--to"]);
    bench.run(&["take", "one", "cut", "--output", "one"]).badly(1, &["not empty"]);
    let other = bench.read("features.toml").replace("path", "rate = 8000\npath");
    bench.write("slow.toml", &other);
    bench.run(&["slow.toml", "--record", "slow"]).well();
    bench
        .run(&["take", "one", "join", "slow", "--output", "both"])
        .badly(1, &["`slow` cannot follow `one`", "`mic` is samples i16[80] every 80 of 8000 ticks/s"]);
    assert!(!bench.path("both").exists() && !bench.path("cut").exists());
}

#[test]
fn a_take_becomes_an_mcap_file() {
    let (bench, all) = recorded();
    let export = ["take", "take", "mcap", "--output", "take.mcap"];
    let run = bench.run(&export).well();
    let bytes = fs::read(bench.path("take.mcap")).unwrap();
    let mut rest = bytes.strip_prefix(b"\x89MCAP0\r\n").unwrap().strip_suffix(b"\x89MCAP0\r\n").unwrap();
    let (mut topics, mut times, mut events) = (Vec::new(), Vec::new(), Vec::new());
    while let Some((&kind, after)) = rest.split_first() {
        let (length, after) = after.split_first_chunk().unwrap();
        let (content, after) = after.split_at(u64::from_le_bytes(*length) as usize);
        if kind == 4 {
            topics.push(String::from_utf8_lossy(&content[8..]).into_owned());
        }
        if kind == 5 {
            times.push(u64::from_le_bytes(content[6..14].try_into().unwrap()));
            let message: serde_json::Value = serde_json::from_slice(&content[22..]).unwrap();
            events.extend(message.get("label").cloned());
        }
        rest = after;
    }
    for topic in ["/mic", "/classifier", "/smooth", "/trigger"] {
        assert!(topics.iter().any(|found| found.starts_with(topic)), "{topic} is not in {topics:?}");
    }
    assert!(times.is_sorted(), "messages come in the order of time");
    assert_eq!(events, all.iter().map(|event| event["label"].clone()).collect::<Vec<_>>());
    let printed = format!("wrote {} messages of {} edges", times.len(), topics.len());
    assert!(run.err.contains(&printed), "{run:#?}");
    bench.run(&export).badly(1, &["cannot write `take.mcap`"]);
}
