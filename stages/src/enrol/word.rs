//! A word from a few clips: a direction among the embeddings.

use alloc::vec;
use alloc::vec::Vec;

use kws_engine::{Block, Stage};

use super::bank::{WordBank, real};
use super::linear::{dot, mean, quantile};
use crate::decide::Match;

/// Share of the bank's other words that are accepted where none is stated.
pub const OF_WORDS: f64 = 0.05;

/// Share of the covariance within words that is taken from none of them.
const SHARE: f64 = 0.2;

/// A clip that scores below so many of ten other words does not say what the others say.
const UNLIKE: f64 = 0.5;

/// What the stage `match` compares with.
#[derive(Clone, Debug, PartialEq)]
pub struct Prototype {
    /// The cosine from which on the word counts as heard.
    pub on: f64,
    /// What all embeddings have in common.
    pub centre: Vec<i8>,
    /// Where those of the word lie from there.
    pub direction: Vec<i8>,
}

impl Prototype {
    /// The cosine that the stage `match` gives, 0 to 1.
    ///
    /// # Panics
    /// When the embedding is of another length.
    #[must_use]
    pub fn score(&self, embedding: &[i8]) -> f64 {
        let mut score = [0];
        let mut stage = Match::new(&self.centre, &self.direction);
        let _ = stage
            .process(Block { at: 0, items: embedding }, &mut score)
            .expect("the embedding is one of this model");
        (f64::from(score[0]) + 128.0) / 255.0
    }
}

/// Makes words of clips.
#[derive(Clone, Debug)]
pub struct Words {
    bank: WordBank,
}

impl Words {
    /// With a bank of others.
    #[must_use]
    pub fn new(bank: WordBank) -> Self {
        Self { bank }
    }

    /// The word that clips say, by their embeddings, accepted as often as `accept` of other words are.
    #[must_use]
    pub fn enrol(&self, word: &str, clips: &[&[i8]], accept: f64) -> Prototype {
        let centre = real(self.bank.centre());
        let unit = |embedding: &&[i8]| {
            let own: Vec<f64> = real(embedding).iter().zip(&centre).map(|(x, c)| x - c).collect();
            let length = libm::sqrt(dot(&own, &own)).max(1e-9);
            own.into_iter().map(|x| x / length).collect()
        };
        let middle = mean(&clips.iter().map(unit).collect::<Vec<Vec<f64>>>());
        let direction = self.bank.within().solve(&middle, SHARE);
        let most = direction.iter().fold(1e-12, |most: f64, x| most.max(x.abs()));
        let direction = direction.iter().map(|x| libm::round(127.0 * x / most) as i8).collect();
        let mut enrolled = Prototype { on: 1.0, centre: self.bank.centre().to_vec(), direction };
        let others = self.bank.other_words(word).map(|other| enrolled.score(other)).collect();
        // Just above what the others reach: scores are whole steps.
        enrolled.on = (quantile(others, 1.0 - accept) + 0.5 / 255.0).min(1.0);
        enrolled
    }

    /// The clips that do not say what the others say: each must be nearer to the others than half of all other words are.
    #[must_use]
    pub fn unlike(&self, word: &str, clips: &[&[i8]]) -> Vec<usize> {
        let mut unlike = vec![];
        for (index, clip) in clips.iter().enumerate() {
            let rest: Vec<&[i8]> = [&clips[..index], &clips[index + 1..]].concat();
            let enrolled = self.enrol(word, &rest, UNLIKE);
            if enrolled.score(clip) < enrolled.on {
                unlike.push(index);
            }
        }
        unlike
    }
}
