//! A device under test of MLPerf Tiny: what its runner finds at the other end of a serial line.
//!
//! The runner is a program on a computer. It sends commands such as `infer 70 10%` and reads lines that end with `m-ready`.
//! [`Dut`] is the device's half, byte by byte and without an allocator, so that a computer and a microcontroller give the same
//! answers; what differs between them is a [`Machine`]. The protocol is that of MLPerf Tiny's
//! `benchmark/api/internally_implemented.cpp`, v1.4, in performance mode. Differences: an input that is not whole, and bytes
//! that nobody announced, are errors here, and `about` is ours.
//!
//! The streaming wakeword has a dialogue of its own: [`Listener`] is its device, [`Interface`] the board beside it.

mod benchmark;
mod board;
mod command;
#[cfg(feature = "std")]
mod ends;
mod interface;
mod listener;
#[cfg(feature = "std")]
mod listening;
#[cfg(feature = "std")]
mod source;
#[cfg(test)]
mod tests;

use core::fmt::{self, Write};

use command::Command;

pub use benchmark::{Benchmark, Ends, Quantised};
pub use board::Board;
pub use interface::{Ears, Interface, Worked};
pub use listener::{BLOCK, Listener};
#[cfg(feature = "std")]
pub use listening::{Heard, bind, listen};
#[cfg(feature = "std")]
pub use source::{build, hash, source};

/// The longest command.
const COMMAND: usize = 80;
/// The longest input that a runner may announce, an image of 96 × 96 RGB pixels.
pub const LONGEST_INPUT: usize = 96 * 96 * 3;
/// Runs before those that are timed, where the runner does not say.
const WARM_UP: usize = 10;
/// What `about` says that the device runs.
const FIRMWARE: &str = concat!("kws ", env!("CARGO_PKG_VERSION"));
/// Bytes in a line of `db print`.
const PRINTED: usize = 8;

/// What the device runs on: a model in its memory, and a clock.
pub trait Machine {
    /// The model's arena.
    fn arena(&mut self) -> &mut [i8];

    /// Runs the model once.
    fn infer(&mut self);

    /// Microseconds since any moment.
    fn microseconds(&mut self) -> u64;

    /// What it is, such as `pico2`.
    fn name(&self) -> &str;

    /// SHA-256 of the model's file, in hexadecimal digits.
    fn model(&self) -> &str;
}

/// The device's half of the dialogue.
///
/// ```
/// use kws_devices::dut::{Benchmark, Dut, Ends, Machine, Quantised};
///
/// /// A model that doubles four numbers.
/// struct Doubling([i8; 4]);
///
/// impl Machine for Doubling {
///     fn arena(&mut self) -> &mut [i8] {
///         &mut self.0
///     }
///     fn infer(&mut self) {
///         self.0.iter_mut().for_each(|number| *number *= 2);
///     }
///     fn microseconds(&mut self) -> u64 {
///         0
///     }
///     fn name(&self) -> &str {
///         "abacus"
///     }
///     fn model(&self) -> &str {
///         "none"
///     }
/// }
///
/// let all = Quantised { start: 0, len: 4, scale: 0.25, zero_point: 0 };
/// let mut dut = Dut::new(Benchmark::Kws01, Ends { input: all, output: all }, [0; 4]);
/// let (mut machine, mut said) = (Doubling([0; 4]), String::new());
/// for byte in b"db load 4%db 01020304%infer 1 0%" {
///     dut.hear(*byte, &mut machine, &mut said)?;
/// }
/// assert!(said.ends_with("m-results-[0.500,1.000,1.500,2.000]\r\nm-ready\r\n"));
/// # Ok::<(), core::fmt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dut<D> {
    benchmark: Benchmark,
    ends: Ends,
    command: Command<COMMAND>,
    /// The input as the runner sends it.
    input: D,
    /// How long the runner says that it is; 0 before it has said so.
    announced: usize,
    /// How much of it has come.
    come: usize,
}

impl<D: AsMut<[u8]>> Dut<D> {
    /// A device for one benchmark, whose model has these `ends`; `input` is memory for [`Benchmark::input_bytes`].
    pub fn new(benchmark: Benchmark, ends: Ends, input: D) -> Self {
        Dut { benchmark, ends, command: Command::new(), input, announced: 0, come: 0 }
    }

    /// What a device says when it has started.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn boot(&mut self, machine: &mut impl Machine, out: &mut impl Write) -> fmt::Result {
        out.write_str("m-timestamp-mode-performance\r\n")?;
        timestamp(machine, out)?;
        out.write_str("m-init-done\r\nm-ready\r\n")
    }

    /// Takes a byte from the runner; the one that ends a command does what it says before this returns.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn hear(&mut self, byte: u8, machine: &mut impl Machine, out: &mut impl Write) -> fmt::Result {
        let Some(command) = self.command.take(byte) else { return Ok(()) };
        let mut words = command.text().split(' ').filter(|word| !word.is_empty());
        match words.next().unwrap_or("") {
            "name" => out.write_str("m-name-dut-[kws]\r\n")?,
            "timestamp" => timestamp(machine, out)?,
            "profile" => {
                out.write_str("m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\n")?;
                write!(out, "m-model-[{}]\r\n", self.benchmark.name())?;
            }
            "about" => {
                write!(out, "m-firmware-[{FIRMWARE}]\r\nm-board-[{}]\r\n", machine.name())?;
                write!(out, "m-sha256-[{}]\r\n", machine.model())?;
            }
            "help" => out.write_str(HELP)?,
            "db" => self.bytes(words, out)?,
            "infer" => self.infer(words, machine, out)?,
            "results" => self.results(machine, out)?,
            other => write!(out, "e-[Unknown command: {other}]\r\n")?,
        }
        out.write_str("m-ready\r\n")
    }

    /// `db`: the input is announced, comes, or is shown.
    fn bytes<'t>(&mut self, mut words: impl Iterator<Item = &'t str>, out: &mut impl Write) -> fmt::Result {
        match words.next() {
            None => out.write_str("e-[Command 'db' requires a subcommand]\r\n"),
            Some("load") => match words.next().map(number) {
                None => out.write_str("e-[Command 'db load' requires the # of bytes]\r\n"),
                Some(..=0) => out.write_str("e-[Command 'db load' must be >0 bytes]\r\n"),
                Some(count) => {
                    (self.announced, self.come) = (0, 0);
                    let count = usize::try_from(count).unwrap_or(usize::MAX);
                    let most = self.input.as_mut().len();
                    if count > most {
                        return write!(out, "e-[Supplied buffer size {count} exceeds maximum of {most}]\r\n");
                    }
                    self.announced = count;
                    write!(out, "m-[Expecting {count} bytes]\r\n")
                }
            },
            Some("print") => self.print(out),
            Some(digits) => self.take(digits.as_bytes(), out),
        }
    }

    /// `db HEX`: the next bytes of the input. What is more than was announced is ignored.
    fn take(&mut self, digits: &[u8], out: &mut impl Write) -> fmt::Result {
        if self.announced == 0 {
            return out.write_str("e-[Command 'db' requires 'db load' first]\r\n");
        }
        let (pairs, []) = digits.as_chunks::<2>() else {
            return out.write_str("e-[Insufficent number of hex digits]\r\n");
        };
        for pair in pairs {
            if self.come == self.announced {
                return Ok(());
            }
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
                let text = core::str::from_utf8(pair).unwrap_or("?");
                return write!(out, "e-[Invalid hex digit '{text}']\r\n");
            };
            self.input.as_mut()[self.come] = (high << 4 | low) as u8;
            self.come += 1;
            if self.come == self.announced {
                out.write_str("m-load-done\r\n")?;
            }
        }
        Ok(())
    }

    /// `db print`: the input, so many bytes in a line, and an empty line behind one that is not full.
    fn print(&mut self, out: &mut impl Write) -> fmt::Result {
        let shown = &self.input.as_mut()[..self.announced];
        for (number, byte) in shown.iter().enumerate() {
            if number % PRINTED == 0 {
                out.write_str("m-buffer-")?;
            }
            let ends = (number + 1) % PRINTED == 0 || number + 1 == shown.len();
            write!(out, "{byte:02x}{}", if ends { "\r\n" } else { "-" })?;
        }
        if shown.len() % PRINTED != 0 { out.write_str("\r\n") } else { Ok(()) }
    }

    /// `infer N W`: puts the input in place, runs `W` times, then `N` times between two time stamps.
    fn infer<'t>(
        &mut self,
        mut words: impl Iterator<Item = &'t str>,
        machine: &mut impl Machine,
        out: &mut impl Write,
    ) -> fmt::Result {
        let Some(runs) = usize::try_from(words.next().map_or(1, number)).ok().filter(|runs| *runs > 0) else {
            return out.write_str("e-[Inference iterations must be >0]\r\n");
        };
        let Ok(warm_up) = usize::try_from(words.next().map_or(WARM_UP as i64, number)) else {
            return out.write_str("e-[Inference warmup must be >=0]\r\n");
        };
        let (expected, found) = (self.benchmark.input_bytes(&self.ends), self.come);
        if found != expected || self.announced != expected {
            return write!(out, "e-[Input db has {found} bytes, expected {expected}]\r\n");
        }
        let input = &self.input.as_mut()[..expected];
        self.benchmark.place(&self.ends, input, machine.arena());
        write!(out, "m-warmup-start-{warm_up}\r\n")?;
        (0..warm_up).for_each(|_| machine.infer());
        write!(out, "m-warmup-done\r\nm-infer-start-{runs}\r\n")?;
        timestamp(machine, out)?;
        (0..runs).for_each(|_| machine.infer());
        timestamp(machine, out)?;
        out.write_str("m-infer-done\r\n")?;
        self.results(machine, out)
    }

    /// `results`: what the model made of the input.
    fn results(&mut self, machine: &mut impl Machine, out: &mut impl Write) -> fmt::Result {
        out.write_str("m-results-[")?;
        let input = &self.input.as_mut()[..self.come];
        for (number, result) in self.benchmark.results(&self.ends, input, machine.arena()).enumerate() {
            write!(out, "{}{}", if number > 0 { "," } else { "" }, Thousandths(result))?;
        }
        out.write_str("]\r\n")
    }
}

const HELP: &str = "ULPMark for tinyML Firmware V0.0.1\r\n\r\n\
    help         : this text\r\n\
    name         : the device's name\r\n\
    profile      : the benchmark\r\n\
    about        : the firmware, the board, the model\r\n\
    timestamp    : microseconds since the start\r\n\
    db load N    : an input of N bytes follows\r\n\
    db HH[HH]*   : its next bytes\r\n\
    db print     : shows it\r\n\
    infer N [W]  : W runs, 10 if not stated, and then N between two time stamps\r\n\
    results      : what the last run gave\r\n";

fn timestamp(machine: &mut impl Machine, out: &mut impl Write) -> fmt::Result {
    write!(out, "m-lap-us-{}\r\n", machine.microseconds())
}

/// As C's `atoi`: the number that a text begins with, 0 where it begins with none.
fn number(text: &str) -> i64 {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    let number = digits[..end].parse().unwrap_or(if end == 0 { 0 } else { i64::MAX });
    if text.starts_with('-') { -number } else { number }
}

/// A number with three decimals. `core` can do so too, with some 10 kB of flash for all the digits of a float.
struct Thousandths(f32);

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = benchmark::rounded(f64::from(self.0) * 1000.0);
        let sign = if count < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:03}", count.unsigned_abs() / 1000, count.unsigned_abs() % 1000)
    }
}
