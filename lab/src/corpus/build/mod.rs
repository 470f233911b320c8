//! Making a corpus: clips are converted in parallel beside it, and take their place when all are there.

mod content;
mod folder;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use serde::Serialize;
use tempfile::TempDir;

use content::Unwritten;
pub use content::{Content, Sound};
use folder::{carry, file_name, present, remove};

use super::disk::folder_of;
use super::manifest::count;
use super::{Counts, Split, Table, is_word, progress};

/// Name of a corpus' table of clips.
pub const MANIFEST: &str = "manifest.csv";
/// Name of the table of what was left out.
pub const EXCLUDED: &str = "excluded.csv";

/// What to do where a corpus exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it alone and fail.
    Refuse,
    /// Add clips to it.
    Append,
    /// Remove its clips and put others in their place.
    Replace,
}

/// A clip, or an image, that is to be made.
pub struct Draft<'a> {
    /// What is spoken or seen; a name in underscores, such as `_silence_`, for what is no word.
    pub label: String,
    /// Who speaks; empty when unknown, and of images.
    pub speaker: String,
    /// What it may be used for.
    pub split: Split,
    /// Name of the file that is to be, without its folder and ending.
    pub name: String,
    /// Where it comes from: the column `source`, by which a clip is known when it is imported again.
    pub source: String,
    /// Metadata: names and values of further columns. Empty values make no column.
    pub columns: Vec<(String, String)>,
    /// What it is made of.
    pub content: Content<'a>,
}

/// Something that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// The file, or the row of a list.
    pub source: String,
    /// Why.
    pub reason: String,
}

/// A corpus that was made.
#[derive(Debug, Serialize)]
pub struct Made {
    /// Its folder.
    pub corpus: PathBuf,
    /// Count of clips that were added.
    pub added: usize,
    /// How many of them are images.
    pub images: usize,
    /// Count of clips by label, and within it by split.
    pub labels: Counts,
    /// Clips whose speaker serves another split already, and which joined that.
    pub joined: usize,
    /// Clips of words without a speaker.
    pub nameless: usize,
    /// Clips that were in the corpus already, by their source.
    pub known: usize,
    /// What was left out.
    pub excluded: Vec<Exclusion>,
}

/// A corpus in the making.
pub struct Build {
    root: PathBuf,
    existing: Existing,
    stage: TempDir,
    /// Clips that were there before.
    old: Table,
    new: Table,
    excluded: Vec<Exclusion>,
    /// Paths that are taken, in lower case: some file systems do not tell cases apart.
    taken: HashSet<String>,
    /// Paths of clips that will be removed.
    leaving: HashSet<String>,
    /// Sources that are in the corpus, each with its label.
    known: HashSet<(String, String)>,
    splits: HashMap<String, Split>,
    joined: usize,
    nameless: usize,
    images: usize,
    again: usize,
}

impl Build {
    /// Begins a corpus in the folder `root`, which is not touched before [`finish`](Self::finish).
    ///
    /// # Errors
    /// When the folder holds a corpus and is not to be changed, or holds something else.
    pub fn begin(root: &Path, existing: Existing) -> Result<Self> {
        let old = present(root, existing)?;
        let parent = folder_of(root);
        fs::create_dir_all(parent).with_context(|| format!("cannot create `{}`", parent.display()))?;
        let stage = tempfile::Builder::new().prefix(".kws-corpus-").tempdir_in(parent);
        let stage = stage.with_context(|| format!("cannot write to `{}`", parent.display()))?;
        let mut build = Self {
            root: root.to_owned(),
            existing,
            stage,
            new: Table::default(),
            excluded: Vec::new(),
            taken: HashSet::new(),
            leaving: HashSet::new(),
            known: HashSet::new(),
            splits: HashMap::new(),
            joined: 0,
            nameless: 0,
            images: 0,
            again: 0,
            old,
        };
        if existing == Existing::Append {
            build.remember()?;
        } else {
            build.leaving = (0..build.old.len()).map(|row| build.old.get(row, "path").to_owned()).collect();
        }
        Ok(build)
    }

    /// Takes note of the clips that stay.
    fn remember(&mut self) -> Result<()> {
        for row in 0..self.old.len() {
            let cell = |column| self.old.get(row, column).to_owned();
            self.taken.insert(cell("path").to_lowercase());
            self.known.insert((cell("label"), cell("source")));
            let (speaker, split) = (cell("speaker"), Split::parse(self.old.get(row, "split")));
            let split = split
                .with_context(|| format!("line {} of the manifest in `{}`", row + 2, self.root.display()))?;
            if !speaker.is_empty() {
                self.splits.entry(speaker).or_insert(split);
            }
        }
        Ok(())
    }

    /// Leaves something out.
    pub fn exclude(&mut self, source: impl Into<String>, reason: impl Into<String>) {
        self.excluded.push(Exclusion { source: source.into(), reason: reason.into() });
    }

    /// Makes clips. Those that cannot be made are left out with the reason.
    ///
    /// A clip of a speaker who serves a split already joins that one: nobody is to be heard in two.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add(&mut self, drafts: Vec<Draft<'_>>) -> Result<()> {
        let mut places = Vec::new();
        for mut draft in drafts {
            if !self.known.insert((draft.label.clone(), draft.source.clone())) {
                self.again += 1;
                continue;
            }
            self.join(&mut draft);
            places.push((self.place(&draft), draft));
        }
        for folder in places.iter().filter_map(|(path, _)| Path::new(path).parent()).collect::<HashSet<_>>() {
            fs::create_dir_all(self.stage.path().join(folder))?;
        }
        let bar = progress::count(places.len(), "clips");
        let made: Vec<Result<Vec<(String, String)>>> = places
            .par_iter()
            .map(|(path, draft)| {
                let measured = draft.content.write(&self.stage.path().join(path));
                bar.inc(1);
                measured
            })
            .collect();
        bar.finish_and_clear();
        for ((path, mut draft), made) in places.into_iter().zip(made) {
            match made {
                Ok(measured) => {
                    draft.columns.extend(measured);
                    self.enter(&path, &draft);
                }
                Err(why) if why.is::<Unwritten>() => return Err(why),
                Err(why) => self.exclude(draft.source, format!("{why:#}")),
            }
        }
        Ok(())
    }

    /// Why nothing is left: a few reasons, each once, with what it was first found at.
    fn reasons(&self) -> String {
        let mut reasons: Vec<&Exclusion> = Vec::new();
        for exclusion in &self.excluded {
            if reasons.len() < 3 && reasons.iter().all(|e| e.reason != exclusion.reason) {
                reasons.push(exclusion);
            }
        }
        let texts: Vec<String> = reasons.iter().map(|e| format!("`{}`: {}", e.source, e.reason)).collect();
        if texts.is_empty() { "nothing found".to_owned() } else { texts.join("; ") }
    }

    fn join(&mut self, draft: &mut Draft<'_>) {
        if draft.speaker.is_empty() {
            return;
        }
        let split = *self.splits.entry(draft.speaker.clone()).or_insert(draft.split);
        self.joined += usize::from(split != draft.split);
        draft.split = split;
    }

    /// A path that no other clip has.
    fn place(&mut self, draft: &Draft<'_>) -> String {
        let (folder, name) = (file_name(&draft.label), file_name(&draft.name));
        let numbered = |n: usize| if n == 1 { String::new() } else { format!("-{n}") };
        let ending = draft.content.ending();
        let mut paths = (1..).map(|n| format!("{folder}/{name}{}.{ending}", numbered(n)));
        let free = paths.find(|path| {
            let there = self.root.join(path).exists() && !self.leaving.contains(path);
            !there && self.taken.insert(path.to_lowercase())
        });
        free.expect("one of infinitely many names is free")
    }

    fn enter(&mut self, path: &str, draft: &Draft<'_>) {
        let split = draft.split.to_string();
        let image = matches!(draft.content, Content::Image(_));
        let main = [("path", path), ("label", &draft.label), ("speaker", &draft.speaker), ("split", &split)];
        let main = main.into_iter().filter(|(column, _)| !image || *column != "speaker");
        let others = draft.columns.iter().filter(|(_, value)| !value.is_empty());
        let others = others.map(|(column, value)| (column.as_str(), value.as_str()));
        self.new.push(main.chain(others).chain([("source", draft.source.as_str())]));
        self.nameless += usize::from(!image && draft.speaker.is_empty() && is_word(&draft.label));
        self.images += usize::from(image);
    }

    /// Folder whose files become part of the corpus without being clips, such as noise.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn beside(&self, name: &str) -> Result<PathBuf> {
        let folder = self.stage.path().join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Puts the corpus in its place.
    ///
    /// # Errors
    /// When there is no clip, or a file cannot be written; the folder is then as it was before.
    pub fn finish(self) -> Result<Made> {
        if self.new.is_empty() && (self.existing != Existing::Append || self.old.is_empty()) {
            bail!("no clip is left for `{}`: {}", self.root.display(), self.reasons());
        }
        let mut excluded = Table::new(["source", "reason"]);
        let mut manifest = self.new.clone();
        if self.existing == Existing::Append {
            manifest = self.old.clone();
            manifest.append(&self.new);
            let path = self.root.join(EXCLUDED);
            excluded = if path.is_file() { Table::read(&path)? } else { excluded };
        } else {
            remove(&self.root, &self.old)?;
        }
        self.excluded
            .iter()
            .for_each(|e| excluded.push([("source", e.source.as_str()), ("reason", &e.reason)]));
        fs::create_dir_all(&self.root)?;
        carry(self.stage.path(), &self.root)?;
        manifest.write(&self.root.join(MANIFEST))?;
        if !excluded.is_empty() {
            excluded.write(&self.root.join(EXCLUDED))?;
        }
        let labels = count(&manifest);
        Ok(Made {
            corpus: self.root,
            added: self.new.len(),
            images: self.images,
            labels,
            joined: self.joined,
            nameless: self.nameless,
            known: self.again,
            excluded: self.excluded,
        })
    }
}
