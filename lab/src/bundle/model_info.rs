//! `model.toml`: what no `.tflite` says of a model.

use std::path::Path;

use anyhow::{Context, Result};
use kws_engine::CurvePoint;
use serde::{Deserialize, Serialize};

use super::training_data::TrainingData;
use crate::audio::RATE;
use crate::features::View;
use crate::medium::Medium;

/// What `model.toml` says; `kws-run` reads `labels`, `clock` and `front_end`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Name of the model; where the file does not say it, that of its folder.
    #[serde(default)]
    pub name: String,
    /// Names of the outputs, in order.
    pub labels: Vec<String>,
    /// Ticks per second of the source that the model was trained on: samples of audio, microseconds of images. Where
    /// the file does not say it, that of the sources that [`FrontEnd`](crate::features::FrontEnd) stands for.
    #[serde(default)]
    pub clock: u32,
    /// The images that the model is shown; none of a model that hears clips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// The stages between the source and the classifier, with the parameters that the model depends on.
    pub front_end: Vec<toml::Table>,
    /// The tensor that is an embedding, for `kws-lab enrol`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
    /// Operating points, for `trigger`.
    #[serde(default)]
    pub point: Vec<Point>,
    /// Scales and zero points, for people: the `.tflite` file says the same.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub quantisation: toml::Table,
    /// How the model came to be; empty where somebody else trained it.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub training: toml::Table,
    /// How `kws-lab calibrate` found the operating points, by their name.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub calibration: toml::Table,
    /// What was measured, and on what.
    #[serde(default)]
    pub measured: toml::Table,
}

/// When a label counts as heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Name of the operating point.
    pub name: String,
    /// The label that it watches.
    pub label: String,
    /// Smoothed posterior from which on the label is heard.
    pub on: f64,
    /// Smoothed posterior below which it is over.
    pub off: f64,
    /// What other thresholds gave where `kws-lab calibrate` measured them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<CurvePoint>,
}

impl ModelInfo {
    /// Reads `model.toml` of a model's folder.
    ///
    /// # Errors
    /// When it is absent or malformed.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("model.toml");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let mut card: Self = toml::from_str(&text).with_context(|| format!("in `{}`", path.display()))?;
        if card.name.is_empty() {
            let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            card.name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        }
        if card.clock == 0 {
            card.clock = if card.view.is_some() { View::CLOCK } else { RATE };
        }
        Ok(card)
    }

    /// What the model judges.
    #[must_use]
    pub fn medium(&self) -> Medium {
        if self.view.is_some() { Medium::Images } else { Medium::Clips }
    }

    /// What the model has learnt from; of a card of an earlier form the names alone.
    #[must_use]
    pub fn training_data(&self) -> Vec<TrainingData> {
        let list =
            |key: &str| self.training.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let mut all: Vec<TrainingData> =
            list("data").into_iter().filter_map(|data| data.try_into().ok()).collect();
        for role in ["corpora", "noise", "speech", "music", "rooms"] {
            all.extend(list(role).iter().filter_map(toml::Value::as_str).map(|name| TrainingData {
                role: role.to_owned(),
                name: name.to_owned(),
                ..TrainingData::default()
            }));
        }
        all
    }

    /// Writes `model.toml` into a model's folder.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join("model.toml");
        std::fs::write(&path, toml::to_string(self)?)
            .with_context(|| format!("cannot write `{}`", path.display()))
    }
}
