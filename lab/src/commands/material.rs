//! Arguments that name the sound to evaluate on.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::{CorpusRef, Split};
use kws_lab::evaluate::Material;

use super::data::Data;

/// The sound to evaluate on.
#[derive(Args)]
pub(crate) struct MaterialArguments {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Corpus: a folder, or a name in the data folder; may be given several times.
    #[arg(long, value_name = "CORPUS")]
    pub(crate) corpus: Vec<String>,
    /// Split to use [default: all].
    #[arg(long, value_parser = Split::parse)]
    pub(crate) split: Option<Split>,
    /// Speech without a keyword, for counting false accepts: corpora by name, folders or recordings, separated by
    /// commas. Of a corpus with splits, `--split` is used; recordings whose transcript contains a keyword are skipped.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
    pub(crate) speech: Vec<String>,
    /// Noise: corpora by name, folders or recordings, separated by commas. It is mixed into the clips and is also a
    /// stream of its own. Of recordings without splits, only the last fifth is used, which training does not use.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
    pub(crate) noise: Vec<String>,
    /// Signal-to-noise ratio of the words, in dB.
    #[arg(long, default_value_t = 10.0, allow_negative_numbers = true, value_name = "DB")]
    pub(crate) snr_db: f32,
    /// Seed for the order of the clips, the pauses between them and the noise.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Recording with known content; may be given several times.
    #[arg(long, value_name = "AUDIO")]
    pub(crate) stream: Vec<PathBuf>,
    /// What is said in each `--stream`, in the same order: a CSV file with `label,start,end` in seconds [default: the
    /// file with the same name and the extension `.truth.csv`].
    #[arg(long, value_name = "CSV")]
    pub(crate) truth: Vec<PathBuf>,
}

impl MaterialArguments {
    /// The corpora of `--corpus`, which are there.
    pub(crate) fn corpora(&self) -> Result<Vec<CorpusRef>> {
        let corpora = self.found(&self.corpus)?;
        corpora.iter().try_for_each(|corpus| corpus.check("--corpus"))?;
        Ok(corpora)
    }

    fn found(&self, names: &[String]) -> Result<Vec<CorpusRef>> {
        let data = self.data.folder();
        names.iter().map(|name| CorpusRef::argument(name, &data)).collect()
    }

    /// The material that the arguments name.
    pub(crate) fn material(&self) -> Result<Material> {
        ensure!(
            self.truth.is_empty() || self.truth.len() == self.stream.len(),
            "found {} `--truth` for {} `--stream`, expected one for each",
            self.truth.len(),
            self.stream.len()
        );
        let beside = self.stream.iter().map(|wav| wav.with_extension("truth.csv"));
        let truth = if self.truth.is_empty() { beside.collect() } else { self.truth.clone() };
        Ok(Material {
            corpora: self.corpora()?,
            split: self.split,
            speech: self.found(&self.speech)?,
            noise: self.found(&self.noise)?,
            snr_db: self.snr_db,
            seed: self.seed,
            streams: self.stream.iter().cloned().zip(truth).collect(),
        })
    }
}
