//! The encoder that comes with the program: the layers that a new keyword starts from.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Network;

/// Name of its folder in that of a keyword.
pub(super) const FOLDER: &str = "encoder";

/// Its files: what `[start]` needs of a model.
const FILES: [(&str, &[u8]); 5] = [
    ("card.md", include_bytes!("../../../../pipelines/models/encoder/card.md")),
    ("float.bpk", include_bytes!("../../../../pipelines/models/encoder/float.bpk")),
    ("model.tflite", include_bytes!("../../../../pipelines/models/encoder/model.tflite")),
    ("model.toml", include_bytes!("../../../../pipelines/models/encoder/model.toml")),
    ("train.toml", include_bytes!("../../../../pipelines/models/encoder/train.toml")),
];

/// The front end and the architecture of the encoder.
pub(super) fn network() -> Result<Network> {
    toml::from_str(include_str!("../../../../pipelines/models/encoder/train.toml"))
        .context("the encoder's `train.toml` is malformed")
}

/// Writes the encoder into `folder`; what is there already stays as it is.
pub(super) fn unpack(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for (name, bytes) in FILES {
        let path = folder.join(name);
        if !path.exists() {
            fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
    }
    Ok(())
}
