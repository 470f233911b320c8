//! `kws-lab enrol bank`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use kws_lab::bundle::ModelInfo;
use kws_lab::enrol::{Bank, Ear};
use kws_lab::train::Config;

use crate::commands::data::Data;

/// Makes the bank of other words and voices that enrolment compares with: `bank.npy` and `bank.csv` beside the model.
///
/// They are made of the training clips of the model's own `train.toml`; the recordings themselves are not in them.
#[derive(Args)]
pub(super) struct MakeBank {
    /// Folder of the embedding's model, with `train.toml`.
    folder: PathBuf,
    /// Names the tensor of the model that is the embedding, and writes it into `model.toml`.
    #[arg(long, value_name = "NAME")]
    tensor: Option<String>,
    #[command(flatten)]
    data: Data,
}

impl MakeBank {
    pub(super) fn run(&self) -> Result<()> {
        if let Some(tensor) = &self.tensor {
            let path = self.folder.join("model.tflite");
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            kws_stages::nn::tapped(&bytes, tensor).with_context(|| format!("in `{}`", path.display()))?;
            let mut card = ModelInfo::read(&self.folder)?;
            card.embedding = Some(tensor.clone());
            card.write(&self.folder)?;
        }
        let mut ear = Ear::open(&self.folder)?;
        let config = Config::read(&self.folder.join("train.toml"), &self.data.folder())?;
        let made = Bank::hear(&mut ear, &config, &super::bar("hearing"))?.write(&self.folder)?;
        println!("{} clips of {} words by {} speakers", made.clips, made.words, made.speakers);
        Ok(())
    }
}
