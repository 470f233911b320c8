//! A serial line without wires.

use std::fs::File;
#[cfg(unix)]
use std::{fs, io};

use crate::command::command_error::CommandError;

/// A serial line without wires: what is written at one end comes out of the other.
pub(crate) struct Pseudoterminal {
    /// Our end.
    pub(crate) device: File,
    /// Where the other end is.
    pub(crate) name: String,
    /// The other end, kept open so that a runner may come and go.
    _other: File,
}

#[cfg(unix)]
pub(crate) fn open() -> Result<Pseudoterminal, CommandError> {
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
pub(crate) fn open() -> Result<Pseudoterminal, CommandError> {
    Err(CommandError::Lacking("this system has no pseudoterminals; use `--stdio`".to_owned()))
}
