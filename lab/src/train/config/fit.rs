//! Length and pace of a run.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

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
    /// Epochs, the first ones, that show every image at half its height and width: a quarter of the work, and what is learnt
    /// of small images holds for large ones. Figures of the validation are always of whole ones.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub coarse: usize,
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
    /// Makes the auxiliary head compare directions instead of values: the cosine of what the last layer reads and of a vector
    /// for each word, of which the right word's has to be larger by this margin (additive-margin softmax, Wang et al.,
    /// arXiv:1801.05599). The directions then tell apart words that training has not heard, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f32>,
    /// Share of the mean of the weights that stays at a step; the mean is what is validated and kept. None keeps the
    /// weights of the last step.
    pub average: Option<f64>,
    /// The epoch whose weights are kept.
    #[serde(default)]
    pub keep: Keep,
    /// Epochs without a better validation loss after which the run ends.
    pub patience: Option<usize>,
}

/// Which epoch's weights a run ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The one with the lowest validation loss.
    #[default]
    Best,
    /// The last one: for averaged weights and a rate that has come down to zero, where the loss of a network that has
    /// become too sure of itself says less than the words it gets right.
    Last,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Fit {
    /// Checks that something is trained; `name` is the part of the configuration.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        ensure!(
            self.epochs > 0 && self.batch > 0 && self.clips >= self.batch,
            "`{name}` trains nothing: found epochs {}, batch {}, clips {}; expected clips ≥ batch ≥ 1",
            self.epochs,
            self.batch,
            self.clips
        );
        ensure!(
            self.average.is_none_or(|keep| (0.0..1.0).contains(&keep)),
            "`{name}.average` is {}, expected a share from 0 to less than 1, such as 0.999",
            self.average.unwrap_or_default()
        );
        ensure!(self.words >= 0.0, "`{name}.words` is {}, expected a weight of 0 or more", self.words);
        let Some(margin) = self.margin else { return Ok(()) };
        ensure!(
            (0.0..1.0).contains(&margin) && self.words > 0.0,
            "`{name}.margin` is {margin} with `words` {}, expected a margin from 0 to less than 1, such as 0.2, and `words` above 0",
            self.words
        );
        Ok(())
    }
}
