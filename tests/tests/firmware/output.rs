//! What written pipelines are given to write lines to.

use std::fmt;
use std::sync::Mutex;

/// The lines of the run that is under way.
pub static WRITTEN: Mutex<String> = Mutex::new(String::new());

/// Writes to [`WRITTEN`].
#[derive(Clone, Copy)]
pub struct Output;

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        WRITTEN.lock().unwrap().push_str(text);
        Ok(())
    }
}
