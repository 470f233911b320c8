//! How often each kind of clip is drawn.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

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

impl Mix {
    /// Checks that the shares leave something to everyone.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.silence >= 0.0 && self.unknown >= 0.0 && self.silence + self.unknown < 1.0,
            "`mix` leaves no share for the keywords: silence {} and unknown {} must add up to less than 1",
            self.silence,
            self.unknown
        );
        ensure!(
            self.running >= 0.0
                && self.cut >= 0.0
                && self.within >= 0.0
                && self.running + self.cut + self.within <= 1.0,
            "`mix` exceeds the share of unknown words: running {}, cut {} and within {} must add up to at most 1",
            self.running,
            self.cut,
            self.within
        );
        Ok(())
    }
}
