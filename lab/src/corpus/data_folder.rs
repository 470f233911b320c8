//! The folder in which corpora lie by their names.

use std::path::{Path, PathBuf};

use anyhow::Result;
use etcetera::base_strategy::{BaseStrategy, choose_native_strategy};

use super::About;
use super::fetch::DataSet;

/// A folder of corpora, each in a folder named like it, or whose place its `corpus.toml` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder {
    root: PathBuf,
}

impl DataFolder {
    /// Environment variable that names the folder where no argument does.
    pub const VARIABLE: &'static str = "KWS_DATA";

    /// The folder that is given, else the one that `KWS_DATA` names, else `kws` in the user's data folder
    /// (`~/.local/share/kws` on Linux, `~/Library/Application Support/kws` on macOS, `%APPDATA%\kws` on Windows), else
    /// `data` in the current folder. It need not exist.
    #[must_use]
    pub fn find(given: Option<&Path>) -> Self {
        let named = || std::env::var_os(Self::VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let own = || choose_native_strategy().ok().map(|user| user.data_dir().join("kws"));
        let root = given.map(Path::to_owned).or_else(named).or_else(own);
        Self { root: root.unwrap_or_else(|| "data".into()) }
    }

    /// Where it lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of this name, whether a corpus lies in it or its `corpus.toml` says where.
    #[must_use]
    pub fn entry(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where a corpus of this name lies, or would lie: `noise/musan` is `musan` in the folder of `noise`, wherever that is.
    ///
    /// # Errors
    /// When a `corpus.toml` cannot be read.
    pub fn corpus(&self, name: &str) -> Result<PathBuf> {
        let mut folder = self.root.clone();
        for part in Path::new(name) {
            folder.push(part);
            if let Some(elsewhere) = About::read(&folder)?.folder {
                folder = folder.join(elsewhere);
            }
        }
        Ok(folder)
    }

    /// What to do about a corpus that is not there.
    pub(crate) fn advice(&self, name: &str) -> String {
        let root = self.root.display();
        let get = match DataSet::giving(name) {
            Some(set) => format!("`kws-lab corpus fetch {}` downloads it", set.name),
            None => format!(
                "put it there as `{name}`, register a folder with `kws-lab corpus add FOLDER --name {name}`, or create it with \
                 `kws-lab corpus import … --output {root}/{name}` (`kws-lab corpus fetch --list` lists the data sets that \
                 can be downloaded)"
            ),
        };
        format!("{get}; `--data` or `{}` sets another data folder", Self::VARIABLE)
    }
}
