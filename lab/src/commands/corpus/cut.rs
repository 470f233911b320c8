//! `kws-lab corpus cut`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::bundle::Bundle;
use kws_lab::corpus::{CorpusRef, Cutter, recordings};

use super::output::Target;
use crate::commands::data::Data;

/// Cuts keywords out of sentences whose transcript contains them, where a model finds them with high confidence.
///
/// The one-second clips form a corpus for review; the columns `score`, `at` and `sentence` give the model's score, the
/// position of the word and the sentence. A model finds only what it already knows: the words that it misses, which
/// would teach it the most, are listed in `excluded.csv` with the reason.
#[derive(Args)]
#[command(
    after_help = "Example: kws-lab corpus cut common_voice --words yes,no --model pipelines/models/yes_no --output review"
)]
pub(crate) struct Cut {
    /// Corpus with a column `sentence`: a name, or a folder.
    corpus: String,
    #[command(flatten)]
    data: Data,
    /// Words to cut out, separated by commas; each must be a label of the model.
    #[arg(long, value_delimiter = ',', required = true)]
    words: Vec<String>,
    /// Folder of the model.
    #[arg(long)]
    model: PathBuf,
    /// Minimum posterior of the word.
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
