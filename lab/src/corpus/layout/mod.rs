//! Layouts in which corpora are read where they lie: our own manifest, and what others publish.
//!
//! Every layout is brought to the table that `manifest.csv` is: `path,label,speaker,split` and further columns.

mod common_voice;
mod images;
mod libri_speech;
mod speech_commands;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use super::review::{REVIEW, Review};
use super::{MANIFEST, Ratios, Table};

/// Shares of the speakers of running speech whose publisher divides them in no way: half of them train, and so many
/// judge that there are hours to count false accepts in.
pub(super) const SPEAKERS: Ratios = Ratios { validation: 20.0, test: 30.0 };

/// What a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Clips that a run has kept and somebody has reviewed: `review.csv`, or what was judged on the live page.
    Reviewed,
    /// A corpus of ours: `manifest.csv`.
    Manifest,
    /// Images with `labels.csv`.
    Images,
    /// Languages of Common Voice, or one: `validated.tsv` and `clips/`.
    CommonVoice,
    /// LibriSpeech: `*.trans.txt` beside the recordings.
    LibriSpeech,
    /// Speech Commands: a folder for each word, `testing_list.txt` and `validation_list.txt`.
    SpeechCommands,
}

impl Layout {
    /// The layout of a folder; none of a folder that is in no layout, such as one of recordings alone.
    #[must_use]
    pub fn of(root: &Path) -> Option<Self> {
        if Review::is(root) {
            Some(Self::Reviewed)
        } else if root.join(MANIFEST).is_file() {
            Some(Self::Manifest)
        } else if root.join(images::LABELS).is_file() {
            Some(Self::Images)
        } else if !common_voice::languages(root).is_empty() {
            Some(Self::CommonVoice)
        } else if speech_commands::LISTS.iter().all(|(list, _)| root.join(list).is_file()) {
            Some(Self::SpeechCommands)
        } else {
            libri_speech::is(root).then_some(Self::LibriSpeech)
        }
    }

    /// The file that says what there is, or the folder where several do.
    #[must_use]
    pub fn table_of(self, root: &Path) -> PathBuf {
        match self {
            Self::Reviewed if root.join(REVIEW).is_file() => root.join(REVIEW),
            Self::Manifest => root.join(MANIFEST),
            Self::Images => root.join(images::LABELS),
            Self::Reviewed | Self::CommonVoice | Self::LibriSpeech | Self::SpeechCommands => root.to_owned(),
        }
    }

    /// Reads a folder of this layout as a manifest. Our own is returned as it is, and may lack columns.
    pub(super) fn manifest(self, root: &Path) -> Result<Table> {
        match self {
            Self::Reviewed => Review::open(root)?.manifest(),
            Self::Manifest => Table::read(&root.join(MANIFEST)),
            Self::Images => images::manifest(root),
            Self::CommonVoice => common_voice::manifest(root),
            Self::LibriSpeech => libri_speech::manifest(root),
            Self::SpeechCommands => speech_commands::manifest(root),
        }
    }
}

/// The manifest of a folder that is in a layout.
///
/// # Errors
/// When it is in none, or cannot be read.
pub(super) fn manifest(root: &Path) -> Result<Table> {
    let Some(layout) = Layout::of(root) else {
        bail!(
            "`{}` has no `{MANIFEST}` and is not in a known layout (Common Voice, LibriSpeech, Speech Commands, images \
             with `labels.csv`); import it with `kws-lab corpus import`",
            root.display()
        );
    };
    layout.manifest(root).with_context(|| format!("in `{}`", layout.table_of(root).display()))
}

/// Files below a folder, hidden ones left out, in the order of their names; folders that are linked to are entered.
pub(super) fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let hidden =
        |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    let walk = WalkDir::new(root).follow_links(true).sort_by_file_name();
    let mut files = Vec::new();
    for entry in walk.into_iter().filter_entry(|entry| !hidden(entry)) {
        let entry = entry.with_context(|| format!("cannot list `{}`", root.display()))?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// A path as a manifest writes it: from the corpus' folder, with `/` between its parts.
fn inside(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
