//! What a model has learnt from, as its card states it: by the corpora's own words, and by counts of their manifests.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::corpus::{Clip, Corpus, CorpusRef, Recording, Split, Vocabulary, recordings};
use crate::train::Config;

/// A corpus in one of its roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainingData {
    /// The key of the configuration that names it: `corpora`, `noise`, `speech` and so on.
    pub role: String,
    /// Its name there.
    pub name: String,
    /// What its `corpus.toml` says: title, source and licence; empty where it says nothing.
    pub about: String,
    /// What its `corpus.toml` adds.
    pub note: String,
    /// Licences and collections that the columns `licence` and `source` of its manifest name.
    pub columns: Vec<String>,
    /// Clips, images or recordings that training draws from.
    pub files: usize,
    /// Speakers of these who are known by name.
    pub speakers: usize,
    /// First digits of the SHA-256 of the list of these: paths and labels in alphabetical order.
    pub list: String,
}

/// A file that training draws from.
struct File<'a> {
    path: &'a Path,
    label: &'a str,
    speaker: &'a str,
    licence: Option<&'a String>,
    source: Option<&'a String>,
}

/// Most values of the column `source` that are collections: where every file has its own, it says where that file lay.
const COLLECTIONS: usize = 40;

/// Everything that a configuration names, in its order.
///
/// # Errors
/// When a corpus cannot be read.
pub fn training_data(config: &Config) -> Result<Vec<TrainingData>> {
    let vocabulary = Vocabulary::new(config.labels.clone())?;
    let mut all = Vec::new();
    for named in &config.data.corpora {
        let corpus = Corpus::open(named)?;
        let used = |clip: &&Clip| {
            let known = vocabulary.class(&clip.label).is_some() && config.data.uses(&clip.label);
            clip.split == Split::Train && known
        };
        let files = corpus.clips.iter().filter(used).map(File::of_clip);
        all.push(TrainingData::new("corpora", named, files.collect())?);
    }
    let keywords = config.data.unspoken(vocabulary.keywords());
    for (role, corpora) in config.data.recordings() {
        for named in corpora {
            let all_of = recordings(named)?;
            let spoken = |r: &Recording| role == "speech" && r.says(&keywords).is_some();
            let used = all_of.iter().filter(|r| r.serves(Split::Train) && !spoken(r));
            all.push(TrainingData::new(role, named, used.map(File::of_recording).collect())?);
        }
    }
    Ok(all)
}

impl<'a> File<'a> {
    fn of_clip(clip: &'a Clip) -> Self {
        let column = |name: &str| clip.columns.get(name);
        let (licence, source) = (column("licence"), column("source"));
        Self { path: &clip.path, label: &clip.label, speaker: &clip.speaker, licence, source }
    }

    fn of_recording(recording: &'a Recording) -> Self {
        let column = |name: &str| recording.columns.get(name);
        let (licence, source) = (column("licence"), column("source"));
        Self { path: &recording.path, label: "", speaker: &recording.speaker, licence, source }
    }
}

impl TrainingData {
    fn new(role: &str, corpus: &CorpusRef, files: Vec<File<'_>>) -> Result<Self> {
        let about = corpus.about()?;
        let inside = |path: &Path| {
            path.strip_prefix(corpus.folder()).unwrap_or(path).to_string_lossy().replace('\\', "/")
        };
        let mut rows: Vec<String> =
            files.iter().map(|f| format!("{}\t{}\n", inside(f.path), f.label)).collect();
        rows.sort();
        let digest = Sha256::digest(rows.concat());
        let speakers: BTreeSet<&str> =
            files.iter().map(|f| f.speaker).filter(|name| !name.is_empty()).collect();
        let mut columns = distinct(files.iter().filter_map(|f| f.licence));
        let collections = distinct(files.iter().filter_map(|f| f.source));
        if collections.len() <= COLLECTIONS && collections.len() < files.len() {
            columns.extend(collections);
        }
        Ok(Self {
            role: role.to_owned(),
            name: corpus.name(),
            about: about.line().unwrap_or_default(),
            note: about.note,
            columns,
            files: files.len(),
            speakers: speakers.len(),
            list: digest[..6].iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// A sentence for a card, whose files are `many`.
    #[must_use]
    pub fn text(&self, many: &str) -> String {
        let mut text = format!("`{}`: ", self.name);
        text += match self.about.as_str() {
            "" => "no `corpus.toml` says where it comes from",
            about => about,
        };
        if !self.columns.is_empty() {
            text += &format!(" (by its manifest: {})", self.columns.join(", "));
        }
        if self.files > 0 {
            let speakers = match self.speakers {
                0 => String::new(),
                speakers => format!(" of {speakers} speakers"),
            };
            text += &format!("; {} {many}{speakers}, list {}", self.files, self.list);
        }
        if !self.note.is_empty() {
            text += &format!(". {}", self.note);
        }
        text
    }
}

/// Values that are not empty, each once, in alphabetical order.
fn distinct<'a>(values: impl Iterator<Item = &'a String>) -> Vec<String> {
    let values: BTreeSet<&str> = values.map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
    values.into_iter().map(str::to_owned).collect()
}
