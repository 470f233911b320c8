//! `kws-lab corpus add`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::{About, Layout, recordings};

use crate::commands::data::Data;
use crate::commands::paths::seen_from;

/// Names a corpus that lies elsewhere, and says where it comes from: `corpus.toml` in the data folder.
///
/// Nothing is copied. Configurations and arguments then find it by its name, and cards of models that hear it state its
/// title, source and licence. Given for a folder in the data folder, the command describes the corpus there.
#[derive(Args)]
#[command(
    after_help = "Example: kws-lab corpus add /media/cv-corpus/en --name common_voice --title 'Common Voice 13.0' \
    --source commonvoice.mozilla.org --licence CC0-1.0"
)]
pub(crate) struct Add {
    /// The folder.
    folder: PathBuf,
    /// Its name in the data folder.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    data: Data,
    /// What people call it.
    #[arg(long, default_value = "")]
    title: String,
    /// Who made it and where it is published.
    #[arg(long, default_value = "")]
    source: String,
    /// Under which terms.
    #[arg(long, default_value = "")]
    licence: String,
    /// What whoever reads a model's card should know, such as how it was divided.
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
            "`{}` holds a corpus already; choose another `--name`",
            entry.display()
        );
        let folder = if elsewhere { Some(seen_from(&entry, &self.folder)?.into()) } else { None };
        let Self { title, source, licence, note, .. } = self;
        let about = About { title, source, licence, note, folder };
        about.write(&entry)?;
        println!(
            "`{}` is written; configurations name the corpus `{}`",
            entry.join(About::FILE).display(),
            self.name
        );
        Ok(())
    }
}
