//! The labels of a model, and what each word of a corpus counts as.

use anyhow::{Result, ensure};

use super::{SPEECH, is_word};

/// Labels in the order of the model's outputs.
///
/// Two names are special: `silence` takes clips labelled `_silence_`, and `unknown` takes every word that is
/// not a label. A model without one of them ignores such clips.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    labels: Vec<String>,
}

impl Vocabulary {
    /// Takes the labels of a model.
    ///
    /// # Errors
    /// With fewer than two labels, or one named twice.
    pub fn new(labels: Vec<String>) -> Result<Self> {
        ensure!(labels.len() >= 2, "a model needs at least two labels, found {}", labels.len());
        for (i, label) in labels.iter().enumerate() {
            ensure!(!labels[..i].contains(label), "label `{label}` is listed twice");
        }
        Ok(Self { labels })
    }

    /// The labels, in the order of the outputs.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The output for silence, if the model has one.
    #[must_use]
    pub fn silence(&self) -> Option<usize> {
        self.position("silence")
    }

    /// The output for unknown words, if the model has one.
    #[must_use]
    pub fn unknown(&self) -> Option<usize> {
        self.position("unknown")
    }

    /// The output that a corpus label belongs to; none when the model has no place for it: of what is no word, it has one
    /// for silence and for running speech alone.
    #[must_use]
    pub fn class(&self, corpus_label: &str) -> Option<usize> {
        match corpus_label {
            "_silence_" => self.silence(),
            other if !is_word(other) && other != SPEECH => None,
            word => self.position(word).or_else(|| self.unknown()),
        }
    }

    /// The labels that are words to be spotted.
    #[must_use]
    pub fn keywords(&self) -> Vec<String> {
        let special = ["silence", "unknown"];
        self.labels.iter().filter(|label| !special.contains(&label.as_str())).cloned().collect()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.labels.iter().position(|l| l == name)
    }
}
