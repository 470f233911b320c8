//! `train.toml`: everything that a run depends on, so that the file and a seed reproduce it.

mod fit;
mod mix;
mod suggest;
mod teacher;
mod weights;

pub use fit::{Fit, Keep};
pub use mix::Mix;
pub use teacher::Teaching;
pub use weights::Weights;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
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
    /// What the logits are divided by in the end: more than 1 makes the posteriors softer. Where none is stated, it is the
    /// temperature at which the clips of the split `validation` are likeliest, so that a posterior of 0.9 is right nine
    /// times of ten.
    pub temperature: Option<f32>,
    /// A trained model to start from; none means random weights.
    pub start: Option<Start>,
    /// A trained model whose answers are learnt beside the labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher: Option<Teaching>,
    /// Where the audio, or the images, lie.
    pub data: Data,
    /// The images that the model is shown; none of a model that hears clips. With it, `corpora` are images, every
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
    /// Distortions of images.
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
    /// Corpora of clips, or of images: with a manifest, or in a [`Layout`](crate::corpus::Layout). A clip of one with
    /// `weight = 0.2` is drawn a fifth as often as one of the others of its label.
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
    /// How often images are drawn by what the manifests say of them.
    #[serde(default, skip_serializing_if = "Weights::is_empty")]
    pub weights: Weights,
    /// Music, which plays behind the words like noise; heard in the same part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub music: Vec<CorpusRef>,
    /// Impulse responses of rooms, one for each recording.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<CorpusRef>,
    /// Share of the training speakers that are heard, or of the images that are seen: for learning curves.
    #[serde(default = "all")]
    pub speakers: f64,
}

impl Data {
    /// Every corpus, whatever it is for.
    pub fn each(&mut self) -> impl Iterator<Item = &mut CorpusRef> {
        let heard =
            self.noise.iter_mut().chain(&mut self.speech).chain(&mut self.music).chain(&mut self.rooms);
        self.corpora.iter_mut().chain(heard)
    }

    /// Recordings of any length, by the key that names them.
    #[must_use]
    pub fn recordings(&self) -> [(&'static str, &[CorpusRef]); 4] {
        [("noise", &self.noise), ("speech", &self.speech), ("music", &self.music), ("rooms", &self.rooms)]
    }

    /// Whether clips of a label are used.
    #[must_use]
    pub fn uses(&self, label: &str) -> bool {
        !self.without.iter().any(|word| word == label)
    }

    /// Words that no recording of speech may say: the keywords and what is left out.
    #[must_use]
    pub fn unspoken(&self, keywords: Vec<String>) -> Vec<String> {
        [keywords, self.without.clone()].concat()
    }

    fn check(&self) -> Result<()> {
        ensure!(!self.corpora.is_empty(), "`data.corpora` is empty; name at least one folder");
        ensure!(
            self.speakers > 0.0 && self.speakers <= 1.0,
            "`data.speakers` is {}, expected a share above 0 and up to 1",
            self.speakers
        );
        for (key, corpora) in self.recordings().into_iter().chain([("corpora", &self.corpora[..])]) {
            for corpus in corpora {
                ensure!(
                    corpus.weight().is_finite() && corpus.weight() > 0.0,
                    "the weight of `{}` in `data.{key}` is {}, expected more than 0; to leave a corpus out, take it from the list",
                    corpus.written(),
                    corpus.weight()
                );
            }
        }
        Ok(())
    }
}

fn all() -> f64 {
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
        config.data.each().try_for_each(|corpus| corpus.resolve(folder, data))?;
        if let Some(start) = &mut config.start {
            start.model = folder.join(&start.model);
        }
        if let Some(teacher) = &mut config.teacher {
            teacher.model.resolve(folder, data)?;
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        self.mix.check()?;
        ensure!(
            self.temperature.is_none_or(|t| t.is_finite() && t > 0.0),
            "`temperature` is {}, expected a factor above 0, such as 2; without it, it is fitted",
            self.temperature.unwrap_or_default()
        );
        self.data.check()?;
        self.augment.check()?;
        let mut kinds =
            self.front_end.iter().filter_map(|stage| stage.get("kind").and_then(toml::Value::as_str));
        if let Some(kind) = kinds.find(|kind| CEPSTRAL.contains(kind)) {
            ensure!(
                self.augment.warp == [1.0; 2],
                "`augment.warp` shifts mel bands, but the output of the front end's `{kind}` has none: remove one of them"
            );
        }
        self.teacher.as_ref().map_or(Ok(()), Teaching::check)?;
        self.data.weights.check()?;
        self.check_view()?;
        self.fit.check("fit")?;
        let Some(qat) = &self.qat else { return Ok(()) };
        qat.check("qat")?;
        ensure!(
            qat.coarse == 0,
            "`qat.coarse` is {}, but `qat` measures its ranges on images of full size: set `coarse` in `fit` only",
            qat.coarse
        );
        ensure!(
            qat.words == 0.0,
            "`qat.words` is {}, but `qat` starts without the auxiliary head: set `words` in `fit` only",
            qat.words
        );
        Ok(())
    }

    /// Checks what models of images and models of clips do not share.
    fn check_view(&self) -> Result<()> {
        if self.view.is_none() {
            ensure!(
                self.augment_view.is_none(),
                "`augment_view` is for images, but there is no `view`: add one, or remove it"
            );
            ensure!(
                self.fit.coarse == 0,
                "`fit.coarse` is {}, but only models with a `view` support it",
                self.fit.coarse
            );
            ensure!(
                self.data.weights.is_empty(),
                "`data.weights` is for images, but there is no `view`: remove it"
            );
            return Ok(());
        }
        ensure!(
            self.fit.words == 0.0,
            "`fit.words` is {}, but is not supported with a `view`: remove it",
            self.fit.words
        );
        for (key, corpora) in self.data.recordings() {
            ensure!(
                corpora.is_empty(),
                "`data.{key}` is audio, but a model with a `view` takes images: remove it"
            );
        }
        let weighted = self.data.corpora.iter().find(|corpus| corpus.weight() != 1.0);
        if let Some(corpus) = weighted {
            bail!(
                "`{}` in `data.corpora` has a weight, but images are drawn by label only: remove it",
                corpus.written()
            );
        }
        self.augment_view.as_ref().map_or(Ok(()), |augment| augment.check("augment_view"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_are_left_out_give_no_clips_and_are_said_in_no_speech() {
        let data: Data = toml::from_str("corpora = [\"words\"]\nwithout = [\"stop\"]").unwrap();
        assert!(data.uses("yes") && !data.uses("stop"));
        assert_eq!(data.unspoken(vec!["yes".to_owned()]), ["yes", "stop"]);
    }
}
