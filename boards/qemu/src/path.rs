//! Files of the computer that emulates.

use core::ffi::CStr;

use heapless::String;
use semihosting::fs::File;

/// Longest path.
pub(crate) const LENGTH: usize = 512;

/// Opens a file to be read, whose path is these parts together.
///
/// # Errors
/// What is wrong with its path, or that there is none.
pub(crate) fn open(parts: [&str; 2]) -> Result<File, &'static str> {
    let mut path = String::<LENGTH>::new();
    for part in parts.into_iter().chain(["\0"]) {
        path.push_str(part).map_err(|_| "it is too long")?;
    }
    let path = CStr::from_bytes_with_nul(path.as_bytes()).map_err(|_| "it has a zero byte")?;
    File::open(path).map_err(|_| "it cannot be opened")
}
