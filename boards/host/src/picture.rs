//! Pictures on their way into a pipeline: decoded, and fitted to the size and colours that the pipeline asks for.

mod decode;
mod frames;

use std::path::Path;

pub use decode::decode;
pub(crate) use frames::Frames;
pub(crate) use kws_stages::vision::{Fitter, Picture};

/// Endings of files of pictures, in lower case.
pub const ENDINGS: [&str; 4] = ["bmp", "jpeg", "jpg", "png"];

/// Whether a file's name says that it is a picture.
pub fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|own| ending.eq_ignore_ascii_case(own)))
}

/// Ticks in a second of sources of pictures: microseconds.
pub const CLOCK: u32 = 1_000_000;
