//! `kws-lab mine`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::CorpusRef;
use kws_lab::evaluate::Listener;
use kws_lab::mine::Search;

use super::data::Data;
use super::json::Json;

/// Searches speech for false accepts of a model, and collects them as a corpus of hard negatives.
///
/// Wherever the score, as the pipeline's `trigger` sees it, reaches `--above`, a two-second clip goes into the corpus
/// `--output`; its `manifest.csv` lists the recording, the time in seconds, the detected word and the score. Recordings
/// whose transcript contains a keyword are skipped, and of a corpus with splits only `train` is searched. Listen to the
/// clips with the highest scores before you train on them.
///
/// If a search is interrupted, run the same command again to resume it. With another model, everything is searched
/// again and new clips are added to the corpus.
#[derive(Args)]
#[command(after_help = "\
Train, mine, train again:
  kws-lab train computer                                                     a first model
  kws-lab mine --pipeline computer.toml --model computer --speech common_voice,read_speech --output computer/hard
  then add the corpus to computer2/train.toml, a copy of computer/train.toml, here with eight times the weight of a sentence:
      [data]
      speech = [\"common_voice\", \"read_speech\", { name = \"./hard\", weight = 8 }]
      [start]
      model = \"../computer\"
      train = \"all\"
  kws-lab train computer2                                                    starts from the weights of the first model
  kws-lab mine --pipeline computer.toml --model computer2 …                  repeat until few are found")]
pub(crate) struct Mine {
    /// Pipeline file with one `classifier` and one `trigger`.
    #[arg(long)]
    pipeline: PathBuf,
    /// Folder of the model to use instead of the pipeline's.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Speech without a keyword: corpora by name, folders or recordings, separated by commas.
    #[arg(long, required = true, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
    speech: Vec<String>,
    #[command(flatten)]
    data: Data,
    /// Corpus to create, or to add to.
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Minimum score, 0 to 1 [default: two thirds of the threshold of each label].
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
