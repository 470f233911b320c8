//! `kws-lab corpus align`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::corpus::Corpus;
use kws_lab::corpus::aligned::align;

use super::output::Target;

/// Centres each word in its clip, writing a new corpus.
///
/// The word is the loudest part of the clip, including pauses of up to 0.2 s. Longer recordings are cut, shorter ones
/// padded with their own background. Labels in underscores, such as `_silence_`, are copied. Clips without a
/// recognisable word, or with one longer than the clip, are skipped and listed with the reason.
#[derive(Args)]
pub(crate) struct Align {
    /// Corpus to read; it is not changed.
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
