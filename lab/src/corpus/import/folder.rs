//! Plain folders: one for each label, or any files with a table that names them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Background, Terms, background, files};
use crate::audio::read_resampled;
use crate::corpus::manifest::REQUIRED;
use crate::corpus::review::Review;
use crate::corpus::{Build, Content, Draft, MANIFEST, Split, Table};

/// How to read a plain folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The folder. Files lie in `LABEL/` or in `LABEL/SPEAKER/`; where there is a `manifest.csv`, they lie where that
    /// says, and it needs the columns `path` and `label` only. Of clips that were reviewed only those are taken that have a
    /// verdict.
    pub folder: PathBuf,
    /// A file's name up to this text tells the speaker. Where it is not found, the speaker is unknown.
    pub divider: String,
    /// What becomes of `_background_noise_`.
    pub background: Background,
    /// Labels that are taken; all when empty.
    pub words: Vec<String>,
}

impl Folder {
    /// Takes the clips.
    ///
    /// # Errors
    /// When the folder or its table cannot be read, or the corpus cannot be written.
    pub fn import(&self, terms: Terms, build: &mut Build) -> Result<()> {
        if Review::is(&self.folder) {
            return self.listed(&Review::open(&self.folder)?.manifest()?, terms, build);
        }
        let manifest = self.folder.join(MANIFEST);
        if manifest.is_file() {
            return self.listed(&Table::read(&manifest)?, terms, build);
        }
        let entries = files::list(&self.folder)?;
        ensure!(
            entries.iter().any(|entry| entry.is_dir()),
            "`{}` has neither one folder per label nor a `{MANIFEST}`",
            self.folder.display()
        );
        for entry in entries {
            let label = files::name(&entry);
            if !entry.is_dir() {
                build.exclude(label, "it is not in a label's folder");
            } else if background::is_background(&entry) {
                background::take(&self.folder, &entry, self.background, build)?;
            } else if self.wants(&label) {
                self.label(&entry, &label, terms, build)?;
            }
        }
        Ok(())
    }

    fn wants(&self, label: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| word == label)
    }

    fn label(&self, folder: &Path, label: &str, terms: Terms, build: &mut Build) -> Result<()> {
        let mut paths: Vec<(PathBuf, String)> = Vec::new();
        for path in files::recordings(&self.folder, folder, build)? {
            let name = files::name(&path);
            let speaker = name.split_once(&self.divider).map_or("", |(speaker, _)| speaker);
            paths.push((path, speaker.to_owned()));
        }
        for speaker in files::folders(folder)? {
            for deeper in files::folders(&speaker)? {
                build.exclude(
                    files::source(&self.folder, &deeper),
                    "a speaker's folder must not contain folders",
                );
            }
            let spoken = files::recordings(&self.folder, &speaker, build)?;
            paths.extend(spoken.into_iter().map(|path| (path, files::name(&speaker))));
        }
        if paths.is_empty() {
            build.exclude(format!("{label}/"), "the folder contains no recordings");
        }
        let drafts = paths.into_iter().map(|(path, speaker)| {
            let source = files::source(&self.folder, &path);
            let split = terms.split(&speaker, &source);
            let name = if path.parent() == Some(folder) || speaker.is_empty() {
                files::stem(&path)
            } else {
                format!("{speaker}_{}", files::stem(&path))
            };
            let content = Content::sound(move || read_resampled(&path, terms.longest));
            Draft { label: label.to_owned(), speaker, split, name, source, columns: Vec::new(), content }
        });
        build.add(drafts.collect())
    }

    /// Takes the rows of a table.
    fn listed(&self, table: &Table, terms: Terms, build: &mut Build) -> Result<()> {
        table.require(&["path", "label"]).with_context(|| format!("in `{MANIFEST}`"))?;
        let mut drafts = Vec::new();
        for row in 0..table.len() {
            let cell = |column| table.get(row, column).to_owned();
            let (source, label, speaker) = (cell("path"), cell("label"), cell("speaker"));
            let line = format!("line {} of {MANIFEST}", row + 2);
            let split = match table.get(row, "split") {
                "" => terms.split(&speaker, &source),
                name => match Split::parse(name) {
                    Ok(split) => split,
                    Err(why) => {
                        build.exclude(source, format!("{line}: {why}"));
                        continue;
                    }
                },
            };
            if source.is_empty() || label.is_empty() {
                build.exclude(line, "`path` or `label` is empty");
                continue;
            }
            if !self.wants(&label) {
                continue;
            }
            let path = self.folder.join(&source);
            if !path.is_file() {
                build.exclude(source, "it is in the manifest but not in the folder");
                continue;
            }
            let others =
                table.row(row).filter(|(column, _)| !REQUIRED.contains(column) && *column != "source");
            let columns = others.map(|(column, value)| (column.to_owned(), value.to_owned())).collect();
            let name = files::stem(&path);
            let content = Content::sound(move || read_resampled(&path, terms.longest));
            drafts.push(Draft { label, speaker, split, name, source, columns, content });
        }
        build.add(drafts)
    }
}
