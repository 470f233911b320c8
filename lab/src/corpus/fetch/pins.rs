//! Checksums of files whose publisher states none: the first download is trusted, and every later one must be the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::download::Fetched;

/// Name of the file, in the folder that holds the data sets.
const FILE: &str = "checksums.toml";

/// What was fetched first from an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// The checksums of first downloads, by address, as a file that people may read, share and check in.
#[derive(Debug)]
pub struct Pins {
    path: PathBuf,
    pins: BTreeMap<String, Pin>,
}

impl Pins {
    /// Reads those of a folder; none where there is no file yet.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let pins = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("cannot read `{}`", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", path.display())),
        };
        Ok(Self { path, pins })
    }

    /// What was fetched first from an address.
    #[must_use]
    pub fn of(&self, url: &str) -> Option<&Pin> {
        self.pins.get(url)
    }

    /// Where they are kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a first download; of later ones nothing is changed.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&mut self, url: &str, file: &Fetched) -> Result<()> {
        if self.pins.contains_key(url) {
            return Ok(());
        }
        self.pins.insert(url.to_owned(), Pin { sha256: file.sha256.clone(), bytes: file.bytes });
        let text = format!(
            "# SHA-256 of files whose publisher states none, as they were when they were first fetched. A later download that\n\
             # differs is refused; to accept what is published now, remove its entry.\n{}",
            toml::to_string_pretty(&self.pins)?
        );
        fs::write(&self.path, text).with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}
