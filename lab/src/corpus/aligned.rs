//! A corpus whose words lie in the middle of their clips.

use anyhow::{Result, ensure};

use super::{Build, Content, Corpus, Draft, is_word, place};
use crate::audio::{RATE, read_resampled};

/// Longest recording in seconds that a word is looked for in.
const LONGEST: f64 = 30.0;

/// Adds the clips of a corpus, each word in the middle of `seconds`. What lies beside words, such as `_silence_`, stays
/// as it is; clips in which no word is found, or a longer one, are left out.
///
/// # Errors
/// When the new corpus cannot be written.
pub fn align(corpus: Corpus, seconds: f64, build: &mut Build) -> Result<()> {
    ensure!((0.1..=LONGEST).contains(&seconds), "clips of {seconds} s, expected 0.1 to {LONGEST} s");
    let length = (seconds * f64::from(RATE)).round() as usize;
    for path in corpus.missing {
        build.exclude(path.display().to_string(), "it is in the manifest but not in the folder");
    }
    let root = corpus.root;
    let drafts = corpus.clips.into_iter().map(|clip| {
        let path = clip.path.strip_prefix(&root).unwrap_or(&clip.path).to_string_lossy().replace('\\', "/");
        let placed = is_word(&clip.label);
        // A clip keeps the place that it came from in the beginning.
        let mut columns = clip.columns;
        let source = columns.remove("source").filter(|source| !source.is_empty()).unwrap_or(path);
        Draft {
            name: clip.path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            label: clip.label,
            speaker: clip.speaker,
            split: clip.split,
            source,
            columns: columns.into_iter().collect(),
            content: Content::sound(move || {
                let samples = read_resampled(&clip.path, LONGEST)?;
                if placed { Ok(place(&samples, length)?) } else { Ok(samples) }
            }),
        }
    });
    build.add(drafts.collect())
}
