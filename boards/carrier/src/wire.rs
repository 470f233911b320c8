//! What bytes travel over.

use std::io::{self, Read, Write};

/// A way to the other place, over connections that come and go.
pub trait Wire: Send {
    /// Makes a connection, or waits a little for one. `None` where none came so far: it is called again.
    ///
    /// # Errors
    /// When there is none now; it is tried again after a pause.
    fn connect(&mut self) -> io::Result<Option<Connected>>;

    /// Where it leads, for messages.
    fn name(&self) -> String;
}

/// A way that this program or this system does not have.
#[cfg(any(not(unix), not(feature = "nats")))]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) text: &'static str,
}

#[cfg(any(not(unix), not(feature = "nats")))]
impl Wire for Missing {
    fn connect(&mut self) -> io::Result<Option<Connected>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, self.text))
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// A connection: a stream of bytes in each direction.
pub struct Connected {
    /// What comes. A read that finds nothing for a while ends with [`io::ErrorKind::TimedOut`] or
    /// [`io::ErrorKind::WouldBlock`]; one of no bytes is the end.
    pub reader: Box<dyn Read + Send>,
    /// What goes.
    pub writer: Box<dyn Write + Send>,
}
