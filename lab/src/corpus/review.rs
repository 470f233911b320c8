//! Clips that somebody has listened to: what a run has kept of its detections, near misses and vetoes, sorted into what was
//! right, what was wrong, and what was something else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::layout::files;
use super::{MANIFEST, Ratios, Split, Table, is_word};
use crate::audio::is_audio;

/// The file beside the clips in which verdicts are kept. The `manifest.csv` stays as it is: a run may be writing to it.
pub const REVIEW: &str = "review.csv";

const COLUMNS: [&str; 3] = ["path", "verdict", "word"];

/// Folders of clips that were judged on the live page; in each one for every word.
const PAGE: [(&str, Verdict); 2] = [("right", Verdict::Valid), ("wrong", Verdict::Invalid)];

/// Share of the clips that do not train, so that a later model can be measured on them.
const HELD_OUT: Ratios = Ratios { validation: 0.0, test: 20.0 };

/// The label of clips that say something else than what a model listens for.
const OTHER: &str = "unknown";

/// What a clip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The word was said.
    Valid,
    /// The word was not said, but what was heard is near to it.
    Invalid,
    /// Something else: another word, a noise, silence.
    Other,
}

impl Verdict {
    fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "valid" => Self::Valid,
            "invalid" => Self::Invalid,
            "other" => Self::Other,
            _ => bail!("found the verdict `{text}`, expected `valid`, `invalid` or `other`"),
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Other => "other",
        })
    }
}

/// A clip that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// From the folder, with `/` between its parts.
    pub path: String,
    /// The word that it was taken for, or came near to; empty where nobody knows.
    pub word: String,
    /// What was decided: `confirmed`, `near_miss`, `vetoed`; empty where it is not known.
    pub decision: String,
    /// The score, as it was written.
    pub score: String,
    /// What it is, where somebody has said so.
    pub verdict: Option<Verdict>,
    /// The split that a manifest states.
    split: Option<Split>,
}

impl Kept {
    /// What it says, as the label of a corpus: the word; `not_` and the word, which no model has for a label and which so
    /// counts as unknown; or `unknown`.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        Some(match self.verdict? {
            Verdict::Valid => self.word.clone(),
            Verdict::Invalid if !self.word.is_empty() => not(&self.word),
            Verdict::Invalid | Verdict::Other => OTHER.to_owned(),
        })
    }
}

/// The label of clips that were wrongly taken for a word.
#[must_use]
pub fn not(word: &str) -> String {
    format!("not_{word}")
}

/// A folder of clips that a run has kept, with what was said of them.
#[derive(Clone, Debug)]
pub struct Review {
    root: PathBuf,
    /// The clips: those of the manifest in its order, and then those that were judged on the live page.
    pub clips: Vec<Kept>,
    /// Clips that the manifest names and the folder lacks.
    pub missing: usize,
}

impl Review {
    /// Whether a folder holds clips that were reviewed, or judged on the live page.
    #[must_use]
    pub fn is(root: &Path) -> bool {
        root.join(REVIEW).is_file() || !root.join(MANIFEST).is_file() && judged_on_page(root)
    }

    /// Opens the folder of a sink `clips`, or one in which the live page keeps what is judged there.
    ///
    /// # Errors
    /// When it is neither, or a table in it is malformed.
    pub fn open(root: &Path) -> Result<Self> {
        ensure!(root.is_dir(), "folder `{}` does not exist", root.display());
        let manifest = root.join(MANIFEST);
        let mut review = Self { root: root.to_owned(), clips: Vec::new(), missing: 0 };
        if manifest.is_file() {
            let table = Table::read(&manifest)?;
            review.listed(&table).with_context(|| format!("in `{}`", manifest.display()))?;
        }
        review.judged()?;
        ensure!(
            !review.clips.is_empty() || review.missing > 0 || manifest.is_file(),
            "`{}` has no clips: expected the folder of a sink `clips`, with a `{MANIFEST}`, or that of `--view-clips`, with \
             `right` or `wrong` in it",
            root.display()
        );
        let verdicts = root.join(REVIEW);
        if verdicts.is_file() {
            let table = Table::read(&verdicts)?;
            review.read(&table).with_context(|| format!("in `{}`", verdicts.display()))?;
        }
        Ok(review)
    }

    fn listed(&mut self, table: &Table) -> Result<()> {
        table.require(&["path", "label"])?;
        for row in 0..table.len() {
            let cell = |column| table.get(row, column).to_owned();
            let path = cell("path");
            ensure!(!path.is_empty(), "line {}: `path` is empty", row + 2);
            if !self.root.join(&path).is_file() {
                self.missing += 1;
                continue;
            }
            let (guess, label) = (cell("guess"), cell("label"));
            let word = if guess.is_empty() && is_word(&label) { label } else { guess };
            let split = match table.get(row, "split") {
                "" => None,
                name => Some(Split::parse(name).with_context(|| format!("line {}", row + 2))?),
            };
            let (decision, score) = (cell("decision"), cell("score"));
            self.clips.push(Kept { path, word, decision, score, verdict: None, split });
        }
        Ok(())
    }

    /// Takes what was judged on the live page, where the manifest does not name it.
    fn judged(&mut self) -> Result<()> {
        let known: BTreeSet<String> = self.clips.iter().map(|clip| clip.path.clone()).collect();
        for (name, verdict) in PAGE {
            let folder = self.root.join(name);
            if !folder.is_dir() {
                continue;
            }
            for file in files(&folder)?.into_iter().filter(|file| is_audio(file)) {
                let inside = file.strip_prefix(&self.root).unwrap_or(&file);
                let path = inside.to_string_lossy().replace('\\', "/");
                let parts: Vec<&str> = path.split('/').collect();
                // `right/WORD/TIME.wav`; what lies elsewhere was not written by the page.
                if let [_, word, _] = parts[..]
                    && !known.contains(&path)
                {
                    let (word, verdict) = (word.to_owned(), Some(verdict));
                    let (decision, score) = ("confirmed".to_owned(), String::new());
                    self.clips.push(Kept { path, word, decision, score, verdict, split: None });
                }
            }
        }
        Ok(())
    }

    fn read(&mut self, table: &Table) -> Result<()> {
        table.require(&COLUMNS)?;
        let places: BTreeMap<String, usize> =
            self.clips.iter().enumerate().map(|(place, clip)| (clip.path.clone(), place)).collect();
        for row in 0..table.len() {
            let verdict =
                Verdict::parse(table.get(row, "verdict")).with_context(|| format!("line {}", row + 2))?;
            let word = table.get(row, "word");
            ensure!(
                verdict != Verdict::Valid || !word.is_empty(),
                "line {}: a valid clip without a `word`, expected the word that it says",
                row + 2
            );
            // A clip that is gone takes its verdict with it.
            if let Some(&place) = places.get(table.get(row, "path")) {
                let clip = &mut self.clips[place];
                (clip.verdict, clip.word) = (Some(verdict), word.to_owned());
            }
        }
        Ok(())
    }

    /// The words that the clips were taken for, each once.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let words: BTreeSet<&str> =
            self.clips.iter().map(|clip| clip.word.as_str()).filter(|word| !word.is_empty()).collect();
        words.into_iter().map(str::to_owned).collect()
    }

    /// Where a clip lies.
    ///
    /// # Panics
    /// When there is no such clip.
    #[must_use]
    pub fn file(&self, place: usize) -> PathBuf {
        self.root.join(&self.clips[place].path)
    }

    /// Keeps what a clip is, and the word that it says, or was taken for; on the disk at once.
    ///
    /// # Errors
    /// When it cannot be written.
    ///
    /// # Panics
    /// When there is no such clip.
    pub fn judge(&mut self, place: usize, verdict: Verdict, word: &str) -> Result<()> {
        let clip = &mut self.clips[place];
        (clip.verdict, clip.word) = (Some(verdict), word.to_owned());
        let mut table = Table::new(COLUMNS);
        for clip in &self.clips {
            if let Some(verdict) = clip.verdict {
                let verdict = verdict.to_string();
                table.push([("path", clip.path.as_str()), ("verdict", &verdict), ("word", &clip.word)]);
            }
        }
        table.write(&self.root.join(REVIEW))
    }

    /// What was reviewed, as the manifest of a corpus: a fifth of it in the split `test`, the rest in `train`, unless the
    /// clips' own manifest divides them. What nobody has judged is not in it.
    ///
    /// # Errors
    /// When nothing was judged.
    pub fn manifest(&self) -> Result<Table> {
        let mut table = Table::new(["path", "label", "speaker", "split", "verdict", "decision"]);
        for clip in &self.clips {
            let (Some(label), Some(verdict)) = (clip.label(), clip.verdict) else { continue };
            let split = clip.split.unwrap_or_else(|| HELD_OUT.split(&clip.path)).to_string();
            let verdict = verdict.to_string();
            table.push([
                ("path", clip.path.as_str()),
                ("label", &label),
                ("split", &split),
                ("verdict", &verdict),
                ("decision", &clip.decision),
            ]);
        }
        ensure!(
            !table.is_empty(),
            "none of the {} clips has a verdict: `kws-lab review {}` gives them one",
            self.clips.len(),
            self.root.display()
        );
        Ok(table)
    }
}

/// Whether a folder holds `right` or `wrong`, and no other folder.
fn judged_on_page(root: &Path) -> bool {
    let folders: Vec<PathBuf> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    let of_page = |path: &PathBuf| PAGE.iter().any(|(name, _)| path.ends_with(name));
    !folders.is_empty() && folders.iter().all(of_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    const SINK: &str = "path,label,speaker,split,decision,guess,score,tick\n\
        a.wav,yes,,,confirmed,yes,0.9,1\nb.wav,_unknown_,,,near_miss,yes,0.4,2\nc.wav,_unknown_,,,vetoed,,,3\n\
        gone.wav,yes,,,confirmed,yes,0.9,4\n";

    #[test]
    fn verdicts_are_kept_and_become_labels() {
        let folder = folder(&[("manifest.csv", SINK), ("a.wav", ""), ("b.wav", ""), ("c.wav", "")]);
        assert!(!Review::is(folder.path()));
        let mut review = Review::open(folder.path()).unwrap();
        assert_eq!((review.clips.len(), review.missing), (3, 1));
        assert!(review.manifest().unwrap_err().to_string().contains("none of the 3 clips"));
        review.judge(0, Verdict::Invalid, "yes").unwrap();
        review.judge(2, Verdict::Other, "").unwrap();
        review.judge(0, Verdict::Valid, "yes").unwrap();
        review.judge(1, Verdict::Invalid, "yes").unwrap();
        assert!(Review::is(folder.path()));
        let table = Review::open(folder.path()).unwrap().manifest().unwrap();
        let labels: Vec<&str> = (0..table.len()).map(|row| table.get(row, "label")).collect();
        assert_eq!(labels, ["yes", "not_yes", "unknown"]);
    }

    #[test]
    fn what_the_live_page_keeps_is_reviewed_already() {
        let folder = folder(&[("right/yes/1.wav", ""), ("wrong/yes/2.wav", ""), ("wrong/notes.txt", "")]);
        assert!(Review::is(folder.path()));
        let review = Review::open(folder.path()).unwrap();
        let labels: Vec<Option<String>> = review.clips.iter().map(Kept::label).collect();
        assert_eq!(labels, [Some("yes".to_owned()), Some("not_yes".to_owned())]);
    }

    #[test]
    fn a_corpus_whose_words_are_right_and_left_is_none_of_the_page() {
        let folder = folder(&[("right/1.wav", ""), ("left/2.wav", "")]);
        assert!(!Review::is(folder.path()));
    }

    #[test]
    fn bad_tables_are_reported_with_their_line() {
        let bad = "path,verdict,word\na.wav,maybe,yes\n";
        let folder = folder(&[("manifest.csv", SINK), ("a.wav", ""), ("review.csv", bad)]);
        let error = format!("{:#}", Review::open(folder.path()).unwrap_err());
        assert!(error.contains("line 2: found the verdict `maybe`"), "{error}");
        let error = Review::open(&folder.path().join("none")).unwrap_err().to_string();
        assert!(error.contains("does not exist"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        let error = Review::open(empty.path()).unwrap_err().to_string();
        assert!(error.contains("has no clips"), "{error}");
    }
}
