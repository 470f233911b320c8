//! The corpus that is mined: `manifest.csv`, the pieces, and which recordings have been searched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::audio::{RATE, write_wav};
use crate::corpus::{SPEECH, Split, Table};
use crate::evaluate::Peak;

/// Columns of the manifest.
const COLUMNS: [&str; 9] =
    ["path", "label", "speaker", "split", "source", "time", "heard", "score", "accepted"];
/// Which recordings have been searched, and by what.
const SEARCHED: &str = "searched.csv";
/// Samples of a piece before the moment and behind it: the windows that a smoothed score is the mean of.
const PIECE: [u64; 2] = [RATE as u64 * 3 / 2, RATE as u64 / 2];
/// Seconds within which a moment of the same recording is one that the corpus has.
const SAME: f64 = 0.5;

/// A corpus of pieces in the making.
pub(super) struct Folder {
    root: PathBuf,
    manifest: Table,
    searched: Table,
    /// What is searched by now: the model and the thresholds.
    by: String,
    done: BTreeSet<String>,
    /// Rows of the manifest by their source.
    rows: BTreeMap<String, Vec<usize>>,
}

/// A moment to be kept.
pub(super) struct Found<'a> {
    pub(super) source: &'a str,
    pub(super) speaker: &'a str,
    pub(super) heard: &'a str,
    pub(super) accepted: bool,
    pub(super) peak: Peak,
}

impl Folder {
    /// Opens or creates the corpus; `by` says what searches.
    pub(super) fn open(root: &Path, by: String) -> Result<Self> {
        let pieces = root.join("pieces");
        fs::create_dir_all(&pieces).with_context(|| format!("cannot create `{}`", pieces.display()))?;
        let manifest = table(&root.join("manifest.csv"), &COLUMNS).with_context(|| {
            format!("`{}` contains a corpus that was not mined; choose another folder", root.display())
        })?;
        let searched = table(&root.join(SEARCHED), &["source", "by"])?;
        let done = (0..searched.len()).filter(|&row| searched.get(row, "by") == by);
        let done = done.map(|row| searched.get(row, "source").to_owned()).collect();
        let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for row in 0..manifest.len() {
            rows.entry(manifest.get(row, "source").to_owned()).or_default().push(row);
        }
        Ok(Self { root: root.to_owned(), manifest, searched, by, done, rows })
    }

    /// Whether a recording has been searched by the same model and thresholds.
    pub(super) fn is_searched(&self, source: &str) -> bool {
        self.done.contains(source)
    }

    /// Notes that all of a recording has been searched.
    pub(super) fn searched(&mut self, source: &str) {
        self.searched.push([("source", source), ("by", &self.by)]);
        self.done.insert(source.to_owned());
    }

    pub(super) fn pieces(&self) -> usize {
        self.manifest.len()
    }

    /// Keeps a moment of the recording `samples`. Where the corpus has it already, its score is what it is now.
    pub(super) fn keep(&mut self, found: &Found, samples: &[i16]) -> Result<()> {
        let Found { source, peak, .. } = found;
        let seconds = peak.at as f64 / f64::from(RATE);
        let (time, score) = (format!("{seconds:.3}"), format!("{:.3}", peak.score));
        let rows = self.rows.entry((*source).to_owned()).or_default();
        let near = |row: &&usize| {
            let there = self.manifest.get(**row, "time").parse::<f64>();
            there.is_ok_and(|there| (there - seconds).abs() < SAME)
        };
        let row = match rows.iter().find(near) {
            Some(&row) => row,
            None => {
                let path = format!("pieces/{}-{}.wav", name(source), peak.at * 1000 / u64::from(RATE));
                write_wav(&self.root.join(&path), &piece(samples, peak.at))?;
                let split = Split::Train.to_string();
                self.manifest.push([
                    ("path", path.as_str()),
                    ("label", SPEECH),
                    ("speaker", found.speaker),
                    ("split", split.as_str()),
                    ("source", source),
                    ("time", time.as_str()),
                ]);
                rows.push(self.manifest.len() - 1);
                self.manifest.len() - 1
            }
        };
        self.manifest.set(row, "heard", found.heard);
        self.manifest.set(row, "score", score);
        self.manifest.set(row, "accepted", if found.accepted { "yes" } else { "no" });
        Ok(())
    }

    /// Writes down what was found, and then that it was searched: what is cut off between is searched again.
    pub(super) fn save(&self) -> Result<()> {
        self.manifest.write(&self.root.join("manifest.csv"))?;
        self.searched.write(&self.root.join(SEARCHED))
    }
}

/// A table that is there, or an empty one.
fn table(path: &Path, columns: &[&str]) -> Result<Table> {
    if !path.exists() {
        return Ok(Table::new(columns.iter().copied()));
    }
    let table = Table::read(path)?;
    table.require(columns)?;
    Ok(table)
}

/// The two seconds around a moment, silent where the recording has no sound.
fn piece(samples: &[i16], at: u64) -> Vec<i16> {
    let [before, behind] = PIECE;
    let sample = |n: u64| n.checked_sub(before).and_then(|n| samples.get(n as usize)).copied().unwrap_or(0);
    (at..at + before + behind).map(sample).collect()
}

/// A name for files of a recording.
fn name(source: &str) -> String {
    hex(&Sha256::digest(source.as_bytes()))
}

/// The first twelve digits of a hash.
pub(super) fn hex(hash: &[u8]) -> String {
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::recordings;

    fn found(at: u64, score: f32) -> Found<'static> {
        Found {
            source: "talk/a.wav",
            speaker: "ann",
            heard: "yes",
            accepted: true,
            peak: Peak { at, word: 0, score },
        }
    }

    #[test]
    fn a_moment_is_kept_once_and_training_finds_it() {
        let root = tempfile::tempdir().unwrap();
        let samples: Vec<i16> = (0..80_000).map(|n| (n / 100) as i16).collect();
        let mut folder = Folder::open(root.path(), "first".into()).unwrap();
        folder.keep(&found(48_000, 0.9), &samples).unwrap();
        folder.searched("talk/a.wav");
        folder.save().unwrap();

        // Another model finds the same moment a little later, and one more.
        let mut folder = Folder::open(root.path(), "second".into()).unwrap();
        assert!(!folder.is_searched("talk/a.wav"));
        folder.keep(&found(50_000, 0.4), &samples).unwrap();
        folder.keep(&found(70_000, 0.5), &samples).unwrap();
        folder.save().unwrap();
        assert_eq!(folder.pieces(), 2);
        assert_eq!(folder.manifest.get(0, "score"), "0.400");
        assert!(Folder::open(root.path(), "first".into()).unwrap().is_searched("talk/a.wav"));

        let pieces = recordings(root.path()).unwrap();
        assert_eq!(pieces.len(), 2);
        assert!(pieces.iter().all(|piece| piece.serves(Split::Train) && piece.word.is_none()));
        let heard = crate::audio::read_16k(&pieces[0].path).unwrap();
        assert_eq!(heard, samples[24_000..56_000]);
    }

    #[test]
    fn pieces_at_the_ends_are_filled_up() {
        let samples = vec![7; 40_000];
        let first = piece(&samples, 16_000);
        assert_eq!((first.len(), first[7999], first[8000]), (32_000, 0, 7));
        let last = piece(&samples, 40_000);
        assert_eq!((last.len(), last[23_999], last[24_000]), (32_000, 7, 0));
    }

    #[test]
    fn a_folder_of_something_else_is_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("manifest.csv"), "path,label,speaker,split\na.wav,yes,ann,train\n")
            .unwrap();
        let error = format!("{:#}", Folder::open(root.path(), String::new()).err().unwrap());
        assert!(error.contains("was not mined") && error.contains("`source`"), "{error}");
    }
}
