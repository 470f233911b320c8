//! Assigning splits anew, so that nobody is heard in two.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::manifest::{count, require};
use super::{Counts, MANIFEST, Ratios, Split, Table, is_word};

/// What becomes of the splits that a manifest states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// Every clip goes where the hash of its speaker says.
    Replace,
    /// Clips that have a split keep it, unless their speaker serves several.
    Keep,
}

/// A speaker who serves several splits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Who.
    pub speaker: String,
    /// Which splits the manifest states.
    pub found: BTreeSet<Split>,
    /// Where all the speaker's clips go.
    pub given: Split,
}

/// A manifest with its splits assigned.
#[derive(Debug, Serialize)]
pub struct Division {
    /// The corpus.
    pub corpus: PathBuf,
    /// Clips by label and split.
    pub labels: Counts,
    /// Clips whose split is another one than before.
    pub changed: usize,
    /// Speakers who served several splits.
    pub conflicts: Vec<Conflict>,
    /// Clips of words without a speaker, which are assigned one by one.
    pub nameless: usize,
    #[serde(skip)]
    table: Table,
}

/// Assigns splits by a hash of the speaker; of the file where the speaker is unknown. `salt` makes it another draw.
/// Clips without a speaker that are no words, such as `_silence_`, keep their split where they have one.
///
/// # Errors
/// When the manifest cannot be read or lacks `path`, `label` or `speaker`.
pub fn divide(root: &Path, ratios: Ratios, present: Present, salt: &str) -> Result<Division> {
    let path = root.join(MANIFEST);
    let mut table = Table::read(&path)?;
    require(&table, &["label"]).with_context(|| format!("in `{}`", path.display()))?;
    ensure!(!table.is_empty(), "`{}` lists no clips", path.display());
    let mut stated: BTreeMap<String, BTreeSet<Split>> = BTreeMap::new();
    for row in 0..table.len() {
        if let Ok(split) = Split::parse(table.get(row, "split")) {
            stated.entry(who(&table, row).to_owned()).or_default().insert(split);
        }
    }
    let give = |who: &str, kept: Present| match stated
        .get(who)
        .map(|splits| splits.iter().collect::<Vec<_>>())
        .as_deref()
    {
        Some([only]) if kept == Present::Keep => **only,
        _ => ratios.split(&format!("{salt}{who}")),
    };
    let conflicts = stated.iter().filter(|(_, found)| found.len() > 1).map(|(speaker, found)| Conflict {
        speaker: speaker.clone(),
        found: found.clone(),
        given: give(speaker, present),
    });
    let conflicts = conflicts.collect();
    let (mut changed, mut nameless) = (0, 0);
    for row in 0..table.len() {
        let (nobody, word) = (table.get(row, "speaker").is_empty(), is_word(table.get(row, "label")));
        // Where silence and noise were cut from is known to who cut them, and lost to a hash.
        let kept = if nobody && !word { Present::Keep } else { present };
        let split = give(who(&table, row), kept);
        changed += usize::from(table.get(row, "split") != split.to_string());
        nameless += usize::from(nobody && word);
        table.set(row, "split", split.to_string());
    }
    Ok(Division { corpus: root.to_owned(), labels: count(&table), changed, conflicts, nameless, table })
}

/// What is hashed for a row.
fn who(table: &Table, row: usize) -> &str {
    let named =
        ["speaker", "source"].into_iter().map(|column| table.get(row, column)).find(|name| !name.is_empty());
    named.unwrap_or_else(|| table.get(row, "path"))
}

impl Division {
    /// Writes the manifest.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<()> {
        self.table.write(&self.corpus.join(MANIFEST))
    }
}
