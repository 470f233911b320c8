//! What clips and images are made of, and how they are written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::audio::write_wav;
use crate::images::{brightness, decode};

/// Gives the samples of a clip at 16 kHz, or the reason why there are none.
pub type Sound<'a> = Box<dyn Fn() -> Result<Vec<i16>> + Send + Sync + 'a>;

/// What a clip or an image is made of.
pub enum Content<'a> {
    /// Samples, which become a WAV file.
    Sound(Sound<'a>),
    /// A JPEG, PNG or BMP file, which is copied as it is.
    Image(PathBuf),
}

impl<'a> Content<'a> {
    /// What gives the samples of a clip.
    pub fn sound(samples: impl Fn() -> Result<Vec<i16>> + Send + Sync + 'a) -> Self {
        Self::Sound(Box::new(samples))
    }

    /// The ending of the file.
    pub(super) fn ending(&self) -> String {
        match self {
            Self::Sound(_) => "wav".to_owned(),
            Self::Image(file) => file.extension().unwrap_or_default().to_string_lossy().to_lowercase(),
        }
    }

    /// Writes the file. Gives what was measured of it: names and values of columns.
    ///
    /// # Errors
    /// When there are no samples, the image cannot be decoded, or, marked as [`Unwritten`], the disk is full.
    pub(super) fn write(&self, path: &Path) -> Result<Vec<(String, String)>> {
        match self {
            Self::Sound(samples) => {
                let samples = samples()?;
                write_wav(path, &samples).context(Unwritten)?;
                Ok(Vec::new())
            }
            Self::Image(file) => {
                let bytes = fs::read(file).context("it cannot be read")?;
                let image = decode(&bytes)?;
                fs::write(path, bytes).context(Unwritten)?;
                Ok(vec![("brightness".to_owned(), format!("{:.3}", brightness(&image)))])
            }
        }
    }
}

/// Marks an error of the disk, which no other clip would escape.
#[derive(Debug)]
pub(super) struct Unwritten;

impl std::fmt::Display for Unwritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the corpus cannot be written")
    }
}
