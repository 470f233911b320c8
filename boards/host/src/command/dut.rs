//! A model as a device under test of MLPerf Tiny, at a pseudoterminal or over standard input and output.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Instant;

use kws_devices::dut::{Benchmark, Dut, Ends, Machine};
use kws_stages::nn::Model;

use super::command_error::CommandError;
use super::journal::{Level, tell};

/// Answers the runner until it is gone or Ctrl-C comes; `stdio` says that it is at standard input and output.
pub(crate) fn serve(path: &Path, benchmark: Benchmark, stdio: bool) -> Result<(), CommandError> {
    let wrong = |reason: String| CommandError::Lacking(format!("`{}`: {reason}", path.display()));
    let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let model = Model::open(&bytes).map_err(|error| wrong(error.to_string()))?;
    let ends = Ends::of(&model, benchmark).map_err(wrong)?;
    let dut = Dut::new(benchmark, ends, vec![0; benchmark.input_bytes(&ends)]);
    let machine = Computer { arena: model.arena(), model: &model, started: Instant::now() };
    if stdio {
        return Ok(dialogue(dut, machine, io::stdin().lock(), io::stdout().lock())?);
    }
    let terminal = pseudoterminal()?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", terminal.name)?;
    stdout.flush()?;
    tell(Level::Notice, format_args!("{benchmark} answers at {}; Ctrl-C ends it", terminal.name));
    Ok(dialogue(dut, machine, &terminal.device, &terminal.device)?)
}

/// This computer, as what runs the model.
struct Computer<'m> {
    model: &'m Model,
    arena: Vec<i8>,
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
}

/// Hears the runner until its end of the line is closed.
fn dialogue(
    mut dut: Dut<Vec<u8>>,
    mut machine: Computer<'_>,
    mut from: impl Read,
    to: impl Write,
) -> io::Result<()> {
    let mut out = Text { to: io::LineWriter::new(to), failure: None };
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

impl<W: Write> fmt::Write for Text<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.to.write_all(text.as_bytes()).map_err(|error| {
            self.failure = Some(error);
            fmt::Error
        })
    }
}

/// A serial line without wires: what is written at one end comes out of the other.
struct Pseudoterminal {
    /// Our end.
    device: File,
    /// Where the other end is.
    name: String,
    /// The other end, kept open so that a runner may come and go.
    _other: File,
}

#[cfg(unix)]
fn pseudoterminal() -> Result<Pseudoterminal, CommandError> {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

    let device = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).map_err(io::Error::from)?;
    grantpt(&device).and_then(|()| unlockpt(&device)).map_err(io::Error::from)?;
    let name = ptsname(&device, Vec::new()).map_err(io::Error::from)?.to_string_lossy().into_owned();
    let other = fs::OpenOptions::new().read(true).write(true).open(&name)?;
    // Bytes as they are: no echo, no line ends of a terminal's.
    let mut settings = tcgetattr(&other).map_err(io::Error::from)?;
    settings.make_raw();
    tcsetattr(&other, OptionalActions::Now, &settings).map_err(io::Error::from)?;
    Ok(Pseudoterminal { device: device.into(), name, _other: other })
}

#[cfg(not(unix))]
fn pseudoterminal() -> Result<Pseudoterminal, CommandError> {
    Err(CommandError::Lacking("this system has no pseudoterminals; use `--stdio`".to_owned()))
}
