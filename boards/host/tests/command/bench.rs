//! A folder with pipelines and a sound, and the program to run over them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Samples per second of the sound.
const RATE: usize = 16_000;

/// A folder for one test.
pub(crate) struct Bench {
    dir: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Asserts that all went well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Asserts the exit code and that standard error holds every one of these texts.
    #[track_caller]
    pub(crate) fn badly(self, code: i32, texts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for text in texts {
            assert!(self.err.contains(text), "`{text}` is not in {self:#?}");
        }
        assert!(!self.err.contains("panicked at"), "{self:#?}");
        self
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Bench { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A raw file of this many seconds of a sawtooth.
    pub(crate) fn sound(&self, name: &str, seconds: f64) {
        let samples = (0..(seconds * RATE as f64) as usize).map(|n| ((n * 331) % 20_000) as i16 - 10_000);
        let bytes: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// The program, to be run in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kws-run"));
        command.args(arguments).current_dir(self.dir.path()).stdin(Stdio::null()).env_remove("NO_COLOR");
        command
    }

    /// Runs the program in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }
}

/// A pipeline over `sound.raw` that computes features and spots nothing.
pub(crate) const FEATURES: &str = "\
description = \"features only\"

[[stage]]
name = \"mic\"
kind = \"raw\"
path = \"sound.raw\"

[[stage]]
kind = \"window\"
length_ms = 30
hop_ms = 20

[[stage]]
kind = \"fft\"
";

/// A folder with the pipeline `features.toml` and a second of sound.
pub(crate) fn features() -> Bench {
    let bench = Bench::new();
    bench.write("features.toml", FEATURES);
    bench.sound("sound.raw", 1.0);
    bench
}

/// `features.toml` with a stage that injects faults, as `faulty.toml`. A gap is reported when the stage has come past it: so
/// a test knows where the stream is.
pub(crate) fn faulty(fault: &str) -> Bench {
    let bench = features();
    let fault = format!("[[stage]]\nkind = \"fault\"\n{fault}\n\n[[stage]]\nkind = \"window\"");
    let text = bench.read("features.toml").replace("[[stage]]\nkind = \"window\"", &fault);
    bench.write("faulty.toml", &text);
    bench
}

/// Three detections of two labels: the blocks that have one, with its label.
pub(crate) const SPOTTED: [(u64, u16); 3] = [(10, 0), (40, 1), (90, 0)];

/// Events of a recording by hand, so many blocks of 10 ms, that `replay` plays: the blocks that have one, with its label.
pub(crate) fn events(bench: &Bench, name: &str, blocks: u64, detections: &[(u64, u16)]) {
    let port = serde_json::json!({
        "element": "event", "shape": [1], "role": "events", "clock": RATE, "period": 160, "delay": 0, "quant": null,
        "labels": ["yes", "no"], "points": ["wake"],
    });
    bench.write(&format!("{name}.port.json"), &port.to_string());
    let line = |block: u64, label: u16| {
        let tick = (block + 1) * 160;
        let event = serde_json::json!({
            "block": block, "place": 0, "tick": tick, "name": "", "label": label, "point": 0, "score": 0.5,
            "start": tick - 160, "end": tick,
        });
        format!("{event}\n")
    };
    let lines: Vec<String> = detections.iter().map(|(block, label)| line(*block, *label)).collect();
    bench.write(&format!("{name}.jsonl"), &lines.concat());
    let ticks: Vec<[u64; 2]> = (1..=blocks).map(|block| [block * 160, 0]).collect();
    npy(&bench.path(&format!("{name}.ticks.npy")), &ticks);
}

/// Rows of two as a NumPy array, after its format's description (numpy.lib.format, version 1.0).
fn npy(path: &Path, rows: &[[u64; 2]]) {
    let mut header = format!("{{'descr': '<u8', 'fortran_order': False, 'shape': ({}, 2), }}", rows.len());
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(rows.iter().flatten().flat_map(|number| number.to_le_bytes()));
    std::fs::write(path, bytes).unwrap();
}

/// A pipeline that prints recorded events.
pub(crate) const SPOTTING: &str = "\
[[stage]]
name = \"trigger\"
kind = \"replay\"
path = \"events\"

[[stage]]
kind = \"print\"
";

/// A folder with the pipeline `spotting.toml`, which shows three events in a second.
pub(crate) fn spotting() -> Bench {
    let bench = Bench::new();
    bench.write("spotting.toml", SPOTTING);
    events(&bench, "events", 100, &SPOTTED);
    bench
}
