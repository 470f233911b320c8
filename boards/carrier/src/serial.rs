//! Serial lines: UARTs, USB ports of boards, pseudoterminals.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, SpecialCodeIndex, isatty, tcgetattr, tcsetattr};

use crate::wire::{Connected, Wire};

/// Tenths of a second that a read waits.
const TENTHS: u8 = 1;

/// A read of nothing that took less than this did not wait: the line is gone.
const AT_ONCE: Duration = Duration::from_millis(20);
/// So many in a row, since a signal may end one early.
const GONE: u32 = 5;

/// A serial line.
pub(crate) struct Serial {
    path: PathBuf,
    baud: u32,
}

impl Serial {
    pub(crate) fn new(path: &Path, baud: u32) -> Self {
        Serial { path: path.to_owned(), baud }
    }
}

impl Wire for Serial {
    fn connect(&mut self) -> io::Result<Option<Connected>> {
        let flags = OFlags::NOCTTY.bits() as i32;
        let line = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&self.path)?;
        if !isatty(&line) {
            let text = format!("`{}` is not a serial line", self.path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let mut settings = tcgetattr(&line)?;
        settings.make_raw();
        settings.special_codes[SpecialCodeIndex::VMIN] = 0;
        settings.special_codes[SpecialCodeIndex::VTIME] = TENTHS;
        settings.set_speed(self.baud)?;
        tcsetattr(&line, OptionalActions::Now, &settings)?;
        let reader = Line { line: line.try_clone()?, empty: 0 };
        Ok(Some(Connected { reader: Box::new(reader), writer: Box::new(line) }))
    }

    fn name(&self) -> String {
        format!("serial:{}", self.path.display())
    }
}

/// What comes by a line. Reads of nothing mean that nothing came, unless they come at once.
struct Line {
    line: File,
    empty: u32,
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let began = Instant::now();
        let len = self.line.read(buffer)?;
        if len > 0 {
            self.empty = 0;
            return Ok(len);
        }
        self.empty = if began.elapsed() < AT_ONCE { self.empty + 1 } else { 0 };
        if self.empty >= GONE { Ok(0) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}
