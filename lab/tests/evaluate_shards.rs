//! An evaluation in parts: what they add up to, and what is wrong with parts.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kws_lab::audio::{read_16k, write_wav};
use program::{fail, folder, lab, succeed};

fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines").join(path)
}

/// A data folder with `talk`, the shipped recording in pieces by three speakers, one of which is not audio, and `words`,
/// single seconds of it, one of which is too long for a clip.
fn data(root: &Path) {
    let samples = read_16k(&shipped("recordings/yes_no.flac")).unwrap();
    let (talk, words) = (root.join("talk"), root.join("words"));
    fs::create_dir_all(&talk).unwrap();
    fs::create_dir_all(&words).unwrap();
    let mut rows = "path,label,speaker,split,gender,sentence\n".to_owned();
    for (index, piece) in samples.chunks(40_000).enumerate() {
        write_wav(&talk.join(format!("{index}.wav")), piece).unwrap();
        let (speaker, gender) = (index % 3, ["male", "female", ""][index % 3]);
        let sentence = if index == 4 { "Oh no!" } else { "nothing of the sort" };
        writeln!(rows, "{index}.wav,_speech_,s{speaker},test,{gender},{sentence}").unwrap();
    }
    fs::write(talk.join("broken.wav"), "RIFF").unwrap();
    rows += "broken.wav,_speech_,s0,test,male,none\n";
    fs::write(talk.join("manifest.csv"), rows).unwrap();
    let mut rows = "path,label,speaker,split\n".to_owned();
    for (index, piece) in samples.chunks_exact(16_000).enumerate() {
        write_wav(&words.join(format!("{index}.wav")), piece).unwrap();
        writeln!(rows, "{index}.wav,{},w{index},test", ["yes", "no", "cat"][index % 3]).unwrap();
    }
    write_wav(&words.join("long.wav"), &samples[..64_000]).unwrap();
    rows += "long.wav,yes,w,test\n";
    fs::write(words.join("manifest.csv"), rows).unwrap();
}

/// `kws-lab evaluate` of both sorts, in `root`.
fn evaluate(root: &Path) -> Command {
    let mut command = lab();
    command
        .current_dir(root)
        .env_remove("RUST_BACKTRACE")
        .args(["evaluate", "--data", "data", "--speech", "talk"]);
    command.arg("--model").arg(shipped("models/yes_no")).arg("--pipeline").arg(shipped("yes_no.toml"));
    command.args(["--corpus", "words", "--split", "test"]);
    command
}

fn part(root: &Path, shard: &str, output: &str) -> String {
    succeed(evaluate(root).args(["--shard", shard, "--output", output]))
}

fn merge(root: &Path) -> Command {
    let mut command = lab();
    command.current_dir(root).env_remove("RUST_BACKTRACE").args(["evaluate", "merge"]);
    command
}

/// Figures without the time that they took.
fn figures(path: &Path) -> String {
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    json["streams"].as_object_mut().unwrap().shift_remove("throughput").unwrap();
    serde_json::to_string_pretty(&json).unwrap()
}

#[test]
fn parts_add_up_to_the_figures_of_one_run() {
    let root = folder("parts_add_up_to_the_figures_of_one_run");
    data(&root.join("data"));
    succeed(evaluate(&root).args(["--json", "one.json"]));
    let one = figures(&root.join("one.json"));
    for part_of in ["it contains `no`", "broken.wav", "long.wav", "\"corpus\""] {
        assert!(one.contains(part_of), "`{part_of}` is not in:\n{one}");
    }
    for shard in ["2/3", "0/3", "1/3"] {
        part(&root, shard, &format!("part{}.jsonl", &shard[..1]));
    }
    // A part that was killed in the middle of a line goes on, and does not measure again what it has.
    let whole = fs::read_to_string(root.join("part1.jsonl")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let kept = lines.len() / 2;
    let cut = lines[..kept].join("\n") + "\n" + &lines[kept][..lines[kept].len() / 2];
    fs::write(root.join("part1.jsonl"), &cut).unwrap();
    let unfinished = fail(merge(&root).args(["part0.jsonl", "part1.jsonl", "part2.jsonl"]));
    assert!(
        unfinished.contains("`part1.jsonl` is not finished") && unfinished.contains("shard 1/3"),
        "{unfinished}"
    );
    part(&root, "1/3", "part1.jsonl");
    let again = fs::read_to_string(root.join("part1.jsonl")).unwrap();
    assert!(again.starts_with(&(lines[..kept].join("\n") + "\n")), "what was there stays as it was");
    assert!(part(&root, "1/3", "part1.jsonl").contains("is already complete"));
    succeed(merge(&root).args(["part2.jsonl", "part1.jsonl", "part0.jsonl", "--json", "merged.json"]));
    assert_eq!(figures(&root.join("merged.json")), one);
    // One part is the whole, and shows its figures.
    succeed(evaluate(&root).args(["--output", "whole.jsonl", "--json", "whole.json"]));
    assert_eq!(figures(&root.join("whole.json")), one);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let root = folder("parts_that_do_not_fit_are_refused");
    data(&root.join("data"));
    for (shard, name) in [("0/2", "a"), ("1/2", "b"), ("0/3", "c")] {
        part(&root, shard, name);
    }
    succeed(evaluate(&root).args(["--shard", "1/2", "--output", "d", "--seed", "2"]));
    let said = |parts: &[&str]| fail(merge(&root).args(parts));
    for (parts, expected) in [
        (&["a"][..], "1 of 2 shards are missing: 1/2"),
        (&["a", "b", "a"], "duplicate shard 0/2: `a` and `a`"),
        (&["a", "c"], "differ in the number of shards"),
        (&["a", "d"], "differ in the pipeline's parameters, its model or the streams"),
        (
            &["a", "data/talk/manifest.csv"],
            "line 1 of `data/talk/manifest.csv` is not a result of an evaluation",
        ),
        (&["a", "gone"], "cannot read `gone`"),
    ] {
        assert!(said(parts).contains(expected), "{parts:?}: {}", said(parts));
    }
    // Results that were copied from another part, or taken out.
    let (a, b) = (fs::read_to_string(root.join("a")).unwrap(), fs::read_to_string(root.join("b")).unwrap());
    let line = a.lines().nth(1).unwrap();
    let (head, rest) = b.split_once('\n').unwrap();
    fs::write(root.join("b"), format!("{head}\n{line}\n{rest}")).unwrap();
    assert!(said(&["a", "b"]).contains("which is not of shard 1/2"), "{}", said(&["a", "b"]));
    fs::write(root.join("b"), format!("{head}\n{}", rest.split_once('\n').unwrap().1)).unwrap();
    assert!(said(&["a", "b"]).contains("one has been modified"), "{}", said(&["a", "b"]));
    let other = fail(evaluate(&root).args(["--shard", "0/2", "--output", "c"]));
    assert!(
        other.contains("`c` contains another evaluation, which differs in the number of shards"),
        "{other}"
    );
    let none = fail(evaluate(&root).args(["--shard", "2/2", "--output", "e"]));
    assert!(none.contains("the last one is `1/2`"), "{none}");
}
