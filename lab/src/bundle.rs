//! The folder of a finished model.

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;

use crate::quantise::quantise;
use crate::train::{Config, Trained};

/// Writes `model.tflite`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, _config: &Config, trained: &Trained, _device: &Device) -> Result<()> {
    let model = quantise(&trained.rounded, &trained.fake);
    std::fs::write(folder.join("model.tflite"), crate::tflite::write(&model))?;
    Ok(())
}
