//! Images in files: decoded, and fitted to what a model is shown, as the pipeline's sources do it.

pub(crate) mod bands;
mod light;

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use kws_stages::vision::{Fitter, Image, file};

use crate::features::View;

pub use kws_stages::vision::file::{ENDINGS, is_image};
pub use light::{Light, brightness};

/// Decodes a JPEG, PNG or BMP file.
///
/// # Errors
/// When it cannot be read, is not an image, is truncated, or is too large. The error does not name the file: it goes into
/// lists that do.
pub fn read(path: &Path) -> Result<Image> {
    decode(&std::fs::read(path).context("it cannot be read")?)
}

/// Decodes a JPEG, PNG or BMP, as the pipeline's sources do.
///
/// # Errors
/// When it is not an image, is truncated, or is too large.
pub fn decode(bytes: &[u8]) -> Result<Image> {
    file::decode(bytes).map_err(|why| anyhow!(why))
}

/// Reads images as a model is shown them.
pub struct Viewer {
    view: View,
    fitter: Fitter,
}

impl Viewer {
    /// Shows images so.
    #[must_use]
    pub fn new(view: View) -> Self {
        Self { view, fitter: Fitter::new(view.size(), view.fit) }
    }

    /// The pixels of a file, RGB, row by row, at the view's size.
    ///
    /// # Errors
    /// As [`read`], and when it cannot be brought to that size.
    pub fn read(&mut self, path: &Path) -> Result<Vec<u8>> {
        self.fit(&read(path)?)
    }

    /// The pixels of an image, RGB, row by row, at the view's size.
    ///
    /// # Errors
    /// When it cannot be brought to that size.
    pub fn fit(&mut self, image: &Image) -> Result<Vec<u8>> {
        let mut pixels = vec![0; self.view.size().items()];
        self.fitter.fit(image, &mut pixels).map_err(|why| anyhow!(why))?;
        Ok(pixels)
    }
}
