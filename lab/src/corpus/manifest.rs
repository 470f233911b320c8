//! `manifest.csv`: columns `path,label,speaker,split` and any metadata columns. A corpus of images needs no `speaker`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::Table;
use super::layout::{self, Layout};
use crate::medium::Medium;

/// The part of a corpus that a clip serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Weights are fitted to these.
    Train,
    /// Early stopping, calibration and operating points are chosen on these.
    Validation,
    /// Figures are reported on these.
    Test,
}

impl Split {
    /// All splits, in the order of a model's life.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// Parses `train`, `validation` or `test`.
    ///
    /// # Errors
    /// On any other name.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "train" => Self::Train,
            "validation" => Self::Validation,
            "test" => Self::Test,
            _ => bail!("unknown split `{name}`, expected `train`, `validation` or `test`"),
        })
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        })
    }
}

/// Whether a label is a word: names that begin with `_`, such as `_silence_` and `_speech_`, are none.
#[must_use]
pub fn is_word(label: &str) -> bool {
    !label.starts_with('_')
}

/// Clips by label and, within that, by split.
pub type Counts = BTreeMap<String, BTreeMap<Split, usize>>;

/// Counts the rows of a manifest; those without a split are left out.
pub(super) fn count(manifest: &Table) -> Counts {
    let mut counts = Counts::new();
    for row in 0..manifest.len() {
        let splits = counts.entry(manifest.get(row, "label").to_owned()).or_default();
        if let Ok(split) = Split::parse(manifest.get(row, "split")) {
            *splits.entry(split).or_default() += 1;
        }
    }
    counts
}

/// One row of a manifest: a clip, or an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// Where the recording or the image lies, the corpus folder included.
    pub path: PathBuf,
    /// The word that is spoken, or `_silence_`; what is seen.
    pub label: String,
    /// Who speaks, or who is seen; empty when unknown.
    pub speaker: String,
    /// What the clip may be used for.
    pub split: Split,
    /// The manifest's remaining columns.
    pub columns: BTreeMap<String, String>,
}

/// A manifest that has been read and checked.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// The folder.
    pub root: PathBuf,
    /// Rows whose file exists.
    pub clips: Vec<Clip>,
    /// Paths that the manifest names and the folder lacks.
    pub missing: Vec<PathBuf>,
}

/// Columns that every manifest of recordings has.
pub(super) const REQUIRED: [&str; 4] = ["path", "label", "speaker", "split"];

/// What a manifest names: images, if it names nothing else.
pub(super) fn medium(manifest: &Table) -> Medium {
    Medium::of((0..manifest.len()).map(|row| Path::new(manifest.get(row, "path"))))
}

/// Checks that a manifest has the column `path` and those in `columns`; and `speaker`, unless all that it names are
/// images.
///
/// # Errors
/// Names the first that is missing.
pub(super) fn require(manifest: &Table, columns: &[&str]) -> Result<()> {
    let whose: &[&str] = if medium(manifest) == Medium::Images { &[] } else { &["speaker"] };
    manifest.require(&[&["path"], columns, whose].concat())
}

impl Corpus {
    /// Reads the manifest of a folder, or a folder in another [`Layout`]. Rows whose file is absent are set aside in
    /// [`missing`](Self::missing).
    ///
    /// # Errors
    /// When the folder is in no layout, its table is malformed, lacks a required column, names an unknown split, holds no
    /// usable row, or lets one speaker serve two splits.
    pub fn open(root: &Path) -> Result<Self> {
        let table = layout::manifest(root)?;
        let place = Layout::of(root).map_or_else(|| root.to_owned(), |layout| layout.table_of(root));
        Self::read(root, &table).with_context(|| format!("in `{}`", place.display()))
    }

    fn read(root: &Path, table: &Table) -> Result<Self> {
        require(table, &["label", "split"])?;
        let mut corpus = Self { root: root.to_owned(), clips: Vec::new(), missing: Vec::new() };
        for row in 0..table.len() {
            let clip = clip(root, table, row).with_context(|| format!("line {}", row + 2))?;
            if clip.path.is_file() {
                corpus.clips.push(clip);
            } else {
                corpus.missing.push(clip.path);
            }
        }
        ensure!(!corpus.clips.is_empty(), "no row lists an existing file");
        corpus.check_speakers()?;
        Ok(corpus)
    }

    /// What it holds.
    #[must_use]
    pub fn medium(&self) -> Medium {
        Medium::of(self.clips.iter().map(|clip| clip.path.as_path()))
    }

    /// Checks that it holds clips; `why` says what is done with them.
    ///
    /// # Errors
    /// When it holds images.
    pub fn needs_sound(&self, why: &str) -> Result<()> {
        let root = self.root.display();
        ensure!(self.medium() == Medium::Clips, "`{root}` contains images, expected audio clips: {why}");
        Ok(())
    }

    fn check_speakers(&self) -> Result<()> {
        let mut seen: BTreeMap<&str, &Clip> = BTreeMap::new();
        for clip in self.clips.iter().filter(|c| !c.speaker.is_empty()) {
            let first = seen.entry(&clip.speaker).or_insert(clip);
            ensure!(
                first.split == clip.split,
                "speaker `{}` is in split `{}` with `{}` and in `{}` with `{}`; a speaker belongs to one split: \
                 run `kws-lab corpus split`",
                clip.speaker,
                first.split,
                first.path.display(),
                clip.split,
                clip.path.display()
            );
        }
        Ok(())
    }
}

fn clip(root: &Path, table: &Table, row: usize) -> Result<Clip> {
    let cell = |column: &str| table.get(row, column).to_owned();
    let (path, label) = (cell("path"), cell("label"));
    ensure!(!path.is_empty(), "`path` is empty");
    ensure!(!label.is_empty(), "`label` of `{path}` is empty; silence is written `_silence_`");
    let split = Split::parse(table.get(row, "split"))
        .with_context(|| format!("`split` of `{path}`; `kws-lab corpus split` assigns one"))?;
    let others = table.row(row).filter(|(column, _)| !REQUIRED.contains(column));
    let columns = others.map(|(column, value)| (column.to_owned(), value.to_owned())).collect();
    Ok(Clip { path: root.join(path), label, speaker: cell("speaker"), split, columns })
}
