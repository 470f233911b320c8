//! Recordings: any file that symphonia decodes, mixed to one channel, at the lab's rate.

mod decode;
mod resample;
mod write;

use std::path::Path;

use anyhow::{Context, Result, ensure};

pub use decode::{LONGEST, Recording, read, read_up_to};
pub use write::{wav, write_wav};

/// Sample rate in hertz of everything that the lab trains on.
pub const RATE: u32 = 16_000;

/// Endings of the files that are decoded.
pub const ENDINGS: [&str; 5] = ["flac", "mp3", "oga", "ogg", "wav"];

/// Whether a file's name says that it can be decoded.
#[must_use]
pub fn is_audio(path: &Path) -> bool {
    path.extension().is_some_and(|e| ENDINGS.contains(&e.to_string_lossy().to_lowercase().as_str()))
}

/// Reads a recording that must already be sampled at [`RATE`].
///
/// # Errors
/// When the file cannot be decoded, lasts longer than [`LONGEST`], or its rate differs.
pub fn read_16k(path: &Path) -> Result<Vec<i16>> {
    let recording = read(path)?;
    ensure!(
        recording.rate == RATE,
        "`{}` is sampled at {} Hz, expected {RATE} Hz; import it with `kws-lab corpus import`, which resamples",
        path.display(),
        recording.rate
    );
    Ok(recording.to_i16())
}

/// Reads a recording at any rate, resampled to [`RATE`].
///
/// # Errors
/// When the file cannot be decoded, or lasts longer than [`LONGEST`].
pub fn read_any(path: &Path) -> Result<Vec<i16>> {
    read_resampled(path, LONGEST).with_context(|| format!("cannot read audio from `{}`", path.display()))
}

/// Reads a recording of at most `seconds` at any rate, resampled to [`RATE`]. Like that of [`read_up_to`], the error
/// does not name the file.
///
/// # Errors
/// When the file cannot be decoded, or lasts longer: that is found without decoding more than the limit.
pub fn read_resampled(path: &Path, seconds: f64) -> Result<Vec<i16>> {
    Ok(read_up_to(path, seconds)?.resampled(RATE)?.to_i16())
}
