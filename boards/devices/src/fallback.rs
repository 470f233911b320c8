//! `fallback`: what a source plays where its device is missing.

use std::path::PathBuf;

use kws_engine::DesignError;
use schemars::{Schema, json_schema};
use serde::{Deserialize, Serialize};

/// What takes the place of a device that is missing. It is for demonstrations: a device that is named never falls back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fallback {
    /// `false`: nothing, which is what a pipeline without the key says.
    Switch(bool),
    /// A recording, or images.
    File(PathBuf),
}

impl Fallback {
    /// The file to play where `device` is missing; none where the pipeline must not run without it.
    ///
    /// # Errors
    /// When it says `true`, which names no file.
    pub fn file(fallback: Option<Fallback>, device: Option<&str>) -> Result<Option<PathBuf>, DesignError> {
        match fallback {
            Some(Fallback::Switch(true)) => {
                Err(DesignError::of("fallback", "found true, expected a path, or false for none"))
            }
            Some(Fallback::File(path)) if device.is_none() => Ok(Some(path)),
            _ => Ok(None),
        }
    }
}

/// The parameter's schema: a path, or `false`.
pub(crate) fn schema(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [{"const": false}, {"type": "string"}],
        "format": "path",
    })
}
