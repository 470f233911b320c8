//! A trained model whose answers are learnt beside the labels (distillation; Hinton et al., arXiv:1503.02531).

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::corpus::CorpusRef;

/// A trained model that reads every example as it is drawn, distortions and all.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teaching {
    /// A model's folder, of which `model.tflite` answers; a `float.bpk` in one, which answers in float; or any other
    /// `.tflite` of the same features, whose outputs are taken for the labels in their order. What begins with `.` is seen
    /// from the configuration; everything else is a name in the data folder, such as `models/person-mlperf`.
    pub model: CorpusRef,
    /// How much of what is learnt is the teacher's answer; the rest is the label.
    #[serde(default = "weight")]
    pub weight: f32,
    /// What the logarithms of its probabilities are divided by: more than 1 softens its answers.
    #[serde(default = "one")]
    pub temperature: f32,
}

fn weight() -> f32 {
    0.7
}

fn one() -> f32 {
    1.0
}

impl Teaching {
    /// By a model, with the weight and the temperature that a configuration takes for granted.
    #[must_use]
    pub fn new(model: CorpusRef) -> Self {
        Self { model, weight: weight(), temperature: one() }
    }

    /// Checks the values.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.weight),
            "`teacher.weight` is {}, expected a share from 0 to 1, such as 0.7",
            self.weight
        );
        ensure!(
            self.temperature.is_finite() && self.temperature > 0.0,
            "`teacher.temperature` is {}, expected a factor above 0, such as 2",
            self.temperature
        );
        Ok(())
    }
}
