//! Where a corpus comes from: `corpus.toml` in its folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What is said of a corpus as a whole; empty where nobody said it. What is true of some clips alone stands in the columns
/// of the manifest, such as `licence`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct About {
    /// What people call it, such as `Speech Commands v0.02`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Who made it and where it is published.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Under which terms.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// What whoever reads a model's card should know, such as how it was divided.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Where it lies, seen from the file's own folder, if not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
}

impl About {
    /// Name of the file.
    pub const FILE: &'static str = "corpus.toml";

    /// Reads what is said of a corpus; nothing where there is no such file.
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML, or has an unknown key.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(Self::FILE);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        toml::from_str(&text).with_context(|| format!("in `{}`", path.display()))
    }

    /// Writes it into a folder, which is made where it is not there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(Self::FILE);
        let write = || -> Result<()> {
            std::fs::create_dir_all(folder)?;
            std::fs::write(&path, toml::to_string(self)?)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Title, source and licence behind one another; none where nothing is said.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let said = [&self.title, &self.source, &self.licence].into_iter().filter(|text| !text.is_empty());
        let said: Vec<&str> = said.map(String::as_str).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}
