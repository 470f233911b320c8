//! A voice from a few clips: a logistic regression on the mean and the largest value of each band.

use anyhow::{Result, ensure};
use kws_stages::enrol::{Covariance, dot, mean, quantile};
use serde::{Deserialize, Serialize};

use super::Enrolled;
use super::bank::{Bank, real};
use super::ear::{Ear, Heard};
use crate::tflite::{Judge, write_judge};

/// Share of the covariance that is taken from no voice.
const SHARE: f64 = 0.05;

/// A clip that more of the bank's voices than this are nearer than is another speaker's: of 141 enrolments of five clips by
/// test speakers of Speech Commands 3 were refused so, and of as many with one clip of another speaker four of five.
const UNLIKE: f64 = 0.05;

/// How fast the posterior rises, per deviation of the others' scores.
const RISE: f64 = 2.0;

/// What `model.toml` says of an enrolled voice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VoiceCard {
    /// The speaker's name.
    pub name: String,
    /// The speaker's name, the only label.
    pub labels: Vec<String>,
    /// Ticks per second of the source.
    pub clock: u32,
    /// The share of other voices in the bank that it takes for the speaker's.
    pub accepts: f64,
    /// The stages before it.
    pub front_end: Vec<toml::Table>,
    /// When the voice counts as the speaker's.
    pub point: Vec<crate::bundle::Point>,
    /// Who enrolled it.
    pub enrolled: Enrolled,
}

/// Makes voices of clips.
pub struct Voice<'a> {
    bank: &'a Bank,
    ear: &'a Ear,
    within: Covariance,
    others: Vec<Vec<f64>>,
    middle: Vec<f64>,
}

/// A voice that was enrolled: what tells it from others, in steps of the bands.
#[derive(Clone, Debug)]
pub(super) struct Line {
    weights: Vec<f64>,
    /// Added to the product.
    offset: f64,
}

impl Line {
    /// Log odds that a voice is the enrolled one, at even odds where the bank's share of others is.
    pub(super) fn score(&self, voice: &[f64]) -> f64 {
        dot(&self.weights, voice) + self.offset
    }
}

impl<'a> Voice<'a> {
    /// With a bank of others.
    #[must_use]
    pub fn new(bank: &'a Bank, ear: &'a Ear) -> Self {
        let others = bank.all_voices();
        let within = bank.within_voices(f64::from(ear.input().scale));
        Self { bank, ear, within, middle: mean(&others), others }
    }

    /// What tells the speaker of these clips from others, of whom it takes a share of `accept` for the speaker; `more` are
    /// others that the bank does not have, such as a household's.
    pub(super) fn line(&self, clips: &[&Heard], more: &[&Heard], accept: f64) -> Line {
        let own = mean(&clips.iter().map(|heard| real(&heard.voice)).collect::<Vec<_>>());
        let off: Vec<f64> = own.iter().zip(&self.middle).map(|(x, m)| x - m).collect();
        let direction = self.within.solve(&off, SHARE);
        let scores: Vec<f64> = self.others.iter().map(|other| dot(&direction, other)).collect();
        let middle = scores.iter().sum::<f64>() / scores.len() as f64;
        let spread = scores.iter().map(|s| (s - middle).powi(2)).sum::<f64>() / scores.len() as f64;
        let slope = RISE / spread.sqrt().max(1e-12);
        let nearest = more.iter().map(|heard| dot(&direction, &real(&heard.voice)));
        let threshold = nearest.fold(quantile(scores, 1.0 - accept), f64::max);
        Line { weights: direction.iter().map(|w| w * slope).collect(), offset: -threshold * slope }
    }

    /// The `.tflite` file of a voice.
    #[must_use]
    pub fn enrol(&self, clips: &[&Heard], more: &[&Heard], accept: f64) -> Vec<u8> {
        let Line { weights, offset } = self.line(clips, more, accept);
        let [frames, bands] = self.ear.features();
        let input = self.ear.input();
        write_judge(&Judge { frames, bands, input: (input.scale, input.zero_point), weights, offset })
    }

    /// Checks that clips are of one speaker: each must be nearer to the others than most voices of the bank are.
    ///
    /// # Errors
    /// Names the clips that are not.
    pub fn check(&self, clips: &[(String, Heard)]) -> Result<()> {
        let unlike = |(index, (name, heard)): (usize, &(String, Heard))| {
            let rest = clips.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, (_, heard))| heard);
            let line = self.line(&rest.collect::<Vec<_>>(), &[], UNLIKE);
            (line.score(&real(&heard.voice)) < 0.0).then(|| format!("`{name}`"))
        };
        let unlike: Vec<String> = clips.iter().enumerate().filter_map(unlike).collect();
        ensure!(
            unlike.is_empty(),
            "nothing was enrolled: two speakers, or two microphones: the voice of {} is not that of the other clips; enrol one \
             speaker at a time",
            unlike.join(" and ")
        );
        Ok(())
    }

    /// Checks that others are distinguished from the speaker, and not the same voice.
    ///
    /// # Errors
    /// When the first of `others` scores like the speaker's own clips.
    pub fn check_others(&self, clips: &[&Heard], others: &[&Heard], accept: f64) -> Result<()> {
        if others.is_empty() {
            return Ok(());
        }
        let line = self.line(clips, &[], accept);
        let taken = others.iter().filter(|heard| line.score(&real(&heard.voice)) >= 0.0).count();
        ensure!(
            2 * taken <= others.len(),
            "nothing was enrolled: {taken} of {} seconds of the other speech sound like the speaker; let other people speak there",
            others.len()
        );
        Ok(())
    }

    /// The bank.
    #[must_use]
    pub fn bank(&self) -> &Bank {
        self.bank
    }
}
