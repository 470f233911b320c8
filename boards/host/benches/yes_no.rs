//! The whole yes/no pipeline, from a file to its events, on one core; and how soon `kws-run` hears its first block.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use kws_engine::{Pipeline, Plan};
use serde_json::json;

const REPEATS: usize = 9;
/// How often the recording is played: some ten minutes.
const PLAYS: u32 = 20;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// The repository's recording as a WAV file: what is measured is the pipeline, not a decoder.
fn wav() -> PathBuf {
    let flac = root().join("pipelines/recordings/yes_no.flac");
    let path = folder().join("yes_no.wav");
    let text = format!(
        "[[stage]]\nkind = \"audio_file\"\npath = {flac:?}\n[[stage]]\nkind = \"record\"\npath = {:?}\n",
        folder().join("yes_no")
    );
    let pipeline = Pipeline::parse(&text, "bench", Path::new("")).expect("the text is a pipeline");
    let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    plan.run_here(|_, node| node).unwrap_or_else(|fault| panic!("{fault}"));
    path
}

/// Seconds of stream per second of one core.
fn times_real_time(recording: &Path) -> f64 {
    let mut pipeline = Pipeline::read(&root().join("pipelines/yes_no.toml")).expect("the pipeline parses");
    pipeline.replace("mic", "audio_file", &json!({"path": recording, "repeat": PLAYS}), "the benchmark");
    pipeline.replace("print", "jsonl", &json!({"path": folder().join("events.jsonl")}), "the benchmark");
    let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    let start = Instant::now();
    let outcome = plan.run_here(|_, node| node).unwrap_or_else(|fault| panic!("{fault}"));
    let elapsed = start.elapsed().as_secs_f64();
    outcome.stats.stages[0].at as f64 / 16_000.0 / elapsed
}

/// Milliseconds from starting the program to its end, over a tenth of a second of sound.
fn start_up() -> f64 {
    let blip = folder().join("blip.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&blip, spec).expect("the folder can be written");
    (0..1600).for_each(|_| file.write_sample(0_i16).expect("the file can be written"));
    file.finalize().expect("the file can be written");
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_kws-run"))
        .arg(root().join("pipelines/yes_no.toml"))
        .arg("--source")
        .arg(format!("file:{}", blip.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()));
    start.elapsed().as_secs_f64() * 1e3
}

/// The median and the best of several runs, where best is what `better` says.
fn repeated(mut run: impl FnMut() -> f64, better: fn(f64, f64) -> f64) -> (f64, f64) {
    let mut found: Vec<f64> = (0..REPEATS).map(|_| run()).collect();
    found.sort_by(f64::total_cmp);
    (found[REPEATS / 2], found.iter().copied().reduce(better).unwrap_or_default())
}

fn row(what: &str, (median, best): (f64, f64), unit: &str) {
    println!("{what:<58} {median:>9.1} {best:>9.1}  {unit}");
}

fn main() {
    println!("{:<58} {:>9} {:>9}", "pipelines/yes_no.toml", "median", "best");
    let wav = wav();
    row("file to events, WAV, one core", repeated(|| times_real_time(&wav), f64::max), "x real time");
    let flac = root().join("pipelines/recordings/yes_no.flac");
    row("file to events, FLAC, one core", repeated(|| times_real_time(&flac), f64::max), "x real time");
    row("start of kws-run to its end, over 0.1 s of sound", repeated(start_up, f64::min), "ms");
}
