//! A device under test of MLPerf Tiny: the dialogue itself is tested with the state machine, here is what is around it.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use crate::bench::{Bench, Ended};

fn model(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/models").join(name);
    path.join("model.tflite").to_str().unwrap().to_owned()
}

/// An input for a model that reads so many bytes, as the runner sends it.
fn input(bytes: usize) -> String {
    let lines = (0..bytes.div_ceil(31)).map(|line| {
        let count = (bytes - 31 * line).min(31);
        format!("db {}%", "80".repeat(count))
    });
    format!("db load {bytes}%{}", lines.collect::<String>())
}

#[test]
fn a_model_answers_over_standard_input() {
    let dialogue = format!("name%profile%{}infer 2 1%", input(960));
    let bench = Bench::new();
    let mut command = bench.command(&["--dut", "kws01", "--stdio", &model("yes_no_tiny")]);
    let mut device = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    device.stdin.take().unwrap().write_all(dialogue.as_bytes()).unwrap();
    let run = Ended::from(device.wait_with_output().unwrap()).well();
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines.contains(&"m-name-dut-[kws]") && lines.contains(&"m-model-[kws01]"), "{run:#?}");
    assert!(lines.contains(&"m-load-done"), "{run:#?}");
    let results = lines.iter().find_map(|line| line.strip_prefix("m-results-[")).unwrap();
    let scores: Vec<f32> =
        results.trim_end_matches(']').split(',').map(|score| score.parse().unwrap()).collect();
    assert!((scores.iter().sum::<f32>() - 1.0).abs() < 0.02, "{scores:?}");
    let stamps = lines.iter().filter(|line| line.starts_with("m-lap-us-")).count();
    assert_eq!((stamps, lines.last()), (3, Some(&"m-ready")), "{run:#?}");
}

/// A runner that opens the line, asks and goes; and another one after it.
#[cfg(unix)]
#[test]
fn runners_come_and_go_at_a_pseudoterminal() {
    use std::io::{BufRead, BufReader, Read};

    let bench = Bench::new();
    let mut command = bench.command(&["--dut", "kws01", &model("yes_no_tiny")]);
    let mut device = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut path = String::new();
    BufReader::new(device.stdout.take().unwrap()).read_line(&mut path).unwrap();
    for round in 0..2 {
        let mut line = std::fs::OpenOptions::new().read(true).write(true).open(path.trim_end()).unwrap();
        line.write_all(b"name%").unwrap();
        let (mut heard, mut byte) = (String::new(), [0]);
        while !heard.ends_with("m-name-dut-[kws]\r\nm-ready\r\n") {
            assert_eq!(line.read(&mut byte).unwrap(), 1, "round {round}: {heard:?}");
            heard.push(char::from(byte[0]));
        }
    }
    device.kill().unwrap();
    device.wait().unwrap();
}

#[test]
fn what_cannot_be_a_device_is_told() {
    let bench = Bench::new();
    let model = model("yes_no_tiny");
    bench.run(&["--dut", "kws02", &model]).badly(2, &["no benchmark `kws02`", "ad01"]);
    bench.run(&["--dut", "kws01", "none.tflite", "--stdio"]).badly(1, &["`none.tflite`"]);
    bench.run(&["--dut", "ad01", &model, "--stdio"]).badly(1, &["`ad01` compares the output with the input"]);
    bench.run(&["--stdio", &model]).badly(2, &["--dut"]);
}
