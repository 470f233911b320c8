//! The folder in which corpora lie by their names.

use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, choose_native_strategy};

use super::fetch::DataSet;

/// A folder of corpora, each in a folder named like it.
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

    /// Where a corpus of this name lies, or would lie: `noise/musan` is `musan` in the folder of `noise`.
    #[must_use]
    pub fn corpus(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// What to do about a corpus that is not there.
    pub(crate) fn advice(&self, name: &str) -> String {
        let root = self.root.display();
        let get = match DataSet::named(name) {
            Some(_) => format!("`kws-lab corpus fetch {name}` downloads it"),
            None => format!(
                "put it there as `{name}`, or make one with `kws-lab corpus import … --output {root}/{name}` \
                 (`kws-lab corpus fetch --list` shows what can be downloaded)"
            ),
        };
        format!("{get}; another data folder is named by `--data` or `{}`", Self::VARIABLE)
    }
}
