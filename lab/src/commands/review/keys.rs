//! Keys, one at a time.

use std::io::{ErrorKind, Read, stdin};

use anyhow::{Context, Result};

/// Ctrl-C and Ctrl-D, which the terminal does not turn into signals while keys are read.
const ENDS: [u8; 2] = [0x03, 0x04];

/// The keys of the terminal, or of what is piped into the program. Dropped, it leaves the terminal as it was.
pub(super) struct Keys {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Keys {
    /// Takes keys without Enter, where it is a terminal that knows how.
    #[cfg(unix)]
    pub(super) fn open() -> Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, isatty, tcgetattr, tcsetattr};
        if !isatty(stdin()) {
            return Ok(Self { before: None });
        }
        let why = "cannot read single keys from this terminal";
        let before = tcgetattr(stdin()).context(why)?;
        let mut raw = before.clone();
        raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        tcsetattr(stdin(), OptionalActions::Now, &raw).context(why)?;
        Ok(Self { before: Some(before) })
    }

    /// Takes keys with Enter.
    #[cfg(not(unix))]
    pub(super) fn open() -> Result<Self> {
        Ok(Self {})
    }

    /// The next key; none at the end. Blanks are none.
    pub(super) fn next(&mut self) -> Result<Option<char>> {
        let mut byte = [0];
        loop {
            match stdin().lock().read(&mut byte) {
                Ok(0) => return Ok(None),
                Ok(_) if ENDS.contains(&byte[0]) => return Ok(None),
                Ok(_) if byte[0].is_ascii_whitespace() => {}
                Ok(_) => return Ok(Some(char::from(byte[0]).to_ascii_lowercase())),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("cannot read keys"),
            }
        }
    }
}

#[cfg(unix)]
impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // Nothing is left to be told when the terminal is gone.
            let _ = rustix::termios::tcsetattr(stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}
