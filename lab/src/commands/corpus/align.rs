//! `kws-lab corpus align`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::corpus::Corpus;
use kws_lab::corpus::aligned::align;

use super::output::Target;

/// Places each word in the middle of its clip and writes a new corpus.
///
/// The word is found by its energy: the loudest stretch, with pauses of up to 0.2 s inside it. Longer recordings are cut,
/// shorter ones continued with their own background. Labels in underscores, such as `_silence_`, are copied. What cannot
/// be aligned is left out with its reason: no word stands out, or it is longer than the clip.
#[derive(Args)]
pub(crate) struct Align {
    /// The corpus, which is not changed.
    corpus: PathBuf,
    /// Length of the clips in seconds.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    #[command(flatten)]
    target: Target,
}

impl Align {
    pub(crate) fn run(self) -> Result<()> {
        let corpus = Corpus::open(&self.corpus)?;
        corpus.needs_sound("`align` places words in their clips")?;
        let mut build = self.target.begin()?;
        align(corpus, self.seconds, &mut build)?;
        self.target.finish(build)
    }
}
