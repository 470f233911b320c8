//! Measures the device at the other end of a line, and writes its figures.

use std::fmt::Write as _;
use std::io::Write;
use std::time::{Duration, SystemTime};

use kws_carrier::Address;
use kws_devices::dut::{Benchmark, Dut, Ends};

use super::line::{Line, Said, loading, value};
use super::{Computer, ModelFile, signature};
use crate::command::arguments::Arguments;
use crate::command::command_error::CommandError;
use crate::command::journal::{Level, tell};

/// Windows that are timed, each with an input of its own, as in MLPerf Tiny.
const WINDOWS: u32 = 5;
/// Runs before those that are timed.
const WARM_UP: u32 = 1;
/// The part of a window that a trial lasts at least, from which the runs of a window follow.
const TRIAL: f64 = 0.05;

/// What was found.
struct Figures {
    board: String,
    firmware: String,
    benchmark: Benchmark,
    /// Runs of a window.
    runs: u64,
    /// Microseconds of each window by the device's clock, and by this computer's.
    windows: Vec<(u64, Duration)>,
}

/// Measures the device at `address`, which is to run this model, and prints its figures, signed if a key is named.
pub(crate) fn measure(
    file: &ModelFile,
    address: &Address,
    arguments: &Arguments,
) -> Result<(), CommandError> {
    let mut line = Line::open(address)?;
    let name = line.ask_name()?;
    let benchmark: Benchmark = line.ask_for("profile", "model")?.parse().map_err(CommandError::Lacking)?;
    // Devices other than ours do not know the question.
    let about = line.ask("about").unwrap_or_default();
    let firmware = value(&about, "firmware").unwrap_or(&name).to_owned();
    let board = value(&about, "board").unwrap_or("unknown").to_owned();
    if let Some(found) = value(&about, "sha256").filter(|found| *found != file.hash()) {
        return Err(CommandError::Lacking(format!(
            "the device runs another model than `{}`: SHA-256 {found}, expected {}",
            file.path.display(),
            file.hash()
        )));
    }
    tell(
        Level::Notice,
        format_args!("{board} with {firmware} runs {benchmark}: {WINDOWS} windows of {} s", arguments.window),
    );

    let (mut here, mut computer) = file.device(benchmark)?;
    let ends = Ends::of(&file.model, benchmark).map_err(CommandError::Lacking)?;
    let mut figures = Figures { board, firmware, benchmark, runs: 1, windows: Vec::new() };
    for window in 0..WINDOWS {
        let input = input(benchmark, &ends, window);
        line.load(&input)?;
        if window == 0 {
            figures.runs = runs(&mut line, arguments.window)?;
        }
        let lines = line.ask(&format!("infer {} {WARM_UP}", figures.runs))?;
        let expected = results(&mut here, &mut computer, &input);
        let found = value(&lines, "results").unwrap_or_default();
        if found != expected {
            return Err(CommandError::Lacking(format!(
                "the device does not run `{}` as this computer does: input {window} gives [{found}], expected [{expected}]",
                file.path.display()
            )));
        }
        figures.windows.push(elapsed(&lines)?);
    }
    let text = figures.text(file);
    let mut out = anstream::stdout();
    write!(out, "{text}")?;
    if let Some(key) = &arguments.sign {
        write!(out, "{}", signature::sign(&text, key)?)?;
    }
    Ok(out.flush()?)
}

/// How many runs fill a window.
fn runs(line: &mut Line, seconds: f64) -> Result<u64, CommandError> {
    let mut runs = 1;
    loop {
        let (took, _) = elapsed(&line.ask(&format!("infer {runs} {WARM_UP}"))?)?;
        let wanted = seconds * 1e6 / took.max(1) as f64;
        if wanted * TRIAL <= 1.0 {
            // A little more, since no two windows are equal.
            return Ok((runs as f64 * wanted * 1.02).ceil().max(1.0) as u64);
        }
        runs *= (wanted * TRIAL).ceil().clamp(2.0, 100.0) as u64;
    }
}

/// The time between the two stamps of an `infer`, by the device's clock and by when they came.
fn elapsed(lines: &[Said]) -> Result<(u64, Duration), CommandError> {
    let stamps: Vec<(u64, &Said)> = lines
        .iter()
        .filter_map(|said| Some((said.text.strip_prefix("m-lap-us-")?.parse().ok()?, said)))
        .collect();
    match stamps[..] {
        [(start, first), (end, last)] if end >= start => Ok((end - start, last.at - first.at)),
        _ => Err(CommandError::Lacking(
            "the device answers `infer` without two time stamps, the later one last".to_owned(),
        )),
    }
}

/// An input of random numbers, the same ones wherever this is measured. Each window's are half as large as those of the one before: of
/// the largest alone many models are so certain that other weights would give the same digits.
fn input(benchmark: Benchmark, ends: &Ends, window: u32) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15 ^ u64::from(window + 1);
    let mut number = || {
        // Xorshift, George Marsaglia.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as i8 >> window
    };
    let end = ends.input;
    match benchmark {
        Benchmark::Kws01 => (0..end.len).map(|_| number() as u8).collect(),
        Benchmark::Vww01 | Benchmark::Ic01 => (0..end.len).map(|_| number() as u8 ^ 0x80).collect(),
        // Any bytes are no floats; these are what the model can tell apart.
        Benchmark::Ad01 => (0..end.len)
            .flat_map(|_| ((i32::from(number()) - end.zero_point) as f32 * end.scale).to_le_bytes())
            .collect(),
    }
}

/// What the model makes of an input on this computer, in the words of a device.
fn results(device: &mut Dut<Vec<u8>>, computer: &mut Computer<'_>, input: &[u8]) -> String {
    let mut said = String::new();
    for command in loading(input).into_iter().chain(["infer 1 0".to_owned()]) {
        said.clear();
        for byte in command.bytes().chain([b'%']) {
            // A string takes everything.
            let _ = device.hear(byte, computer, &mut said);
        }
    }
    let lines = said.lines().find_map(|line| line.strip_prefix("m-results-["));
    lines.unwrap_or_default().trim_end_matches(']').to_owned()
}

impl Figures {
    /// As TOML: a table for people and for programs.
    fn text(&self, file: &ModelFile) -> String {
        let each: Vec<f64> = self.windows.iter().map(|(took, _)| *took as f64 / self.runs as f64).collect();
        let mut sorted = each.clone();
        sorted.sort_by(f64::total_cmp);
        let device = self.windows.iter().map(|(took, _)| *took as f64 / 1e6).sum::<f64>();
        let wall = self.windows.iter().map(|(_, wall)| wall.as_secs_f64()).sum::<f64>();
        let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let mut text = String::from(
            "# Figures of a board, measured over its serial line; times are microseconds of one run.\n",
        );
        let mut row = |key: &str, value: &dyn std::fmt::Display| {
            // A string takes everything.
            let _ = writeln!(text, "{key:<13} = {value}");
        };
        row("board", &format_args!("{:?}", self.board));
        row("firmware", &format_args!("{:?}", self.firmware));
        row("benchmark", &format_args!("\"{}\"", self.benchmark));
        row("model_sha256", &format_args!("\"{}\"", file.hash()));
        row("model_bytes", &file.bytes.len());
        row("results", &format_args!("\"as on the computer, {} inputs\"", self.windows.len()));
        row("runs", &self.runs);
        row(
            "windows",
            &format_args!("[{}]", each.iter().map(|us| format!("{us:.2}")).collect::<Vec<_>>().join(", ")),
        );
        row("median", &format_args!("{:.2}", sorted[sorted.len() / 2]));
        // 1 unless the board's clock goes wrong, or is an emulator's.
        row("clock", &format_args!("{:.3}", device / wall));
        row("measured_by", &format_args!("\"kws-run {}\"", env!("CARGO_PKG_VERSION")));
        row("measured_on", &format_args!("{:?}", &today[..10]));
        text
    }
}
