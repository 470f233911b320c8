//! `kws-lab evaluate FOLDER`: the defaults that the folder of a keyword gives.

use std::path::Path;

use anyhow::{Result, ensure};
use kws_lab::corpus::{CorpusRef, Split, recordings};
use kws_lab::evaluate::StreamReport;
use kws_lab::page::Page;
use kws_lab::train::Config;

use super::Evaluate;

/// Name of the page in the folder.
const PAGE: &str = "report.html";
/// The stream of the test voices, which `kws-run` replays if there is no microphone.
const STREAM: &str = "test.wav";

impl Evaluate {
    /// Fills in what was not given: the folder's model, pipeline and clips of the split `test`, and the part of its speech
    /// that was not used in training.
    pub(super) fn take_folder(&mut self, folder: &Path) -> Result<()> {
        let pipeline = folder.join("pipeline.toml");
        ensure!(
            pipeline.is_file(),
            "`{}` has no `pipeline.toml`, expected a folder that `kws-lab new-word` wrote",
            folder.display()
        );
        ensure!(
            folder.join("model.tflite").is_file(),
            "`{0}` has no model yet: run `kws-lab train {0}`",
            folder.display()
        );
        let config = Config::read(&folder.join("train.toml"), &self.material.data.folder())?;
        let named = |corpus: &CorpusRef| corpus.folder().to_string_lossy().into_owned();
        self.model.get_or_insert_with(|| folder.to_owned());
        self.pipeline.get_or_insert(pipeline);
        self.show.html.get_or_insert_with(|| folder.join(PAGE));
        let split = *self.material.split.get_or_insert(Split::Test);
        if self.material.corpus.is_empty() {
            self.material.corpus = config.data.corpora.iter().map(named).collect();
        }
        if self.material.speech.is_empty() {
            let divided_speech = config.data.speech.iter().filter(|corpus| divided(corpus, split));
            self.material.speech = divided_speech.map(named).collect();
        }
        self.show.keyword = Some(config.name);
        self.replay = Some(folder.join(STREAM));
        Ok(())
    }
}

/// The figures that a person reads first.
pub(super) fn opening(mut page: Page, streams: &StreamReport, synthetic: bool) -> Page {
    let Some(row) = streams.own() else { return page };
    let f = &row.figures;
    let speech = f.parts.iter().find(|part| part.part == "speech");
    let mut facts = vec![(format!("{} of {}", f.said - f.missed, f.said), "keywords detected")];
    if let Some(speech) = speech {
        let long = if speech.hours < 0.1 {
            format!("{:.1} min", speech.hours * 60.0)
        } else {
            format!("{:.2} h", speech.hours)
        };
        let wrong = format!("{} in {long}", speech.false_accepts);
        facts.push((wrong, "false accepts in speech without the keyword"));
    }
    if let Some(words) = f.parts.iter().find(|part| part.part == "words") {
        facts.push((words.false_accepts.to_string(), "false accepts of near misses and other words"));
    }
    if let Some(latency) = &f.latency {
        facts.push((format!("{:.0} ms", latency.median_ms), "median latency from the end of the word"));
    }
    page = page.facts(facts);
    if synthetic {
        page = page.warning(
            "The test clips are synthetic: voices that were not used in training, and no person. Record the keyword a few \
             dozen times, import the recordings with `kws-lab corpus import folder`, and evaluate on them with `--corpus`. \
             To count false accepts in hours of real speech, run `kws-lab corpus fetch`, and name it with `--speech`.",
        );
    }
    page
}

/// Whether a corpus has recordings for a split.
fn divided(corpus: &CorpusRef, split: Split) -> bool {
    recordings(corpus).is_ok_and(|all| all.iter().any(|recording| recording.split == Some(split)))
}
