//! A corpus of tones for tests of training: quick to make, quick to learn.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const RATE: usize = 16_000;
const SPEAKERS: usize = 20;

/// Writes a corpus with the labels `high` and `low` and other sounds, from twenty speakers, into `folder/corpus`.
pub(crate) fn corpus(folder: &Path) -> PathBuf {
    let root = folder.join("corpus");
    fs::create_dir_all(&root).unwrap();
    let mut manifest = "path,label,speaker,split\n".to_owned();
    for speaker in 0..SPEAKERS {
        let split = match speaker % 10 {
            0 => "test",
            1 => "validation",
            _ => "train",
        };
        for (label, hertz) in [("high", 1500.0), ("low", 400.0), ("hum", 120.0), ("whistle", 4000.0)] {
            let path = format!("{label}-{speaker}.wav");
            let pitch = hertz * (1.0 + 0.02 * (speaker as f32 - 10.0));
            write(&root.join(&path), pitch, speaker);
            writeln!(manifest, "{path},{label},s{speaker},{split}").unwrap();
        }
    }
    fs::write(root.join("manifest.csv"), manifest).unwrap();
    root
}

/// Half a second of a tone amid a faint hiss.
fn write(path: &Path, hertz: f32, seed: usize) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let mut noise = seed as u32 + 1;
    for i in 0..RATE {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = (noise >> 24) as f32 - 128.0;
        let tone = (i as f32 * hertz * std::f32::consts::TAU / RATE as f32).sin();
        let level = if (RATE / 4..RATE * 3 / 4).contains(&i) { 6000.0 } else { 0.0 };
        writer.write_sample((tone * level + hiss * 0.2) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// A configuration for such a corpus; `changes` replaces whole lines by their key.
pub(crate) fn configuration(folder: &Path, name: &str, changes: &[(&str, &str)]) -> PathBuf {
    let mut text = CONFIGURATION.to_owned();
    for (key, value) in changes {
        let start = format!("{key} = ");
        let line = text.lines().find(|line| line.starts_with(&start)).unwrap().to_owned();
        text = text.replace(&line, &format!("{key} = {value}"));
    }
    let folder = folder.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("train.toml"), text).unwrap();
    folder
}

const CONFIGURATION: &str = r#"
name = "tones"
labels = ["silence", "unknown", "high", "low"]
architecture = { kind = "tiny_conv", filters = 4 }
seed = 1

[data]
corpora = ["../corpus"]

[[front_end]]
kind = "window"
length_ms = 30.0
hop_ms = 20.0

[[front_end]]
kind = "fft"
size = 512

[[front_end]]
kind = "mel"
bands = 40
low_hz = 20.0
high_hz = 7600.0
of = "power"

[[front_end]]
kind = "log"
offset = 1e-6

[[front_end]]
kind = "stack"
frames = 49

[fit]
epochs = 3
clips = 400
batch = 25
rate = 4e-3
decay = 1e-3
dropout = 0.3
smoothing = 0.05

[qat]
epochs = 2
clips = 400
batch = 25
rate = 3e-4
dropout = 0.2
"#;
