//! `kws-lab corpus cut`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::bundle::Bundle;
use kws_lab::corpus::{CorpusRef, Cutter, recordings};

use super::output::Target;
use crate::commands::data::Data;

/// Cuts keywords out of sentences, where the transcript says that one is spoken and a model is sure to hear it there.
///
/// The clips of a second are a corpus for review: its columns `score`, `at` and `sentence` say how sure the model was, where
/// the word was and in what. A model finds what it knows already, so what it misses, which would teach it most, is in
/// `excluded.csv` with the reason.
#[derive(Args)]
#[command(
    after_help = "Example: kws-lab corpus cut common_voice --words yes,no --model pipelines/models/yes_no --output review"
)]
pub(crate) struct Cut {
    /// Recordings with a column `sentence`: a corpus by name or its folder.
    corpus: String,
    #[command(flatten)]
    data: Data,
    /// Words that are cut out, separated by commas; each a label of the model.
    #[arg(long, value_delimiter = ',', required = true)]
    words: Vec<String>,
    /// Folder of the model.
    #[arg(long)]
    model: PathBuf,
    /// Posterior that the model must reach.
    #[arg(long, default_value_t = 0.9, value_name = "SCORE")]
    sure: f32,
    #[command(flatten)]
    target: Target,
}

impl Cut {
    pub(crate) fn run(self) -> Result<()> {
        let corpus = CorpusRef::argument(&self.corpus, &self.data.folder())?;
        corpus.check("CORPUS")?;
        let all = recordings(&corpus)?;
        ensure!(
            all.iter().any(|recording| recording.columns.contains_key("sentence")),
            "`{}` has no transcripts, expected a column `sentence`",
            corpus.display()
        );
        let mut cutter = Cutter::new(Bundle::open(&self.model)?, self.sure)?;
        let mut build = self.target.begin()?;
        for recording in &all {
            for word in self.words.iter().filter(|word| recording.says(&[(*word).clone()]).is_some()) {
                let path = recording.path.strip_prefix(corpus.folder()).unwrap_or(&recording.path);
                cutter.cut(&path.to_string_lossy(), recording, word, &mut build)?;
            }
        }
        self.target.finish(build)
    }
}
