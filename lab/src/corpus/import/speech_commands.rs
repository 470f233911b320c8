//! The layout of Speech Commands: a folder for each word, files named `SPEAKER_nohash_N.wav`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Background, Terms, background, files};
use crate::audio::read_resampled;
use crate::corpus::{Build, Content, Draft, Split};

/// The text after which a file's name no longer tells the speaker.
pub(in crate::corpus) const DIVIDER: &str = "_nohash_";

/// How to read a folder in the layout of Speech Commands.
#[derive(Clone, Debug)]
pub struct SpeechCommands {
    /// The folder.
    pub folder: PathBuf,
    /// What becomes of `_background_noise_`.
    pub background: Background,
    /// Words that are taken; all when empty.
    pub words: Vec<String>,
}

impl SpeechCommands {
    /// Takes the clips. Their splits are those of `validation_list.txt` and `testing_list.txt` where the folder has
    /// them, and else those of the data set's own hash, with the given ratios.
    ///
    /// # Errors
    /// When the folder cannot be read, or the corpus cannot be written.
    pub fn import(&self, terms: Terms, build: &mut Build) -> Result<()> {
        let folders = files::folders(&self.folder)?;
        ensure!(
            !folders.is_empty(),
            "`{}` has no folders, expected one per word with its recordings",
            self.folder.display()
        );
        let mut lists = lists(&self.folder)?;
        for folder in folders {
            let label = files::name(&folder);
            if background::is_background(&folder) {
                background::take(&self.folder, &folder, self.background, build)?;
            } else if self.words.is_empty() || self.words.contains(&label) {
                self.word(&folder, &label, terms, lists.as_mut(), build)?;
            }
        }
        let wanted = |path: &String| {
            self.words.is_empty() || self.words.iter().any(|w| path.starts_with(&format!("{w}/")))
        };
        let mut absent: Vec<String> = lists.unwrap_or_default().into_keys().filter(wanted).collect();
        absent.sort();
        absent.into_iter().for_each(|path| build.exclude(path, "it is in a list but not in the folder"));
        Ok(())
    }

    fn word(
        &self,
        folder: &Path,
        label: &str,
        terms: Terms,
        mut lists: Option<&mut HashMap<String, Split>>,
        build: &mut Build,
    ) -> Result<()> {
        let paths = files::recordings(&self.folder, folder, build)?;
        if paths.is_empty() {
            build.exclude(format!("{label}/"), "the folder contains no recordings");
        }
        let drafts = paths.iter().map(|path| {
            let (source, name) = (files::source(&self.folder, path), files::name(path));
            let speaker = name.split_once(DIVIDER).map_or("", |(speaker, _)| speaker);
            let split = match &mut lists {
                Some(lists) => lists.remove(&source).unwrap_or(Split::Train),
                None => terms.split(speaker, &name),
            };
            Draft {
                label: label.to_owned(),
                speaker: speaker.to_owned(),
                split,
                name: files::stem(path),
                source,
                columns: Vec::new(),
                content: Content::sound(move || read_resampled(path, terms.longest)),
            }
        });
        build.add(drafts.collect())
    }
}

/// The lists that come with the data set, by path; none unless both are there.
fn lists(folder: &Path) -> Result<Option<HashMap<String, Split>>> {
    let names = [("validation_list.txt", Split::Validation), ("testing_list.txt", Split::Test)];
    if !names.iter().all(|(name, _)| folder.join(name).is_file()) {
        return Ok(None);
    }
    let mut lists = HashMap::new();
    for (name, split) in names {
        let path = folder.join(name);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        lists.extend(text.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| (l.to_owned(), split)));
    }
    Ok(Some(lists))
}
