//! A word from a few clips: a direction among the embeddings.

use anyhow::{Result, ensure};
use kws_engine::{Block, Stage};
use kws_stages::decide::{EnrolledWord, Match};
use serde::Serialize;

use super::Enrolled;
use super::bank::{Bank, real};
use super::ear::{Ear, Heard};
use super::linear::{dot, mean};

/// Share of the covariance within words that is taken from none of them.
const SHARE: f64 = 0.2;

/// A clip that scores below so many of ten other words does not say what the others say.
const UNLIKE: f64 = 0.5;

/// The file of an enrolled word, and how it came to be.
#[derive(Clone, Debug, Serialize)]
pub struct WordCard {
    /// What the stage `match` reads.
    #[serde(flatten)]
    pub word: EnrolledWord,
    /// The share of other words in the bank that it accepts.
    pub accepts: f64,
    /// Who enrolled it.
    pub enrolled: Enrolled,
}

/// Makes words of clips.
pub struct Word<'a> {
    bank: &'a Bank,
    ear: &'a Ear,
    centre: Vec<i8>,
    within: super::linear::Covariance,
}

impl<'a> Word<'a> {
    /// With a bank of others.
    #[must_use]
    pub fn new(bank: &'a Bank, ear: &'a Ear) -> Self {
        Self { bank, ear, centre: bank.centre(), within: bank.within_words() }
    }

    /// The word that clips say, accepted as often as `accept` of other words are.
    #[must_use]
    pub fn enrol(&self, word: &str, clips: &[&Heard], accept: f64) -> EnrolledWord {
        let centre = real(&self.centre);
        let unit = |heard: &&Heard| {
            let own: Vec<f64> = real(&heard.embedding).iter().zip(&centre).map(|(x, c)| x - c).collect();
            let length = dot(&own, &own).sqrt().max(1e-9);
            own.into_iter().map(|x| x / length).collect()
        };
        let middle = mean(&clips.iter().map(unit).collect::<Vec<Vec<f64>>>());
        let direction = self.within.solve(&middle, SHARE);
        let most = direction.iter().fold(1e-12, |most: f64, x| most.max(x.abs()));
        let direction = direction.iter().map(|x| (127.0 * x / most).round() as i8).collect();
        let embedding = self.ear.output();
        let mut enrolled = EnrolledWord {
            word: word.to_owned(),
            on: 1.0,
            embedding,
            centre: self.centre.clone(),
            direction,
        };
        let others = self.bank.other_words(word).map(|other| score(&enrolled, other)).collect();
        // Just above what the others reach: scores are whole steps.
        enrolled.on = (super::linear::quantile(others, 1.0 - accept) + 0.5 / 255.0).min(1.0);
        enrolled
    }

    /// Checks that clips say one word: each must be nearer to the others than half of all other words are.
    ///
    /// # Errors
    /// Names the clips that are not.
    pub fn check(&self, word: &str, clips: &[(String, Heard)]) -> Result<()> {
        let unlike = |(index, (name, heard)): (usize, &(String, Heard))| {
            let rest: Vec<&Heard> =
                clips.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, (_, h))| h).collect();
            let enrolled = self.enrol(word, &rest, UNLIKE);
            (score(&enrolled, &heard.embedding) < enrolled.on).then(|| format!("`{name}`"))
        };
        let unlike: Vec<String> = clips.iter().enumerate().filter_map(unlike).collect();
        ensure!(
            unlike.is_empty(),
            "nothing was enrolled: {} does not sound like the same word as the other clips; listen to it, and record it again \
             or leave it out",
            unlike.join(" and ")
        );
        Ok(())
    }
}

/// The cosine that the stage `match` gives, 0 to 1.
pub(super) fn score(word: &EnrolledWord, embedding: &[i8]) -> f64 {
    let mut score = [0];
    let mut stage = Match::new(&word.centre, &word.direction);
    let _ = stage
        .process(Block { at: 0, items: embedding }, &mut score)
        .expect("the embedding is one of this model");
    (f64::from(score[0]) + 128.0) / 255.0
}
