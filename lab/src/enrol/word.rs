//! A word from a few clips: a direction among the embeddings.

use anyhow::{Result, ensure};
use kws_stages::decide::EnrolledWord;
use kws_stages::enrol::{Prototype, WordFile, Words};
use serde::Serialize;

use super::Enrolled;
use super::bank::Bank;
use super::ear::{Ear, Heard};

/// An enrolled word, and how it came to be.
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

impl WordCard {
    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> String {
        let EnrolledWord { word, on, embedding, centre, direction } = self.word.clone();
        let prototype = Prototype { on, centre, direction };
        let (scale, zero_point) = (embedding.scale, embedding.zero_point);
        let (accepts, enrolled) = (self.accepts, &self.enrolled);
        WordFile { word: &word, prototype: &prototype, accepts, scale, zero_point, enrolled }.to_string()
    }
}

/// Makes words of clips.
pub struct Word<'a> {
    words: Words,
    ear: &'a Ear,
}

impl<'a> Word<'a> {
    /// With a bank of others.
    #[must_use]
    pub fn new(bank: &Bank, ear: &'a Ear) -> Self {
        Self { words: Words::new(bank.words()), ear }
    }

    /// The word that clips say, accepted as often as `accept` of other words are.
    #[must_use]
    pub fn enrol(&self, word: &str, clips: &[&Heard], accept: f64) -> EnrolledWord {
        let Prototype { on, centre, direction } = self.prototype(word, clips, accept);
        EnrolledWord { word: word.to_owned(), on, embedding: self.ear.output(), centre, direction }
    }

    pub(super) fn prototype(&self, word: &str, clips: &[&Heard], accept: f64) -> Prototype {
        let clips: Vec<&[i8]> = clips.iter().map(|heard| &heard.embedding[..]).collect();
        self.words.enrol(word, &clips, accept)
    }

    /// Checks that clips say one word.
    ///
    /// # Errors
    /// Names the clips that do not.
    pub fn check(&self, word: &str, clips: &[(String, Heard)]) -> Result<()> {
        let embeddings: Vec<&[i8]> = clips.iter().map(|(_, heard)| &heard.embedding[..]).collect();
        let unlike = self.words.unlike(word, &embeddings);
        let unlike: Vec<String> = unlike.into_iter().map(|index| format!("`{}`", clips[index].0)).collect();
        ensure!(
            unlike.is_empty(),
            "nothing was enrolled: {} does not sound like the same word as the other clips; listen to it, and record it again \
             or leave it out",
            unlike.join(" and ")
        );
        Ok(())
    }
}
