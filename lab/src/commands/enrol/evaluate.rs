//! `kws-lab enrol evaluate`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::{CorpusRef, SPEECH};
use kws_lab::enrol::{Alarms, Bank, Curve, Ear, Study, Trial, study_voices, study_words};
use kws_lab::evaluate::Listener;
use kws_lab::statistics::Interval;
use kws_lab::train::Config;

use crate::commands::data::Data;
use crate::commands::json::Json;

/// Measures enrolment by number of clips, on speakers that were not enrolled with.
///
/// Words: those that the embedding's `train.toml` leaves out; for each number of clips several enrolments, each tried with the
/// word's clips by all other speakers and with all other words of the split `test`. Voices: each speaker of the split `test` with
/// some clips of a word, tried with the speaker's other clips of it and with those of all other speakers of that split; the bank
/// has none of them. Intervals are from a bootstrap over speakers. Where a corpus states gender or accent, the figures are by that, too.
///
/// With `--speech`, speakers of running speech are enrolled by some seconds of it and tried with others, whatever they say: harder
/// than one word, and such corpora state gender and accent. With `--detector`, too, its false accepts per hour of that speech are
/// counted before and behind the enrolled voices.
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
    #[arg(long, default_value_t = kws_stages::enrol::OF_WORDS, value_name = "SHARE")]
    accept: f64,
    /// Share of the bank's other voices that thresholds accept.
    #[arg(long, default_value_t = super::OF_VOICES, value_name = "SHARE")]
    accept_voices: f64,
    /// Enrolments of each word with each number of clips.
    #[arg(long, default_value_t = 20)]
    draws: usize,
    /// Running speech with known speakers: corpora by name or folders, separated by commas.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "CORPUS")]
    speech: Vec<String>,
    /// Pipeline with one `classifier` and one `trigger`, whose false accepts in that speech the voices of `--corpus` judge.
    #[arg(long, requires = "speech", value_name = "PIPELINE")]
    detector: Option<PathBuf>,
    /// Score from which on a moment counts as a false accept, 0 to 1 [default: the lowest threshold of each label].
    #[arg(long, requires = "detector", value_name = "SCORE")]
    above: Option<f32>,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    json: Json,
}

/// Most clips that a speaker says of one word, less one to try.
const VOICE_CLIPS: [usize; 4] = [1, 2, 3, 4];

/// Seconds of running speech that a speaker is enrolled with.
const SPEECH_SECONDS: [usize; 3] = [1, 3, 5];

impl Evaluate {
    pub(super) fn run(&self) -> Result<()> {
        if let Some(above) = self.above {
            ensure!((0.0..=1.0).contains(&above), "`--above` is {above}, expected a score from 0 to 1");
        }
        let data = self.data.folder();
        let mut ear = Ear::open(&self.folder)?;
        let bank = Bank::open(&self.folder, &ear)?;
        let config = Config::read(&self.folder.join("train.toml"), &data)?;
        let corpus = CorpusRef::argument(&self.corpus, &data)?;
        let trials = Trial::hear(&mut ear, corpus.folder(), &super::bar("hearing"))?;
        let study = Study { accept: self.accept, draws: self.draws, resamples: 100, seed: 1 };
        let words = study_words(&ear, &bank, &trials, &config.data.without, &self.clips, study)?;
        let study = Study { accept: self.accept_voices, ..study };
        let speech: Vec<CorpusRef> =
            self.speech.iter().map(|name| CorpusRef::argument(name, &data)).collect::<Result<_>>()?;
        speech.iter().try_for_each(|corpus| corpus.check("--speech"))?;
        let alarms = match &self.detector {
            Some(pipeline) => {
                let listener = Listener::open(pipeline, None)?;
                Some(Alarms::hear(&mut ear, &listener, &speech, self.above, &super::bar("detecting"))?)
            }
            None => None,
        };
        let voices = study_voices(&ear, &bank, &trials, &self.voices, &VOICE_CLIPS, alarms.as_ref(), study)?;
        let mut curves = vec![words, voices];
        if !speech.is_empty() {
            let trials = Trial::hear_speech(&mut ear, &speech, &super::bar("hearing speech"))?;
            let spoken = [SPEECH.to_owned()];
            curves.push(Curve {
                of: "speech",
                ..study_voices(&ear, &bank, &trials, &spoken, &SPEECH_SECONDS, None, study)?
            });
        }
        self.json.show(&curves, || curves.iter().map(text).collect())
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

fn with(share: f64, interval: Interval) -> String {
    format!("{} ({}–{})", percent(share), percent(interval.low), percent(interval.high))
}

fn text(curve: &Curve) -> String {
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
    text + &by_group(curve) + &alarms(curve)
}

/// Figures by gender and accent, where they are stated.
fn by_group(curve: &Curve) -> String {
    if curve.points.iter().all(|p| p.groups.is_empty()) {
        return String::new();
    }
    let mut text =
        "\n| clips | who | speakers | accepted, % | others accepted, % | equal error, % |\n".to_owned();
    text += "|---|---|---|---|---|---|\n";
    for (clips, group) in curve.points.iter().flat_map(|p| p.groups.iter().map(move |group| (p.clips, group)))
    {
        text += &format!(
            "| {clips} | {}: {} | {} | {} | {} | {} |\n",
            group.column,
            group.value,
            group.speakers,
            with(group.accepted, group.accepted_interval),
            with(group.false_accepted, group.false_accepted_interval),
            with(group.equal_error, group.equal_error_interval),
        );
    }
    text
}

/// False accepts per hour, before and behind the voices.
fn alarms(curve: &Curve) -> String {
    let tried: Vec<_> = curve.points.iter().filter_map(|p| Some((p.clips, p.alarms?))).collect();
    if tried.is_empty() {
        return String::new();
    }
    let per_hour = |rate: f64, at: Interval| format!("{rate:.2} ({:.2}–{:.2})", at.low, at.high);
    let mut text =
        "\n| clips | hours | false accepts per hour before | and after |\n|---|---|---|---|\n".to_owned();
    for (clips, rate) in tried {
        let (before, after) =
            (per_hour(rate.before, rate.before_interval), per_hour(rate.after, rate.after_interval));
        text += &format!("| {clips} | {:.2} | {before} | {after} |\n", rate.hours);
    }
    text
}
