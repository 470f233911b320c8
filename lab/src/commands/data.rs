//! The argument that names the data folder.

use std::path::PathBuf;

use clap::Args;
use kws_lab::corpus::DataFolder;

/// Where corpora lie by their names.
#[derive(Args, Clone, Debug)]
pub(crate) struct Data {
    /// Data folder, in which corpora are found by name [default: `kws` in your data folder, such as
    /// ~/.local/share/kws].
    #[arg(long, value_name = "DIR", env = DataFolder::VARIABLE, hide_env_values = true)]
    data: Option<PathBuf>,
}

impl Data {
    /// The data folder.
    pub(crate) fn folder(&self) -> DataFolder {
        DataFolder::find(self.data.as_deref())
    }
}
