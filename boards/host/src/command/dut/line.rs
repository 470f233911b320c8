//! The runner's half of the dialogue: commands, and the lines that answer them.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use kws_carrier::{Address, Connected};

use crate::command::command_error::CommandError;

/// How long a device may say nothing, as MLPerf's runner waits for `infer`.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a line is quiet before the first command: what a device says when it starts has been said.
const QUIET: Duration = Duration::from_millis(300);
/// Bytes of an input that a command carries: more does not fit into the commands of the reference's devices.
const CARRIED: usize = 31;

/// A line to a device.
pub(crate) struct Line {
    connected: Connected,
    name: String,
    heard: Vec<u8>,
}

/// A line of text, and when it came.
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) at: Instant,
}

impl Line {
    pub(crate) fn open(address: &Address) -> Result<Self, CommandError> {
        let name = address.to_string();
        let connected =
            address.connect().map_err(|error| CommandError::Lacking(format!("`{name}`: {error}")))?;
        let mut line = Line { connected, name, heard: Vec::new() };
        while line.hear(QUIET)? {}
        line.heard.clear();
        Ok(line)
    }

    /// Says a command and gives the lines before `m-ready`; a device that answers with an error is one.
    pub(crate) fn ask(&mut self, command: &str) -> Result<Vec<Said>, CommandError> {
        self.connected
            .writer
            .write_all(format!("{command}%").as_bytes())
            .map_err(|error| self.broken(&error))?;
        self.connected.writer.flush().map_err(|error| self.broken(&error))?;
        self.answer(command)
    }

    /// The lines before the next `m-ready`.
    fn answer(&mut self, command: &str) -> Result<Vec<Said>, CommandError> {
        let mut lines = Vec::new();
        loop {
            let text = self.next(command)?;
            if text.contains("m-ready") {
                break;
            }
            if text.starts_with("e-[") {
                let _rest = self.next(command);
                return Err(CommandError::Lacking(format!(
                    "the device at `{}` answers `{command}` with {text}",
                    self.name
                )));
            }
            lines.push(Said { text, at: Instant::now() });
        }
        Ok(lines)
    }

    /// Asks, and gives what stands in `m-KEY-[…]` of the answer, or in `m-KEY-…`.
    pub(crate) fn ask_for(&mut self, command: &str, key: &str) -> Result<String, CommandError> {
        let lines = self.ask(command)?;
        value(&lines, key).map(str::to_owned).ok_or_else(|| self.without(command, key))
    }

    /// The device's name. One that starts as its line is opened may say that it is ready later than [`QUIET`] allows: that
    /// is taken for the answer, which then comes after it.
    pub(crate) fn ask_name(&mut self) -> Result<String, CommandError> {
        let (command, key) = ("name", "name-dut");
        let mut lines = self.ask(command)?;
        if value(&lines, key).is_none() {
            lines = self.answer(command)?;
        }
        value(&lines, key).map(str::to_owned).ok_or_else(|| self.without(command, key))
    }

    fn without(&self, command: &str, key: &str) -> CommandError {
        CommandError::Lacking(format!("the device at `{}` answers `{command}` without `m-{key}-`", self.name))
    }

    /// Sends an input.
    pub(crate) fn load(&mut self, input: &[u8]) -> Result<(), CommandError> {
        loading(input).iter().try_for_each(|command| self.ask(command).map(|_| ()))
    }

    fn next(&mut self, command: &str) -> Result<String, CommandError> {
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_matches(['\r', '\n', '\0']).to_owned());
            }
            if !self.hear(TIMEOUT)? {
                return Err(CommandError::Lacking(format!(
                    "the device at `{}` says nothing for {} s after `{command}`; is firmware on it that answers MLPerf Tiny's runner?",
                    self.name,
                    TIMEOUT.as_secs()
                )));
            }
        }
    }

    /// Takes what comes; false if nothing does for so long.
    fn hear(&mut self, patience: Duration) -> Result<bool, CommandError> {
        let (began, mut bytes) = (Instant::now(), [0; 1024]);
        loop {
            match self.connected.reader.read(&mut bytes) {
                Ok(0) => return Err(self.broken(&io::Error::from(ErrorKind::UnexpectedEof))),
                Ok(count) => {
                    self.heard.extend_from_slice(&bytes[..count]);
                    return Ok(true);
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::TimedOut | ErrorKind::WouldBlock if began.elapsed() < patience => {}
                    ErrorKind::TimedOut | ErrorKind::WouldBlock => return Ok(false),
                    _ => return Err(self.broken(&error)),
                },
            }
        }
    }

    fn broken(&self, error: &io::Error) -> CommandError {
        CommandError::Lacking(format!("the line to `{}` is broken: {error}", self.name))
    }
}

/// The commands that send an input.
pub(crate) fn loading(input: &[u8]) -> Vec<String> {
    let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let parts = input.chunks(CARRIED).map(|bytes| format!("db {}", digits(bytes)));
    [format!("db load {}", input.len())].into_iter().chain(parts).collect()
}

/// What stands in the first `m-KEY-[…]` or `m-KEY-…` of these lines.
pub(crate) fn value<'l>(lines: &'l [Said], key: &str) -> Option<&'l str> {
    lines.iter().find_map(|said| {
        let value = said.text.strip_prefix("m-")?.strip_prefix(key)?.strip_prefix('-')?;
        Some(value.trim_start_matches('[').trim_end_matches(']'))
    })
}
