//! Recordings of any length: speech, noise, music, rooms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::import::words;
use super::layout::{self, Layout};
use super::manifest::REQUIRED;
use super::{Split, is_word};
use crate::audio::{ENDINGS, is_audio};

/// A recording of a corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Where it lies.
    pub path: PathBuf,
    /// Who speaks; empty when unknown.
    pub speaker: String,
    /// What it may be used for; none where the corpus is not divided.
    pub split: Option<Split>,
    /// The word that is said, where the manifest names one.
    pub word: Option<String>,
    /// The manifest's remaining columns, such as `sentence` and `gender`.
    pub columns: BTreeMap<String, String>,
}

impl Recording {
    /// A recording of which only the file is known.
    #[must_use]
    pub fn file(path: PathBuf) -> Self {
        Self { path, speaker: String::new(), split: None, word: None, columns: BTreeMap::new() }
    }

    /// Whether it may be heard by what `split` serves: what is not divided by everybody.
    #[must_use]
    pub fn serves(&self, split: Split) -> bool {
        self.split.is_none_or(|own| own == split)
    }

    /// The first of some words that is said in it, by its transcript in the column `sentence` or by its label.
    #[must_use]
    pub fn says<'a>(&self, keywords: &'a [String]) -> Option<&'a String> {
        let spoken = self.columns.get("sentence").map_or_else(Vec::new, |sentence| words(sentence));
        keywords.iter().find(|keyword| {
            let parts = words(keyword);
            let said = !parts.is_empty() && spoken.windows(parts.len()).any(|heard| heard == parts);
            said || self.word.as_ref() == Some(*keyword)
        })
    }
}

/// The recordings of a corpus, in the order of its manifest; of a folder in no [`Layout`] the audio files in it and in the
/// folders below, in the order of their names; a file that is named is the only one.
///
/// # Errors
/// When a folder or a manifest cannot be read, holds nothing, or names a file that is absent.
pub fn recordings(root: &Path) -> Result<Vec<Recording>> {
    if root.is_file() {
        return Ok(vec![Recording::file(root.to_owned())]);
    }
    let Some(layout) = Layout::of(root) else {
        let mut files = layout::files(root)?;
        files.retain(|file| is_audio(file));
        ensure!(
            !files.is_empty(),
            "`{}` and its subfolders contain no recordings, expected files that end in {}",
            root.display(),
            ENDINGS.join(", ")
        );
        return Ok(files.into_iter().map(Recording::file).collect());
    };
    listed(root, layout).with_context(|| format!("in `{}`", layout.table_of(root).display()))
}

fn listed(root: &Path, layout: Layout) -> Result<Vec<Recording>> {
    let table = layout.manifest(root)?;
    table.require(&["path"])?;
    ensure!(!table.is_empty(), "it lists no recording");
    let mut recordings = Vec::new();
    for row in 0..table.len() {
        let (path, label) = (root.join(table.get(row, "path")), table.get(row, "label"));
        ensure!(path.is_file(), "line {}: `{}` does not exist", row + 2, path.display());
        ensure!(
            is_audio(&path),
            "line {}: the extension of `{}` is not that of a recording",
            row + 2,
            path.display()
        );
        let split = match table.get(row, "split") {
            "" => None,
            name => Some(Split::parse(name).with_context(|| format!("line {}", row + 2))?),
        };
        let others = table.row(row).filter(|(column, _)| !REQUIRED.contains(column));
        recordings.push(Recording {
            speaker: table.get(row, "speaker").to_owned(),
            split,
            word: Some(label.to_owned()).filter(|label| !label.is_empty() && is_word(label)),
            columns: others.map(|(column, value)| (column.to_owned(), value.to_owned())).collect(),
            path,
        });
    }
    Ok(recordings)
}
