//! Corpora as configurations name them.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::DataFolder;

/// A corpus as a configuration names it, with the folder where it lies.
///
/// What begins with `.`, and an absolute path, is a folder, seen from the configuration's own. Everything else is the
/// name of a corpus in the [`DataFolder`], such as `speech_commands` or `noise/musan`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct CorpusRef {
    written: String,
    folder: PathBuf,
    /// What to do about a name that stands for no folder.
    advice: Option<String>,
}

impl From<String> for CorpusRef {
    fn from(written: String) -> Self {
        Self { folder: PathBuf::from(&written), written, advice: None }
    }
}

impl From<CorpusRef> for String {
    fn from(corpus: CorpusRef) -> Self {
        corpus.written
    }
}

impl Deref for CorpusRef {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.folder
    }
}

impl AsRef<Path> for CorpusRef {
    fn as_ref(&self) -> &Path {
        &self.folder
    }
}

impl CorpusRef {
    /// The corpus that a program's argument names: a path where something lies there, else a name.
    #[must_use]
    pub fn argument(text: &str, data: &DataFolder) -> Self {
        let mut corpus = Self::from(text.to_owned());
        if !corpus.folder.exists() {
            corpus.resolve(Path::new(""), data);
        }
        corpus
    }

    /// Whether it is a name in the data folder.
    #[must_use]
    pub fn is_name(&self) -> bool {
        !self.written.starts_with('.') && !Path::new(&self.written).is_absolute()
    }

    /// What the configuration says.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What people call it: its name, or the last part of its path.
    #[must_use]
    pub fn name(&self) -> String {
        if self.is_name() {
            return self.written.clone();
        }
        let last = self.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        last.unwrap_or_else(|| self.written.clone())
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Finds its folder: paths start at `base`, names are looked up in `data`.
    pub(crate) fn resolve(&mut self, base: &Path, data: &DataFolder) {
        if !self.is_name() {
            self.folder = base.join(&self.written);
            return;
        }
        self.folder = data.corpus(&self.written);
        let near = base.join(&self.written);
        self.advice = Some(match near.is_dir() {
            true => format!("for `{}` write `./{}`", near.display(), self.written),
            false => data.advice(&self.written),
        });
    }

    /// Changes how it is written, for a configuration in another folder; it still lies where it lay.
    pub fn write_as(&mut self, written: String) {
        self.written = written;
    }

    /// Checks that it is there; `key` is what names it.
    ///
    /// # Errors
    /// When there is nothing: says where it was looked for, and what to do.
    pub fn check(&self, key: &str) -> Result<()> {
        let folder = self.folder.display();
        if self.folder.exists() {
            return Ok(());
        }
        match &self.advice {
            Some(advice) => {
                bail!(
                    "corpus `{}`, named by `{key}`, is not in the data folder, at `{folder}`: {advice}",
                    self.written
                )
            }
            None => bail!(
                "folder `{folder}`, named by `{key}`, does not exist; paths start at the configuration's own folder"
            ),
        }
    }
}
