//! `kws-lab enrol evaluate`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::corpus::CorpusRef;
use kws_lab::enrol::{Bank, Curve, Ear, Study, Trial, study_voices, study_words};
use kws_lab::train::Config;

use crate::commands::data::Data;
use crate::commands::json::Json;

/// Measures enrolment by number of clips, on speakers that were not enrolled with.
///
/// Words: those that the embedding's `train.toml` leaves out; for each number of clips several enrolments, each tried with the
/// word's clips by all other speakers and with all other words of the split `test`. Voices: each speaker of the split `test` with
/// some clips of a word, tried with the speaker's other clips of it and with those of all other speakers of that split; the bank
/// has none of them. Intervals are from a bootstrap over speakers.
#[derive(Args)]
pub(super) struct Evaluate {
    /// Folder of the embedding's model, with `train.toml` and its bank.
    folder: PathBuf,
    /// Corpus of real speakers with the official split.
    #[arg(long, default_value = "speech_commands_official")]
    corpus: String,
    /// Numbers of clips of a word.
    #[arg(long, value_delimiter = ',', default_value = "1,2,3,5,10,20")]
    clips: Vec<usize>,
    /// Words that speakers are enrolled with.
    #[arg(long, value_delimiter = ',', default_value = "yes,no,go,stop,up")]
    voices: Vec<String>,
    /// Share of the bank's other words that thresholds accept.
    #[arg(long, default_value_t = super::OF_WORDS, value_name = "SHARE")]
    accept: f64,
    /// Share of the bank's other voices that thresholds accept.
    #[arg(long, default_value_t = super::OF_VOICES, value_name = "SHARE")]
    accept_voices: f64,
    /// Enrolments of each word with each number of clips.
    #[arg(long, default_value_t = 20)]
    draws: usize,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    json: Json,
}

/// Most clips that a speaker says of one word, less one to try.
const VOICE_CLIPS: [usize; 4] = [1, 2, 3, 4];

impl Evaluate {
    pub(super) fn run(&self) -> Result<()> {
        let data = self.data.folder();
        let mut ear = Ear::open(&self.folder)?;
        let bank = Bank::open(&self.folder, &ear)?;
        let config = Config::read(&self.folder.join("train.toml"), &data)?;
        let corpus = CorpusRef::argument(&self.corpus, &data)?;
        let trials = Trial::hear(&mut ear, corpus.folder(), &super::bar("hearing"))?;
        let study = Study { accept: self.accept, draws: self.draws, resamples: 100, seed: 1 };
        let words = study_words(&ear, &bank, &trials, &config.data.without, &self.clips, study)?;
        let study = Study { accept: self.accept_voices, ..study };
        let voices = study_voices(&ear, &bank, &trials, &self.voices, &VOICE_CLIPS, study)?;
        let curves = [words, voices];
        self.json.show(&curves, || curves.iter().map(text).collect())
    }
}

fn text(curve: &Curve) -> String {
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let with = |share: f64, interval: kws_lab::statistics::Interval| {
        format!("{} ({}–{})", percent(share), percent(interval.low), percent(interval.high))
    };
    let mut text = format!("\n{}: {}\n\n", curve.of, curve.words.join(", "));
    text += "| clips | enrolments | speakers | accepted, % | others accepted, % | accepted at 5 % of others | others at 97 % accepted | equal error, % |\n";
    text += "|---|---|---|---|---|---|---|---|\n";
    for p in &curve.points {
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            p.clips,
            p.enrolments,
            p.speakers,
            with(p.accepted, p.accepted_interval),
            with(p.false_accepted, p.false_accepted_interval),
            percent(p.at_5),
            percent(p.false_at_97),
            with(p.equal_error, p.equal_error_interval),
        );
    }
    text
}
