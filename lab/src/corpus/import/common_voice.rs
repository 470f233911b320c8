//! Common Voice: MP3 files in `clips/` and lists of them with the speakers' metadata.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Terms, files};
use crate::audio::read_resampled;
use crate::corpus::{Build, Content, Draft, SPEECH, Split, Table};

/// A list of Common Voice, by what listeners said of its clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Most listeners heard the sentence.
    Validated,
    /// Most listeners did not.
    Invalidated,
    /// Too few have listened.
    Other,
}

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Validated => "validated",
            Self::Invalidated => "invalidated",
            Self::Other => "other",
        }
    }
}

/// How to read a folder of Common Voice.
#[derive(Clone, Debug)]
pub struct CommonVoice {
    /// The folder of one language, with `clips/` and the lists.
    pub folder: PathBuf,
    /// The lists whose clips are taken; the column `list` tells them apart.
    pub lists: Vec<List>,
    /// Words that are taken; every sentence of one word when empty.
    pub words: Vec<String>,
    /// What becomes of sentences of several words.
    pub sentences: Sentences,
}

/// What becomes of sentences of several words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentences {
    /// They are left out.
    Leave,
    /// They become clips labelled `_speech_`: running speech without a keyword. Those that hold one of the words are set
    /// apart, labelled `_keyword_`: they are neither speech without a keyword nor clips of one.
    Speech,
}

/// The label of sentences that hold one of the words.
const KEYWORD: &str = "_keyword_";

/// The lists' columns that a corpus keeps, each under the name that it has there. Old releases say `accent`.
pub(in crate::corpus) const COLUMNS: [(&str, &str); 9] = [
    ("gender", "gender"),
    ("age", "age"),
    ("accents", "accent"),
    ("accent", "accent"),
    ("variant", "variant"),
    ("locale", "language"),
    ("sentence", "sentence"),
    ("up_votes", "up_votes"),
    ("down_votes", "down_votes"),
];

impl CommonVoice {
    /// Takes the clips. A speaker's split is the one of `train.tsv`, `dev.tsv` or `test.tsv` where the speaker is in
    /// them, and else by hash with the given ratios.
    ///
    /// # Errors
    /// When the folder or a list cannot be read, or the corpus cannot be written.
    pub fn import(&self, terms: Terms, build: &mut Build) -> Result<()> {
        let clips = self.folder.join("clips");
        ensure!(
            clips.is_dir(),
            "`{}` has no folder `clips`, expected the folder of one language with `clips` and `validated.tsv`",
            self.folder.display()
        );
        let official = official(&self.folder)?;
        let mut drafts = Vec::new();
        for list in &self.lists {
            let path = self.folder.join(format!("{}.tsv", list.name()));
            let table = Table::read_tabs(&path)?;
            table
                .require(&["client_id", "path", "sentence"])
                .with_context(|| format!("in `{}`", path.display()))?;
            for row in 0..table.len() {
                match self.draft(&table, row, *list, &official, terms) {
                    Ok(draft) => drafts.push(draft),
                    Err(why) => build.exclude(table.get(row, "path"), why.to_string()),
                }
            }
        }
        build.add(drafts)
    }

    /// The clip of a row, or why it is left out.
    fn draft(
        &self,
        table: &Table,
        row: usize,
        list: List,
        official: &HashMap<String, Split>,
        terms: Terms,
    ) -> Result<Draft<'static>> {
        let cell = |column| table.get(row, column).to_owned();
        let (source, speaker) = (cell("path"), cell("client_id"));
        ensure!(!source.is_empty(), "line {} of `{}.tsv` has no file name", row + 2, list.name());
        let label = self.label(table.get(row, "sentence"))?;
        let split = official.get(&speaker).copied().unwrap_or_else(|| terms.split(&speaker, &source));
        let path = self.folder.join("clips").join(&source);
        let path =
            if path.is_file() { path } else { self.folder.join("clips").join(format!("{source}.mp3")) };
        ensure!(path.is_file(), "it is in `{}.tsv` but not in `clips`", list.name());
        let mut columns: Vec<(String, String)> =
            COLUMNS.iter().map(|&(theirs, ours)| (ours.to_owned(), cell(theirs))).collect();
        columns.push(("list".to_owned(), list.name().to_owned()));
        columns.push(("licence".to_owned(), "CC0-1.0".to_owned()));
        let name = files::stem(&path);
        let content = Content::sound(move || read_resampled(&path, terms.longest));
        Ok(Draft { label, speaker, split, name, source, columns, content })
    }

    fn label(&self, sentence: &str) -> Result<String> {
        let words = words(sentence);
        match &words[..] {
            [] => anyhow::bail!("its sentence has no words"),
            [word] => {
                ensure!(self.words.is_empty() || self.words.contains(word), "its word was not requested");
                Ok(word.clone())
            }
            _ => {
                ensure!(self.sentences == Sentences::Speech, "its sentence has several words");
                let keyword = words.iter().any(|word| self.words.contains(word));
                Ok(if keyword { KEYWORD } else { SPEECH }.to_owned())
            }
        }
    }
}

/// Words in lower case without marks around them; an apostrophe inside stays.
pub(in crate::corpus) fn words(sentence: &str) -> Vec<String> {
    let inner = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    sentence.split_whitespace().map(inner).filter(|word| !word.is_empty()).collect()
}

/// Splits of the speakers in the official lists.
pub(in crate::corpus) fn official(folder: &Path) -> Result<HashMap<String, Split>> {
    let mut splits = HashMap::new();
    // The later ones stand when a speaker is in several: a speaker who tests must not train.
    for (name, split) in [("train", Split::Train), ("dev", Split::Validation), ("test", Split::Test)] {
        let path = folder.join(format!("{name}.tsv"));
        if path.is_file() {
            let table = Table::read_tabs(&path)?;
            splits.extend((0..table.len()).map(|row| (table.get(row, "client_id").to_owned(), split)));
        }
    }
    splits.remove("");
    Ok(splits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_words() {
        assert_eq!(words(" \"Don't!\" "), ["don't"]);
        assert_eq!(words("Ja – nein."), ["ja", "nein"]);
        assert!(words("… !").is_empty());
    }
}
