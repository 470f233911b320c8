//! microWakeWord's manifest: what no `.tflite` says of a wake word.

use std::path::{Path, PathBuf};

use kws_engine::Assets;
use serde::Deserialize;

use super::model_info::text_of;

/// A JSON manifest of microWakeWord, version 1 or 2.
///
/// ```
/// use kws_stages::nn::Manifest;
///
/// let manifest = Manifest::parse(
///     r#"{"type": "micro", "wake_word": "Alexa", "model": "alexa.tflite", "version": 2,
///         "micro": {"probability_cutoff": 0.9, "sliding_window_size": 5, "feature_step_size": 10}}"#,
/// )?;
/// assert_eq!((manifest.cutoff(), manifest.sliding_window, manifest.step_ms), (229, 5, 10));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// What is said, as people write it.
    pub wake_word: String,
    /// The `.tflite` file, relative to the manifest.
    pub model: PathBuf,
    /// Probability above which the mean over the sliding window must be, from 0 to 1.
    pub probability_cutoff: f64,
    /// Probabilities that are averaged.
    pub sliding_window: usize,
    /// Time from one frame of features to the next, in milliseconds.
    pub step_ms: usize,
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    wake_word: String,
    model: PathBuf,
    version: u32,
    micro: Micro,
}

#[derive(Deserialize)]
struct Micro {
    probability_cutoff: f64,
    /// Its name in version 1 is another.
    #[serde(alias = "sliding_window_average_size")]
    sliding_window_size: usize,
    feature_step_size: Option<usize>,
}

/// Time between the frames of a model of version 1, whose manifest does not say it.
const STEP_MS_OF_VERSION_1: usize = 20;

impl Manifest {
    /// Whether a path names a manifest and not a model.
    pub fn is_named(path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
    }

    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// Says what cannot be read, and where such a file comes from.
    pub fn read(path: &Path) -> Result<Self, String> {
        Self::of(path, &Assets::disk())
    }

    /// As [`read`](Manifest::read), from files that may be in memory.
    ///
    /// # Errors
    ///
    /// As [`read`](Manifest::read).
    pub fn of(path: &Path, assets: &Assets) -> Result<Self, String> {
        Self::parse(&text_of(path, assets)?).map_err(|error| format!("in `{}`: {error}", path.display()))
    }

    /// Reads the text of a manifest.
    ///
    /// # Errors
    ///
    /// Says what was found in it and what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Document { kind, wake_word, model, version, micro } =
            serde_json::from_str(text).map_err(|error| format!("not a microWakeWord manifest: {error}"))?;
        if kind != "micro" || !(1..=2).contains(&version) {
            return Err(format!("found type `{kind}`, version {version}, expected `micro`, version 1 or 2"));
        }
        let step_ms = match (version, micro.feature_step_size) {
            (1, None) => STEP_MS_OF_VERSION_1,
            (_, Some(step @ 1..=30)) => step,
            (_, step) => return Err(format!("found `feature_step_size` {step:?}, expected 1 to 30")),
        };
        let (cutoff, window) = (micro.probability_cutoff, micro.sliding_window_size);
        if !(0.0..=1.0).contains(&cutoff) || !(1..=1000).contains(&window) {
            return Err(format!(
                "found `probability_cutoff` {cutoff} and a sliding window of {window}, expected 0 to 1 and 1 to 1000"
            ));
        }
        Ok(Self { wake_word, model, probability_cutoff: cutoff, sliding_window: window, step_ms })
    }

    /// The cut-off in 255ths, cut short as ESPHome does it.
    pub fn cutoff(&self) -> u8 {
        (self.probability_cutoff * 255.0) as u8
    }
}
