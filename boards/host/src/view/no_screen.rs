//! In the place of the terminal view, where it is not built in.

use std::io;

use crossbeam_channel::{Receiver, Sender};
use kws_engine::Plan;

use super::View;

/// A terminal view that there is not.
pub(crate) enum Screen {}

impl Screen {
    /// # Errors
    /// Always.
    pub(crate) fn open(_: &View, _: &Plan) -> io::Result<Screen> {
        let text = "this program was built without it; build it with `--features tui`";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }

    /// Where lines go that would otherwise be told on standard error.
    pub(crate) fn lines(&self) -> Sender<String> {
        match *self {}
    }

    /// Tells that a person wants to leave.
    pub(crate) fn left(&self) -> Receiver<()> {
        match *self {}
    }
}
