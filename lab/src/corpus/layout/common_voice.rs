//! Common Voice: `validated.tsv` and `clips/*.mp3` for each language.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{SPEAKERS, inside};
use crate::corpus::import::{COLUMNS, official, words};
use crate::corpus::{SPEECH, Table};

/// The list of the clips whose sentence most listeners heard: that of the others cannot be relied on.
const LIST: &str = "validated.tsv";

/// The folders of languages: this one, or those in it.
pub(super) fn languages(root: &Path) -> Vec<PathBuf> {
    let is = |folder: &Path| folder.join(LIST).is_file() && folder.join("clips").is_dir();
    if is(root) {
        return vec![root.to_owned()];
    }
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is(path)).collect();
    folders.sort();
    folders
}

/// The validated clips. A sentence of one word has that for its label, a longer one `_speech_`. A speaker's split is
/// that of the official lists, or a hash gives it.
pub(super) fn manifest(root: &Path) -> Result<Table> {
    let mut manifest = Table::new(["path", "label", "speaker", "split"]);
    for folder in languages(root) {
        let list = folder.join(LIST);
        let table = Table::read_tabs(&list)?;
        table
            .require(&["client_id", "path", "sentence"])
            .with_context(|| format!("in `{}`", list.display()))?;
        let official = official(&folder)?;
        for row in 0..table.len() {
            let (file, speaker) = (table.get(row, "path"), table.get(row, "client_id"));
            let split = official.get(speaker).copied();
            let split =
                split.unwrap_or_else(|| SPEAKERS.split(if speaker.is_empty() { file } else { speaker }));
            let ending = if Path::new(file).extension().is_some() { "" } else { ".mp3" };
            let path = inside(root, &folder.join("clips").join(format!("{file}{ending}")));
            let spoken = words(table.get(row, "sentence"));
            let label = if let [word] = &spoken[..] { word } else { SPEECH };
            let main = [("path", path.as_str()), ("label", label), ("speaker", speaker)];
            let split = split.to_string();
            let others = COLUMNS.iter().filter(|(theirs, _)| table.has(theirs));
            let others = others.map(|&(theirs, ours)| (ours, table.get(row, theirs)));
            let licence = ("licence", "CC0-1.0");
            manifest.push(main.into_iter().chain([("split", split.as_str()), licence]).chain(others));
        }
    }
    Ok(manifest)
}
