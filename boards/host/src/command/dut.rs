//! MLPerf Tiny: a model as a device under test, at a pseudoterminal or over standard input and output; and the other side, which
//! measures a device.

mod line;
mod measure;
mod pseudoterminal;
mod side;
mod signature;
mod streaming;

use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use kws_devices::dut::{Benchmark, Dut, Ends, Machine};
use kws_engine::Registry;
use kws_stages::nn::Model;

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::journal::{Level, tell};
pub(crate) use side::Side;

/// Does what `--dut` asks for with the model at `path`.
pub(crate) fn perform(
    path: &Path,
    side: &Side,
    arguments: &Arguments,
    registry: &Registry,
) -> Result<(), CommandError> {
    match side {
        Side::Device(_) | Side::Streaming if arguments.sign.is_some() => Err(CommandError::usage(
            "`--sign` signs figures of a device that is measured, as by `--dut serial:/dev/ttyACM0`; this is one",
        )),
        Side::Runner(_) | Side::Streaming if arguments.stdio => {
            Err(CommandError::usage("`--stdio` is for the device's side of one line, as by `--dut kws01`"))
        }
        Side::Device(benchmark) => serve(&ModelFile::read(path)?, *benchmark, arguments.stdio),
        Side::Streaming => streaming::serve(path, registry, &arguments.card),
        Side::Runner(address) => measure::measure(&ModelFile::read(path)?, address, arguments),
    }
}

/// A model and where it is from.
struct ModelFile {
    path: PathBuf,
    bytes: Vec<u8>,
    model: Model,
}

impl ModelFile {
    fn read(path: &Path) -> Result<Self, CommandError> {
        let wrong = |reason: String| CommandError::Lacking(format!("`{}`: {reason}", path.display()));
        let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let model = Model::open(&bytes).map_err(|error| wrong(error.to_string()))?;
        Ok(ModelFile { path: path.to_owned(), bytes, model })
    }

    /// SHA-256 of the file.
    fn hash(&self) -> String {
        kws_devices::dut::hash(&self.bytes)
    }

    /// The device that runs it on this computer.
    fn device(&self, benchmark: Benchmark) -> Result<(Dut<Vec<u8>>, Computer<'_>), CommandError> {
        let wrong = |reason: String| CommandError::Lacking(format!("`{}`: {reason}", self.path.display()));
        let ends = Ends::of(&self.model, benchmark).map_err(wrong)?;
        let dut = Dut::new(benchmark, ends, vec![0; benchmark.input_bytes(&ends)]);
        let (model, arena, hash) = (&self.model, self.model.arena(), self.hash());
        Ok((dut, Computer { model, arena, hash, started: Instant::now() }))
    }
}

/// Answers the runner until it is gone or Ctrl-C comes; `stdio` says that it is at standard input and output.
fn serve(file: &ModelFile, benchmark: Benchmark, stdio: bool) -> Result<(), CommandError> {
    let (dut, machine) = file.device(benchmark)?;
    if stdio {
        return Ok(dialogue(dut, machine, io::stdin().lock(), io::stdout().lock())?);
    }
    let terminal = pseudoterminal::open()?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", terminal.name)?;
    stdout.flush()?;
    tell(Level::Notice, format_args!("{benchmark} answers at {}; Ctrl-C ends it", terminal.name));
    Ok(dialogue(dut, machine, &terminal.device, &terminal.device)?)
}

/// What this computer says that it is.
const COMPUTER: &str = std::env::consts::ARCH;

/// This computer, as what runs the model.
struct Computer<'m> {
    model: &'m Model,
    arena: Vec<i8>,
    hash: String,
    started: Instant,
}

impl Machine for Computer<'_> {
    fn arena(&mut self) -> &mut [i8] {
        &mut self.arena
    }

    fn infer(&mut self) {
        self.model.run(&mut self.arena);
    }

    fn microseconds(&mut self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    fn name(&self) -> &str {
        COMPUTER
    }

    fn model(&self) -> &str {
        &self.hash
    }
}

/// Hears the runner until its end of the line is closed.
fn dialogue(
    mut dut: Dut<Vec<u8>>,
    mut machine: Computer<'_>,
    mut from: impl Read,
    to: impl Write,
) -> io::Result<()> {
    let mut out = Text::to(to);
    let mut heard = [0; 4096];
    let mut said = dut.boot(&mut machine, &mut out);
    loop {
        if said.is_err() {
            return Err(out.failure.unwrap_or_else(|| io::ErrorKind::Other.into()));
        }
        let count = match from.read(&mut heard) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        said = heard[..count].iter().try_for_each(|byte| dut.hear(*byte, &mut machine, &mut out));
    }
}

/// Text for a line of bytes; keeps why it could not be written.
struct Text<W: Write> {
    to: io::LineWriter<W>,
    failure: Option<io::Error>,
}

impl<W: Write> Text<W> {
    fn to(line: W) -> Self {
        Text { to: io::LineWriter::new(line), failure: None }
    }
}

impl<W: Write> fmt::Write for Text<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.to.write_all(text.as_bytes()).map_err(|error| {
            self.failure = Some(error);
            fmt::Error
        })
    }
}
