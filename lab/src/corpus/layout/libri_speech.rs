//! LibriSpeech: `SPEAKER/CHAPTER/SPEAKER-CHAPTER-NUMBER.flac` with the sentences in `SPEAKER-CHAPTER.trans.txt`.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use super::{SPEAKERS, files, inside};
use crate::audio::is_audio;
use crate::corpus::{SPEECH, Split, Table};

/// Ending of the lists of sentences.
const SENTENCES: &str = ".trans.txt";
/// Folders down to such a list: the part, the speaker, the chapter, and two that archives put around them.
const DEPTH: usize = 6;

/// Whether a folder holds such a list.
pub(super) fn is(root: &Path) -> bool {
    let mut files = WalkDir::new(root).follow_links(true).max_depth(DEPTH).into_iter().flatten();
    files.any(|entry| entry.file_name().to_string_lossy().ends_with(SENTENCES))
}

/// Every recording that has a sentence. A speaker's split is that of the part's name (`train-clean-5`, `dev-clean-2`,
/// `test-other`), or a hash gives it.
pub(super) fn manifest(root: &Path) -> Result<Table> {
    let files = files(root)?;
    let mut sentences: HashMap<String, String> = HashMap::new();
    let mut genders: HashMap<String, String> = HashMap::new();
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let text =
            || std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()));
        if name.ends_with(SENTENCES) {
            let lines = text()?;
            let pairs = lines.lines().filter_map(|line| line.trim().split_once(' '));
            sentences.extend(pairs.map(|(id, sentence)| (id.to_owned(), sentence.to_owned())));
        } else if name == "SPEAKERS.TXT" {
            genders.extend(text()?.lines().filter_map(gender));
        }
    }
    let mut manifest = Table::new(["path", "label", "speaker", "split", "gender", "sentence"]);
    for file in files.iter().filter(|file| is_audio(file)) {
        let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some(sentence) = sentences.get(&id) else { continue };
        let speaker = id.split('-').next().unwrap_or_default();
        let split = part(root, file).unwrap_or_else(|| SPEAKERS.split(speaker)).to_string();
        let (path, named) = (inside(root, file), format!("librispeech-{speaker}"));
        let gender = genders.get(speaker).map_or("", String::as_str);
        manifest.push([
            ("path", path.as_str()),
            ("label", SPEECH),
            ("speaker", &named),
            ("split", &split),
            ("gender", gender),
            ("sentence", sentence),
        ]);
    }
    Ok(manifest)
}

/// The split that the name of a part says.
fn part(root: &Path, file: &Path) -> Option<Split> {
    let split = |name: &OsStr| match name.to_str()?.split('-').next()? {
        "train" => Some(Split::Train),
        "dev" => Some(Split::Validation),
        "test" => Some(Split::Test),
        _ => None,
    };
    let inside = file.strip_prefix(root).unwrap_or(file).iter().find_map(split);
    inside.or_else(|| root.file_name().and_then(split))
}

/// A line of `SPEAKERS.TXT`: `ID | SEX | SUBSET | MINUTES | NAME`.
fn gender(line: &str) -> Option<(String, String)> {
    let mut cells = line.split('|').map(str::trim);
    let speaker = cells.next().filter(|id| !id.starts_with(';'))?;
    let gender = match cells.next()? {
        "F" => "female",
        "M" => "male",
        _ => return None,
    };
    Some((speaker.to_owned(), gender.to_owned()))
}
