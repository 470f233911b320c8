//! `kws-lab corpus add`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::{About, Layout, recordings};

use crate::commands::data::Data;
use crate::commands::paths::seen_from;

/// Registers a corpus stored elsewhere: writes its name and origin to `corpus.toml` in the data folder.
///
/// Nothing is copied. Configurations and arguments can then use its name, and cards of models trained on it state its
/// title, source and licence. For a folder that is already in the data folder, the command only describes it.
#[derive(Args)]
#[command(
    after_help = "Example: kws-lab corpus add /media/cv-corpus/en --name common_voice --title 'Common Voice 13.0' \
    --source commonvoice.mozilla.org --licence CC0-1.0"
)]
pub(crate) struct Add {
    /// Folder of the corpus.
    folder: PathBuf,
    /// Name in the data folder.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    data: Data,
    /// Title of the data set.
    #[arg(long, default_value = "")]
    title: String,
    /// Author, and where it is published.
    #[arg(long, default_value = "")]
    source: String,
    /// Licence.
    #[arg(long, default_value = "")]
    licence: String,
    /// Note for model cards, such as how it was split.
    #[arg(long, default_value = "")]
    note: String,
}

impl Add {
    pub(crate) fn run(self) -> Result<()> {
        ensure!(
            !self.name.is_empty() && !self.name.starts_with(['.', '/']),
            "found the name `{}`, expected one such as `common_voice`",
            self.name
        );
        // What is no layout holds recordings, or nothing.
        if Layout::of(&self.folder).is_none() {
            recordings(&self.folder)?;
        }
        let entry = self.data.folder().entry(&self.name);
        std::fs::create_dir_all(&entry)?;
        let elsewhere = entry.canonicalize()? != self.folder.canonicalize()?;
        ensure!(
            !elsewhere || Layout::of(&entry).is_none(),
            "`{}` already contains a corpus; choose another `--name`",
            entry.display()
        );
        let folder = if elsewhere { Some(seen_from(&entry, &self.folder)?.into()) } else { None };
        let Self { title, source, licence, note, .. } = self;
        let about = About { title, source, licence, note, folder };
        about.write(&entry)?;
        println!(
            "wrote `{}`; use the corpus in configurations as `{}`",
            entry.join(About::FILE).display(),
            self.name
        );
        Ok(())
    }
}
