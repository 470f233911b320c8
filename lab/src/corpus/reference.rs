//! Corpora as configurations name them.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::{About, DataFolder};

/// A corpus as a configuration names it, with the folder where it lies.
///
/// What begins with `.`, and an absolute path, is a folder, seen from the configuration's own. Everything else is the
/// name of a corpus in the [`DataFolder`], such as `speech_commands` or `noise/musan`.
///
/// In the place of the text may stand a table that says how often it is drawn from: `{ name = "tts", weight = 0.2 }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct CorpusRef {
    written: String,
    folder: PathBuf,
    /// The folder of its name in the data folder, which may say where it lies and comes from.
    entry: Option<PathBuf>,
    weight: f64,
    /// What to do about a name that stands for no folder.
    advice: Option<String>,
}

/// The forms of a corpus in a configuration.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a corpus: its name or path, or `{ name = \"tts\", weight = 0.2 }`")]
enum Written {
    Name(String),
    Weighted(Weighted),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weighted {
    name: String,
    weight: f64,
}

impl From<String> for CorpusRef {
    fn from(written: String) -> Self {
        Self { folder: PathBuf::from(&written), written, entry: None, weight: 1.0, advice: None }
    }
}

impl From<Written> for CorpusRef {
    fn from(written: Written) -> Self {
        match written {
            Written::Name(name) => Self::from(name),
            Written::Weighted(Weighted { name, weight }) => Self { weight, ..Self::from(name) },
        }
    }
}

impl From<CorpusRef> for Written {
    fn from(corpus: CorpusRef) -> Self {
        let CorpusRef { written: name, weight, .. } = corpus;
        if weight == 1.0 { Self::Name(name) } else { Self::Weighted(Weighted { name, weight }) }
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
    ///
    /// # Errors
    /// When the `corpus.toml` of a name cannot be read.
    pub fn argument(text: &str, data: &DataFolder) -> Result<Self> {
        let mut corpus = Self::from(text.to_owned());
        if !corpus.folder.exists() {
            corpus.resolve(Path::new(""), data)?;
        }
        Ok(corpus)
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
        if self.entry.is_some() {
            return self.written.clone();
        }
        let last = self.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        last.unwrap_or_else(|| self.written.clone())
    }

    /// How often one of its clips or recordings is drawn, by one of a corpus with 1, which is the default.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The same, drawn so much more often.
    #[must_use]
    pub(crate) fn weighted(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Finds its folder: paths start at `base`, names are looked up in `data`.
    pub(crate) fn resolve(&mut self, base: &Path, data: &DataFolder) -> Result<()> {
        if !self.is_name() {
            self.folder = base.join(&self.written);
            return Ok(());
        }
        self.folder = data.corpus(&self.written)?;
        self.entry = Some(data.entry(&self.written));
        let near = base.join(&self.written);
        self.advice = Some(match near.is_dir() {
            true => format!("for `{}` write `./{}`", near.display(), self.written),
            false => data.advice(&self.written),
        });
        Ok(())
    }

    /// Where it comes from: what its folder in the data folder says, else its own.
    ///
    /// # Errors
    /// When a `corpus.toml` cannot be read.
    pub fn about(&self) -> Result<About> {
        let named =
            self.entry.as_deref().map(About::read).transpose()?.filter(|about| about.line().is_some());
        named.map_or_else(|| About::read(&self.folder), Ok)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Named {
        corpora: Vec<CorpusRef>,
    }

    #[test]
    fn weights_come_back_as_they_were_written() {
        let text = "corpora = [\"a\", { name = \"./b\", weight = 0.2 }]\n";
        let named: Named = toml::from_str(text).unwrap();
        let found: Vec<(&str, f64)> = named.corpora.iter().map(|c| (c.written(), c.weight())).collect();
        assert_eq!(found, [("a", 1.0), ("./b", 0.2)]);
        let again: Named = toml::from_str(&toml::to_string(&named).unwrap()).unwrap();
        assert_eq!(again.corpora, named.corpora);
    }

    #[test]
    fn a_misspelt_weight_is_refused_and_the_form_shown() {
        let error = toml::from_str::<Named>("corpora = [{ name = \"a\", wieght = 2.0 }]").unwrap_err();
        assert!(error.to_string().contains("weight = 0.2"), "{error}");
    }
}
