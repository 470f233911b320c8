//! `record` and `replay` give the same stream again; `fault` harms it on purpose.
#![allow(clippy::unwrap_used)]

mod io;

use std::fs;
use std::path::Path;

use io::{Collected, noise, refusal, run, run_well, write_wav};

/// A folder with a second of noise.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("noise.wav"), 16_000, 1, &noise(16_000));
    dir
}

fn stage(kind: &str, params: &str) -> String {
    format!("[[stage]]\nkind = \"{kind}\"\n{params}\n")
}

const NOISE: &str = "path = \"noise.wav\"";
const GAPS: &str = "gaps = [{ at_ms = 100, length_ms = 50 }, { at_ms = 500, length_ms = 10 }]";

/// Records what comes by after these stages, and replays it.
fn there_and_back(dir: &Path, stages: &str) -> (Collected, Collected) {
    let record = stage("record", "path = \"edge\"") + &stage("catch", "");
    let recorded = run_well(dir, &(stages.to_owned() + &record));
    let replayed = run_well(dir, &(stage("replay", "path = \"edge\"") + &stage("catch", "")));
    (recorded, replayed)
}

#[test]
fn samples_replay_with_their_ticks_and_gaps() {
    let dir = folder();
    let (recorded, replayed) =
        there_and_back(dir.path(), &(stage("audio_file", NOISE) + &stage("fault", GAPS)));
    assert_eq!(recorded.i16.iter().filter(|came| came.reset).count(), 2);
    assert_eq!(recorded.i16.len(), 100 - 6);
    assert_eq!(replayed, recorded);
    let mut wav = hound::WavReader::open(dir.path().join("edge.wav")).unwrap();
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    assert_eq!(samples, recorded.samples());
}

#[test]
fn a_replay_tells_how_much_was_lost() {
    let dir = folder();
    there_and_back(dir.path(), &(stage("audio_file", NOISE) + &stage("fault", GAPS)));
    let (_, outcome) = run(dir.path(), &(stage("replay", "path = \"edge\"") + &stage("catch", "")));
    let gaps: Vec<(u64, u64)> = outcome.gaps.iter().map(|gap| (gap.at, gap.lost)).collect();
    assert_eq!(gaps, [(2400, 800), (8160, 160)]);
}

#[test]
fn arrays_replay_as_they_were() {
    let dir = folder();
    let source = stage("audio_file", "path = \"noise.wav\"\nformat = \"f32\"\nblock = 400");
    let (recorded, replayed) = there_and_back(dir.path(), &(source + &stage("fault", GAPS)));
    assert_eq!(replayed, recorded);
    assert!(replayed.f32.len() > 30 && replayed.f32[0].items.len() == 400);
    assert!(dir.path().join("edge.npy").exists());
}

#[test]
fn events_replay_as_they_were() {
    let dir = folder();
    let source = stage("audio_file", "path = \"noise.wav\"\nblock = 100");
    let (recorded, replayed) = there_and_back(dir.path(), &(source + &stage("positive", "")));
    assert_eq!(replayed, recorded);
    assert!(replayed.events.len() > 40);
    let lines = fs::read_to_string(dir.path().join("edge.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), recorded.events.len());
}

#[test]
fn what_follows_a_replay_gives_the_same_events() {
    let dir = folder();
    let sink = |path: &str| stage("positive", "") + &stage("jsonl", &format!("path = \"{path}\""));
    let record = stage("record", "path = \"edge\"");
    run_well(
        dir.path(),
        &(stage("audio_file", NOISE) + &stage("fault", GAPS) + &record + &sink("first.jsonl")),
    );
    run_well(dir.path(), &(stage("replay", "path = \"edge.wav\"") + &sink("second.jsonl")));
    let (first, second) = (dir.path().join("first.jsonl"), dir.path().join("second.jsonl"));
    let first = fs::read_to_string(first).unwrap();
    assert!(first.starts_with("{\"time\":0."), "{first}");
    assert_eq!(first, fs::read_to_string(second).unwrap());
}

#[test]
fn a_record_that_nobody_reads_records_too() {
    let dir = folder();
    let tap = stage("record", "path = \"edge\"\ninput = \"audio_file\"");
    let recorded = run_well(dir.path(), &(stage("audio_file", NOISE) + &stage("catch", "") + &tap));
    let replayed = run_well(dir.path(), &(stage("replay", "path = \"edge\"") + &stage("catch", "")));
    assert_eq!(replayed, recorded);
}

#[test]
fn a_recording_that_is_not_whole_is_refused() {
    let dir = folder();
    there_and_back(dir.path(), &stage("audio_file", NOISE));
    let replay = stage("replay", "path = \"edge\"") + &stage("catch", "");
    let whole = |name: &str| fs::read(dir.path().join(name)).unwrap();
    let (port, ticks, wav) = (whole("edge.port.json"), whole("edge.ticks.npy"), whole("edge.wav"));
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();

    write("edge.port.json", &port[..port.len() / 2]);
    assert!(refusal(dir.path(), &replay).contains("is not a valid port"));
    write("edge.port.json", &port);
    write("edge.ticks.npy", &ticks[..100]);
    assert!(refusal(dir.path(), &replay).contains("cannot replay"));
    write("edge.ticks.npy", &ticks[..ticks.len() - 16]);
    let text = refusal(dir.path(), &replay);
    assert!(text.contains("it states 100 blocks and holds 99: was it edited?"), "{text}");
    write("edge.ticks.npy", &ticks);
    write("edge.wav", &wav[..wav.len() / 2]);
    assert!(refusal(dir.path(), &replay).contains("it holds 49 blocks and"), "cut samples");
    write_wav(&dir.path().join("edge.wav"), 16_000, 1, &noise(20_000));
    let text = refusal(dir.path(), &replay);
    assert!(text.contains("it holds 125 blocks, expected 100, as in `.ticks.npy`"), "{text}");
    write_wav(&dir.path().join("edge.wav"), 8000, 1, &noise(16_000));
    assert!(refusal(dir.path(), &replay).contains("it has 8000 Hz, expected 16000 Hz"));
    fs::remove_file(dir.path().join("edge.port.json")).unwrap();
    assert!(refusal(dir.path(), &replay).contains("cannot open"));
}

#[test]
fn a_recording_that_was_cut_off_plays_what_is_there() {
    let dir = folder();
    let recorded = there_and_back(dir.path(), &stage("audio_file", NOISE)).0;
    let (ticks, wav) = (dir.path().join("edge.ticks.npy"), dir.path().join("edge.wav"));
    let (whole_ticks, whole_wav) = (fs::read(&ticks).unwrap(), fs::read(&wav).unwrap());
    let text = String::from_utf8_lossy(&whole_ticks[..192]).replace("(100, 2,)", "(0, 2,)  ");
    let open = [text.as_bytes()[text.len() - 192 + 10..].to_vec(), whole_ticks[192..].to_vec()].concat();
    let open = [whole_ticks[..10].to_vec(), open].concat();
    let play = |ticks_bytes: usize, wav_bytes: usize| {
        fs::write(&ticks, &open[..open.len() - ticks_bytes]).unwrap();
        fs::write(&wav, &whole_wav[..whole_wav.len() - wav_bytes]).unwrap();
        run_well(dir.path(), &(stage("replay", "path = \"edge\"") + &stage("catch", "")))
    };
    // A row that is not whole, and a block without its tick or half of one without the rest.
    for (ticks_bytes, wav_bytes, blocks) in [(0, 0, 100), (8, 0, 99), (32, 3, 98), (0, 160 * 2 + 7, 98)] {
        assert_eq!(play(ticks_bytes, wav_bytes).i16, recorded.i16[..blocks]);
    }
    let nothing = open.len() - 192;
    fs::write(&ticks, &open[..open.len() - nothing]).unwrap();
    let text = refusal(dir.path(), &(stage("replay", "path = \"edge\"") + &stage("catch", "")));
    assert!(text.contains("it holds no block"), "{text}");
}

#[test]
fn a_recording_is_refused_where_it_cannot_be_written() {
    let dir = folder();
    let of = |path: &str| {
        let record = stage("record", &format!("path = \"{path}\""));
        refusal(dir.path(), &(stage("audio_file", NOISE) + &record))
    };
    assert!(of("edge.npy").contains("found `.npy`, expected `.wav`"));
    assert!(of("nowhere/edge").contains("does not exist"));
}

#[test]
fn faults_end_runs_as_asked() {
    let dir = folder();
    let of = |params: &str| {
        run(dir.path(), &(stage("audio_file", NOISE) + &stage("fault", params) + &stage("catch", "")))
    };
    let (heard, outcome) = of("end_at_ms = 300");
    assert_eq!((heard.i16.len(), outcome.fault), (30, None));
    let (heard, outcome) = of("fault_at_ms = 300");
    assert_eq!(heard.i16.len(), 30);
    assert!(outcome.fault.unwrap().to_string().contains("`fault_at_ms` was reached"));
    let (heard, outcome) = of("panic_at_ms = 300");
    assert_eq!(heard.i16.len(), 30);
    assert!(outcome.fault.unwrap().to_string().contains("it panicked: `panic_at_ms` was reached"));
    let (heard, outcome) = of("stalls = [{ at_ms = 300, length_ms = 20 }]");
    assert_eq!((heard.i16.len(), outcome.fault), (100, None));
}

#[test]
fn a_block_that_no_memory_holds_is_refused() {
    let dir = folder();
    there_and_back(
        dir.path(),
        &(stage("audio_file", NOISE) + &stage("window", "length_ms = 30\nhop_ms = 20")),
    );
    let port = dir.path().join("edge.port.json");
    let text = fs::read_to_string(&port).unwrap();
    for (extent, expected) in [
        ("1099511627776", "shape"),
        ("18446744073709551615", "no memory can hold a block of shape [18446744073709551615]"),
        ("4294967296, 4294967296", "no memory can hold a block of shape"),
    ] {
        let (before, after) = text.split_once("\"shape\": [").unwrap();
        let (_, after) = after.split_once(']').unwrap();
        fs::write(&port, format!("{before}\"shape\": [{extent}]{after}")).unwrap();
        let error = refusal(dir.path(), &(stage("replay", "path = \"edge\"") + &stage("catch", "")));
        assert!(error.contains(expected), "{extent}: {error}");
    }
}
