//! `train.toml`: everything that a run depends on, so that the file and a seed reproduce it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::prior::Prior;
use super::start::Start;
use super::suggest;
use crate::augment::Augment;
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
    /// A trained model to start from; none means random weights.
    pub start: Option<Start>,
    /// Where the audio lies.
    pub data: Data,
    /// The stages between the samples and the classifier, in order; each has `kind` and that kind's parameters.
    pub front_end: Vec<toml::Table>,
    /// How often each kind of clip is drawn.
    #[serde(default)]
    pub mix: Mix,
    /// Distortions.
    #[serde(default)]
    pub augment: Augment,
    /// The float run.
    pub fit: Fit,
    /// The quantisation-aware run; none means post-training quantisation.
    pub qat: Option<Fit>,
}

/// Folders, relative to the configuration file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Corpora with a `manifest.csv`.
    pub corpora: Vec<PathBuf>,
    /// Folders of noise recordings.
    #[serde(default)]
    pub noise: Vec<PathBuf>,
    /// Folders of recordings of any length in which people speak and never say a keyword.
    #[serde(default)]
    pub speech: Vec<PathBuf>,
    /// Share of the training speakers that are heard: for learning curves.
    #[serde(default = "all")]
    pub speakers: f64,
}

fn all() -> f64 {
    1.0
}

/// Shares of the kinds of training clips; what remains goes to the keywords, in equal parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    /// Share of silence and noise.
    pub silence: f64,
    /// Share of unknown words.
    pub unknown: f64,
    /// Share of `near_miss` among the unknown words.
    pub near_miss_share: f64,
    /// Share of running speech among the unknown words: of `data.speech` where there is any, and of words in close
    /// succession.
    pub running: f64,
    /// Share of keywords among the unknown words that the window shows only in part, less than 60 % of each.
    pub cut: f64,
    /// Share of keywords among the unknown words that are a syllable of something longer: another word runs into them,
    /// or they into it, without a pause.
    pub within: f64,
    /// Words that are easily taken for a keyword.
    pub near_miss: Vec<String>,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            silence: 0.1,
            unknown: 0.4,
            near_miss_share: 0.3,
            running: 0.2,
            cut: 0.05,
            within: 0.1,
            near_miss: Vec::new(),
        }
    }
}

/// Length and pace of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// Passes; each draws [`clips`](Self::clips).
    pub epochs: usize,
    /// Clips drawn per epoch.
    pub clips: usize,
    /// Clips per step.
    pub batch: usize,
    /// Largest learning rate, reached after the first twentieth and lowered to zero along a cosine.
    pub rate: f64,
    /// Weight decay of AdamW.
    #[serde(default)]
    pub decay: f32,
    /// Share of inputs dropped before the last layer.
    #[serde(default)]
    pub dropout: f64,
    /// How much of a label's weight is spread over all labels.
    #[serde(default)]
    pub smoothing: f32,
    /// Weight of a second aim: to tell all words of the corpora apart, by a head that is dropped afterwards. What is
    /// merely unknown to the labels then has names, by which the layers below learn more from each clip.
    #[serde(default)]
    pub words: f64,
    /// Share of the mean of the weights that stays at a step; the mean is what is validated and kept. None keeps the
    /// weights of the last step.
    pub average: Option<f64>,
    /// Epochs without a better validation loss after which the run ends.
    pub patience: Option<usize>,
}

impl Config {
    /// Reads a configuration and resolves its folders.
    ///
    /// # Errors
    /// When the file cannot be read, has an unknown key or a value out of range.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(path).with_context(|| format!("in `{}`", path.display()))
    }

    fn parse(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).context("cannot read it; `kws-lab init` writes one")?;
        let mut config: Self = toml::from_str(&text).map_err(|e| suggest::explain(&e))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let data = &mut config.data;
        for p in data.corpora.iter_mut().chain(&mut data.noise).chain(&mut data.speech) {
            *p = folder.join(&p);
        }
        if let Some(start) = &mut config.start {
            start.model = folder.join(&start.model);
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let mix = &self.mix;
        ensure!(
            mix.silence >= 0.0 && mix.unknown >= 0.0 && mix.silence + mix.unknown < 1.0,
            "`mix` leaves nothing to the keywords: silence {} and unknown {} must add up to less than 1",
            mix.silence,
            mix.unknown
        );
        ensure!(
            mix.running >= 0.0
                && mix.cut >= 0.0
                && mix.within >= 0.0
                && mix.running + mix.cut + mix.within <= 1.0,
            "`mix` asks too much of the unknown words: running {}, cut {} and within {} must not add up to more than 1",
            mix.running,
            mix.cut,
            mix.within
        );
        ensure!(!self.data.corpora.is_empty(), "`data.corpora` is empty; name at least one folder");
        ensure!(
            self.data.speakers > 0.0 && self.data.speakers <= 1.0,
            "`data.speakers` is {}, expected a share above 0 and up to 1",
            self.data.speakers
        );
        for (name, fit) in [("fit", Some(&self.fit)), ("qat", self.qat.as_ref())] {
            let Some(fit) = fit else { continue };
            ensure!(
                fit.epochs > 0 && fit.batch > 0 && fit.clips >= fit.batch,
                "`{name}` trains nothing: found epochs {}, batch {}, clips {}; expected clips ≥ batch ≥ 1",
                fit.epochs,
                fit.batch,
                fit.clips
            );
            ensure!(
                fit.average.is_none_or(|keep| (0.0..1.0).contains(&keep)),
                "`{name}.average` is {}, expected a share from 0 to less than 1, such as 0.999",
                fit.average.unwrap_or_default()
            );
        }
        ensure!(
            self.qat.as_ref().is_none_or(|qat| qat.words == 0.0) && self.fit.words >= 0.0,
            "`words` is for `fit` alone, and not below 0: the network of `qat` has lost its second head"
        );
        Ok(())
    }
}
