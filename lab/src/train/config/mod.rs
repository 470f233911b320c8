//! `train.toml`: everything that a run depends on, so that the file and a seed reproduce it.

mod fit;
mod mix;
mod suggest;

pub use fit::{Fit, Keep};
pub use mix::Mix;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::run::start::Start;
use crate::augment::{Augment, AugmentView};
use crate::corpus::{CorpusRef, DataFolder};
use crate::features::View;
use crate::nets::Architecture;

/// A training configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the model and of its folder.
    pub name: String,
    /// Output labels, in order. `silence` and `unknown` are special, see
    /// [`Vocabulary`](crate::corpus::Vocabulary).
    pub labels: Vec<String>,
    /// The network.
    pub architecture: Architecture,
    /// Seeds weights, draws and augmentation.
    pub seed: u64,
    /// How frequent the model takes each label to be.
    #[serde(default)]
    pub prior: Prior,
    /// What the logits are divided by in the end: more than 1 makes the posteriors softer, for streams to be judged by
    /// their mean over time.
    #[serde(default = "one")]
    pub temperature: f32,
    /// A trained model to start from; none means random weights.
    pub start: Option<Start>,
    /// Where the audio, or the pictures, lie.
    pub data: Data,
    /// The pictures that the model is shown; none of a model that hears clips. With it, `corpora` are pictures, every
    /// label is drawn equally often, and `mix` and `augment` say nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// The stages between the source and the classifier, in order; each has `kind` and that kind's parameters.
    pub front_end: Vec<toml::Table>,
    /// How often each kind of clip is drawn.
    #[serde(default)]
    pub mix: Mix,
    /// Distortions of clips.
    #[serde(default)]
    pub augment: Augment,
    /// Distortions of pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augment_view: Option<AugmentView>,
    /// The float run.
    pub fit: Fit,
    /// The quantisation-aware run; none means post-training quantisation.
    pub qat: Option<Fit>,
}

/// Corpora: names in the [`DataFolder`], or paths that begin with `.` and start at the configuration's folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Corpora of clips, or of pictures: with a manifest, or in a [`Layout`](crate::corpus::Layout).
    pub corpora: Vec<CorpusRef>,
    /// Noise recordings: of these the first four fifths are heard, of a corpus that is divided those that train.
    #[serde(default)]
    pub noise: Vec<CorpusRef>,
    /// Recordings of any length in which people speak; those that hold a keyword by their transcript are left out, and
    /// of a corpus that is divided only those are heard that train.
    #[serde(default)]
    pub speech: Vec<CorpusRef>,
    /// Labels whose clips are left out, as if the corpora did not hold them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Share of the training speakers that are heard, or of the pictures that are seen: for learning curves.
    #[serde(default = "all")]
    pub speakers: f64,
}

impl Data {
    /// Every corpus, whatever it is for.
    pub fn each(&mut self) -> impl Iterator<Item = &mut CorpusRef> {
        self.corpora.iter_mut().chain(&mut self.noise).chain(&mut self.speech)
    }
}

fn all() -> f64 {
    1.0
}

fn one() -> f32 {
    1.0
}

/// Whose frequencies of the labels a model takes for granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prior {
    /// Those of the clips that training draws.
    #[default]
    Mix,
    /// Those of the clips of the split `validation`.
    Validation,
}

/// Kinds of stages whose values are no bands any more.
pub const CEPSTRAL: [&str; 3] = ["dct", "mfcc", "speech_features"];

impl Config {
    /// Reads a configuration and finds its corpora: names in `data`, paths from the configuration's folder on.
    ///
    /// # Errors
    /// When the file cannot be read, has an unknown key or a value out of range.
    pub fn read(path: &Path, data: &DataFolder) -> Result<Self> {
        Self::parse(path, data).with_context(|| format!("in `{}`", path.display()))
    }

    fn parse(path: &Path, data: &DataFolder) -> Result<Self> {
        let text = std::fs::read_to_string(path).context("cannot read it; `kws-lab init` writes one")?;
        let mut config: Self = toml::from_str(&text).map_err(|e| suggest::explain(&e))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        config.data.each().for_each(|corpus| corpus.resolve(folder, data));
        if let Some(start) = &mut config.start {
            start.model = folder.join(&start.model);
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        self.mix.check()?;
        ensure!(
            self.temperature.is_finite() && self.temperature > 0.0,
            "`temperature` is {}, expected a factor above 0, such as 2",
            self.temperature
        );
        ensure!(!self.data.corpora.is_empty(), "`data.corpora` is empty; name at least one folder");
        ensure!(
            self.data.speakers > 0.0 && self.data.speakers <= 1.0,
            "`data.speakers` is {}, expected a share above 0 and up to 1",
            self.data.speakers
        );
        let mut kinds =
            self.front_end.iter().filter_map(|stage| stage.get("kind").and_then(toml::Value::as_str));
        if let Some(kind) = kinds.find(|kind| CEPSTRAL.contains(kind)) {
            ensure!(
                self.augment.warp == [1.0; 2],
                "`augment.warp` moves bands, but the front end's `{kind}` leaves none: take one of them out"
            );
        }
        self.check_view()?;
        self.fit.check("fit")?;
        let Some(qat) = &self.qat else { return Ok(()) };
        qat.check("qat")?;
        ensure!(
            qat.words == 0.0,
            "`qat.words` is {}, but what `qat` goes on from has lost its second head: `words` is for `fit` alone",
            qat.words
        );
        Ok(())
    }

    /// Checks what models of pictures and models of clips do not share.
    fn check_view(&self) -> Result<()> {
        if self.view.is_none() {
            ensure!(
                self.augment_view.is_none(),
                "`augment_view` distorts pictures, but there is no `view` of any: state one, or take it out"
            );
            return Ok(());
        }
        ensure!(
            self.fit.words == 0.0,
            "`fit.words` is {}, but pictures say no words: take it out",
            self.fit.words
        );
        ensure!(
            self.data.noise.is_empty() && self.data.speech.is_empty(),
            "`data.noise` and `data.speech` are heard, but with a `view` the model is shown pictures: take them out"
        );
        self.augment_view.as_ref().map_or(Ok(()), |augment| augment.check("augment_view"))
    }
}
