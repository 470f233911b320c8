//! Arguments that say what is listened to.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::Split;
use kws_lab::evaluate::Material;

/// What is listened to.
#[derive(Args)]
pub(crate) struct Listening {
    /// Folder of a corpus; may be given several times.
    #[arg(long, value_name = "DIR")]
    pub(crate) corpus: Vec<PathBuf>,
    /// The split whose clips or pictures are taken; all where none is named.
    #[arg(long, value_parser = Split::parse)]
    pub(crate) split: Option<Split>,
    /// Recordings without a keyword, or folders of them: false accepts are counted in them.
    #[arg(long, num_args = 1.., value_name = "PATH")]
    pub(crate) speech: Vec<PathBuf>,
    /// Noise recordings, or folders of them. The last fifth of each, which training does not hear, plays behind the clips
    /// and, alone, as a stream of its own.
    #[arg(long, num_args = 1.., value_name = "PATH")]
    pub(crate) noise: Vec<PathBuf>,
    /// Level of the clips' words above the noise, in dB.
    #[arg(long, default_value_t = 10.0, allow_negative_numbers = true, value_name = "DB")]
    pub(crate) snr_db: f32,
    /// Draws the order of the clips, the pauses between them and the noise.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A recording whose truth is known; may be given several times.
    #[arg(long, value_name = "AUDIO")]
    pub(crate) stream: Vec<PathBuf>,
    /// What is said in it: `label,start,end` in seconds. One for each `--stream`, in the same order; by default the file
    /// beside it whose name ends in `.truth.csv`.
    #[arg(long, value_name = "CSV")]
    pub(crate) truth: Vec<PathBuf>,
}

impl Listening {
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
            corpora: self.corpus.clone(),
            split: self.split,
            speech: self.speech.clone(),
            noise: self.noise.clone(),
            snr_db: self.snr_db,
            seed: self.seed,
            streams: self.stream.iter().cloned().zip(truth).collect(),
        })
    }
}
