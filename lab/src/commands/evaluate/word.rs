//! `kws-lab evaluate FOLDER`: what is listened to where the folder of a keyword is all that is given.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use kws_lab::corpus::{CorpusRef, Split, recordings};
use kws_lab::evaluate::StreamReport;
use kws_lab::page::Page;
use kws_lab::train::Config;

use super::Evaluate;

/// Name of the page in the folder.
const PAGE: &str = "report.html";
/// The stream of the test voices, which `kws-run` replays where there is no microphone.
const STREAM: &str = "test.wav";

impl Evaluate {
    /// Fills in what was not given: the folder's own model, pipeline and clips of the split `test`, and of its speech what
    /// did not train.
    pub(super) fn take_folder(&mut self, folder: &Path) -> Result<()> {
        let pipeline = folder.join("pipeline.toml");
        ensure!(
            pipeline.is_file(),
            "`{}` has no `pipeline.toml`, expected the folder of a keyword that `kws-lab new-word` has made",
            folder.display()
        );
        ensure!(
            folder.join("model.tflite").is_file(),
            "`{0}` has no model yet: run `kws-lab train {0}`",
            folder.display()
        );
        let config = Config::read(&folder.join("train.toml"), &self.listening.data.folder())?;
        let named = |corpus: &CorpusRef| corpus.folder().to_string_lossy().into_owned();
        self.model.get_or_insert_with(|| folder.to_owned());
        self.pipeline.get_or_insert(pipeline);
        self.show.html.get_or_insert_with(|| folder.join(PAGE));
        let split = *self.listening.split.get_or_insert(Split::Test);
        if self.listening.corpus.is_empty() {
            self.listening.corpus = config.data.corpora.iter().map(named).collect();
        }
        if self.listening.speech.is_empty() {
            let unheard = config.data.speech.iter().filter(|corpus| divided(corpus, split));
            self.listening.speech = unheard.map(named).collect();
        }
        self.show.keyword = Some(config.name);
        self.replay = Some(folder.join(STREAM));
        Ok(())
    }
}

/// What a person reads first of a keyword.
pub(super) fn opening(mut page: Page, streams: &StreamReport, synthetic: bool) -> Page {
    let Some(row) = streams.own() else { return page };
    let f = &row.figures;
    let speech = f.parts.iter().find(|part| part.part == "speech");
    let mut facts = vec![(format!("{} of {}", f.said - f.missed, f.said), "times the keyword was heard")];
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
        facts.push((words.false_accepts.to_string(), "near misses and other words taken for it"));
    }
    if let Some(latency) = &f.latency {
        facts.push((
            format!("{:.0} ms", latency.median_ms),
            "from the word's end to its detection, the median",
        ));
    }
    page = page.facts(facts);
    if synthetic {
        page = page.warning(
                "Clips of synthetic voices judge here: voices that training has not heard, and still none of a person. \
                 Record the keyword a few dozen times, take the recordings in with `kws-lab corpus import folder`, and \
                 measure on them with `--corpus`. For hours of real speech: `kws-lab corpus fetch`, then `--speech`.",
            );
    }
    page
}

/// Whether a corpus keeps recordings for a split.
fn divided(corpus: &CorpusRef, split: Split) -> bool {
    recordings(corpus).is_ok_and(|all| all.iter().any(|recording| recording.split == Some(split)))
}
