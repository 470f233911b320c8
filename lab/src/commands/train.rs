//! `kws-lab train`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use clap::{Args, ValueEnum};
use kws_lab::{bundle, train};

/// Trains, quantises and exports the model that a configuration describes.
#[derive(Args)]
pub(crate) struct Train {
    /// Configuration file, see `pipelines/models/*/train.toml`.
    config: PathBuf,
    /// Folder for `model.tflite`, `model.toml` and `card.md`; by default the configuration's.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Folder for checkpoints; a run that was killed goes on from them.
    #[arg(long, default_value = "target/lab")]
    work: PathBuf,
    /// Where tensors live.
    #[arg(long, value_enum, default_value_t = Backend::Flex)]
    device: Backend,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backend {
    /// burn's own processor backend.
    Flex,
}

impl Train {
    pub(crate) fn run(self) -> Result<()> {
        let Backend::Flex = self.device;
        let device = Device::flex();
        let config = train::Config::read(&self.config)?;
        let folder = match &self.output {
            Some(folder) => folder.clone(),
            None => self.config.parent().context("the configuration has no folder")?.to_owned(),
        };
        if !folder.is_dir() {
            bail!("output folder `{}` does not exist; create it first", folder.display());
        }
        let trained = train::train(&config, &self.work.join(&config.name), &device)?;
        bundle::export(&folder, &config, &trained)
    }
}
