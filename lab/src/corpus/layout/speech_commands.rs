//! Speech Commands as it is published: a folder for each word, the official split in two lists.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::{files, inside};
use crate::audio::is_audio;
use crate::corpus::import::{BACKGROUND, DIVIDER};
use crate::corpus::{Split, Table};

/// The lists of clips that do not train.
pub(super) const LISTS: [(&str, Split); 2] =
    [("validation_list.txt", Split::Validation), ("testing_list.txt", Split::Test)];

/// Every clip of a word; the background recordings are for `noise`, as `NAME/_background_noise_`.
pub(super) fn manifest(root: &Path) -> Result<Table> {
    let mut lists: HashMap<String, Split> = HashMap::new();
    for (name, split) in LISTS {
        let path = root.join(name);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        lists.extend(
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|l| (l.to_owned(), split)),
        );
    }
    let mut manifest = Table::new(["path", "label", "speaker", "split"]);
    for file in files(root)?.into_iter().filter(|file| is_audio(file)) {
        let path = inside(root, &file);
        let Some((word, name)) = path.split_once('/').filter(|(word, _)| *word != BACKGROUND) else {
            continue;
        };
        let speaker = name.split_once(DIVIDER).map_or("", |(speaker, _)| speaker);
        let split = lists.get(&path).copied().unwrap_or(Split::Train).to_string();
        manifest.push([("path", path.as_str()), ("label", word), ("speaker", speaker), ("split", &split)]);
    }
    Ok(manifest)
}
