//! `kws-lab mine`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::CorpusRef;
use kws_lab::evaluate::Listener;
use kws_lab::mine::Search;

use super::data::Data;
use super::json::Json;

/// Searches speech for what a model takes for a keyword, and keeps it to be trained on.
///
/// Every moment at which the pipeline's score, as its `trigger` reads it, comes to `--above` becomes a piece of two seconds
/// in the corpus `--output`, whose `manifest.csv` says from which recording it is, at what time in seconds, which word was
/// heard and with what score. What is searched must not say a keyword: recordings whose transcript does are left out, and
/// of a corpus that is divided only the split `train` is searched. Listen to what scores highest before you train on it.
///
/// A search that was cut off goes on when the command is given again. Another model searches everything again, and adds what
/// is new to the same corpus.
#[derive(Args)]
#[command(after_help = "\
Train, mine, train on:
  kws-lab train computer                                                     a first model
  kws-lab mine --pipeline computer.toml --model computer --speech common_voice,read_speech --output computer/hard
  then name the corpus in a copy of computer/train.toml, so that a piece is drawn eight times as often as a sentence:
      [data]
      speech = [\"common_voice\", \"read_speech\", { name = \"./hard\", weight = 8 }]
      [start]
      model = \"../computer\"
      train = \"all\"
  kws-lab train computer2                                                    goes on from the first one's weights
  kws-lab mine --pipeline computer.toml --model computer2 …                  what is left; repeat until little is")]
pub(crate) struct Mine {
    /// Pipeline file with one `classifier` and one `trigger`.
    #[arg(long)]
    pipeline: PathBuf,
    /// Folder of a model that takes the place of the pipeline's own.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Speech without a keyword: corpora by name, folders or recordings, separated by commas.
    #[arg(long, required = true, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
    speech: Vec<String>,
    #[command(flatten)]
    data: Data,
    /// Corpus that is written, or added to.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Lowest score, 0 to 1, that is kept [default: two thirds of the threshold of each label].
    #[arg(long, value_name = "SCORE")]
    above: Option<f32>,
    #[command(flatten)]
    json: Json,
}

impl Mine {
    pub(crate) fn run(self) -> Result<()> {
        if let Some(above) = self.above {
            ensure!(
                above > 0.0 && above <= 1.0,
                "`--above` is {above}, expected a score above 0 and up to 1"
            );
        }
        let data = self.data.folder();
        let corpora: Vec<CorpusRef> =
            self.speech.iter().map(|name| CorpusRef::argument(name, &data)).collect::<Result<_>>()?;
        corpora.iter().try_for_each(|corpus| corpus.check("--speech"))?;
        let listener = Listener::open(&self.pipeline, self.model.as_deref())?;
        let model = listener.model_file()?;
        let by = [self.pipeline.as_path(), model.as_path()];
        let search = Search { listener: &listener, corpora: &corpora, above: self.above, by: &by };
        let report = search.run(&self.output)?;
        self.json.show(&report, || report.text())
    }
}
