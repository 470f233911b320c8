//! Files of the computer that emulates.

use core::ffi::CStr;
use core::fmt::{self, Write};

use heapless::String;
use semihosting::fs::File;

/// Longest path.
pub(crate) const LENGTH: usize = 512;

/// Opens a file to be read.
///
/// # Errors
/// What is wrong with its path, or that there is none.
pub(crate) fn open(path: fmt::Arguments<'_>) -> Result<File, &'static str> {
    let mut terminated = String::<LENGTH>::new();
    write!(terminated, "{path}\0").map_err(|_| "it is too long")?;
    let path = CStr::from_bytes_with_nul(terminated.as_bytes()).map_err(|_| "it has a zero byte")?;
    File::open(path).map_err(|_| "it cannot be opened")
}
