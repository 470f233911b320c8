//! What a corpus holds and what it lacks.

mod gaps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;
use serde::Serialize;

use super::manifest::{REQUIRED, medium};
use super::{Exclusion, Levels, MANIFEST, Split, Table, progress};
use crate::audio::{LONGEST, read_resampled};
use crate::images::bands::band;
use crate::images::{self, Light, is_image};
use crate::medium::Medium;

/// Most values of a column that is a condition rather than a text or a number.
const MOST_VALUES: usize = 24;
/// Columns that are never conditions.
const NO_CONDITIONS: [&str; 4] = ["source", "sentence", "reason", "samples"];

/// Whether recordings and images are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// For their length and level, or their size and light.
    Measure,
    /// The manifest alone is read.
    Leave,
}

/// A label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Clips by split; those whose split is none count in no split.
    pub splits: BTreeMap<Split, usize>,
    /// Count of clips.
    pub clips: usize,
    /// Count of speakers.
    pub speakers: usize,
    /// Clips without a speaker.
    pub nameless: usize,
}

/// The speakers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Speakers {
    /// Count of them.
    pub count: usize,
    /// Count of them by split.
    pub splits: BTreeMap<Split, usize>,
    /// The ten with the most clips.
    pub largest: Vec<(String, usize)>,
    /// Those who are in several splits.
    pub several_splits: Vec<String>,
}

/// Clips by value of a column and, within that, by label.
pub type Condition = BTreeMap<String, BTreeMap<String, usize>>;

/// What a corpus holds.
#[derive(Debug, Serialize)]
pub struct Survey {
    /// Its folder.
    pub corpus: PathBuf,
    /// What it holds: whatever is called a clip below is an image where it holds these.
    pub medium: Medium,
    /// Count of clips that the manifest names.
    pub clips: usize,
    /// The labels.
    pub labels: BTreeMap<String, Label>,
    /// The speakers.
    pub speakers: Speakers,
    /// Columns of metadata with few values.
    pub conditions: BTreeMap<String, Condition>,
    /// Length and level of each clip that could be read, by label; empty where the sound was left.
    pub levels: BTreeMap<String, Vec<Levels>>,
    /// Size and light of each image that could be read, by label; empty where it was left.
    pub lights: BTreeMap<String, Vec<Light>>,
    /// Clips that could not be read.
    pub unreadable: Vec<Exclusion>,
    /// What is lacking, in words.
    pub gaps: Vec<String>,
}

/// What was measured of a clip or an image.
enum Measured {
    Clip(Levels),
    Image(Light),
    Not,
}

impl Survey {
    /// Looks at a corpus. Columns in `by` are conditions whatever their values; without any, all that have few values.
    ///
    /// # Errors
    /// When the manifest cannot be read, lacks `path` or `label`, or has no column of a name in `by`.
    pub fn of(root: &Path, by: &[String], sound: Sound) -> Result<Self> {
        let path = root.join(MANIFEST);
        let table = Table::read(&path)?;
        let needed: Vec<&str> = ["path", "label"].into_iter().chain(by.iter().map(String::as_str)).collect();
        table.require(&needed).with_context(|| format!("in `{}`", path.display()))?;
        let mut survey = Self {
            corpus: root.to_owned(),
            medium: medium(&table),
            clips: table.len(),
            labels: labels(&table),
            speakers: speakers(&table),
            conditions: conditions(&table, by),
            levels: BTreeMap::new(),
            lights: BTreeMap::new(),
            unreadable: Vec::new(),
            gaps: Vec::new(),
        };
        survey.listen(root, &table, sound);
        survey.gaps = gaps::of(&survey, &table);
        Ok(survey)
    }

    fn listen(&mut self, root: &Path, table: &Table, sound: Sound) {
        let bar = progress::count(table.len(), self.medium.many());
        let medium = self.medium;
        let hear = |row| {
            let path = root.join(table.get(row, "path"));
            bar.inc(1);
            match (sound, medium) {
                (Sound::Measure, Medium::Clips) => {
                    read_resampled(&path, LONGEST).map(|samples| Measured::Clip(Levels::of(&samples)))
                }
                (Sound::Measure, Medium::Images) => {
                    images::read(&path).map(|image| Measured::Image(Light::of(&image)))
                }
                (Sound::Leave, _) if path.is_file() => Ok(Measured::Not),
                (Sound::Leave, _) => Err(anyhow::anyhow!("the file does not exist")),
            }
        };
        let heard: Vec<Result<Measured>> = (0..table.len()).into_par_iter().map(hear).collect();
        bar.finish_and_clear();
        for (row, heard) in heard.into_iter().enumerate() {
            let label = || table.get(row, "label").to_owned();
            match heard {
                Ok(Measured::Clip(levels)) => self.levels.entry(label()).or_default().push(levels),
                Ok(Measured::Image(light)) => self.lights.entry(label()).or_default().push(light),
                Ok(Measured::Not) => {}
                Err(why) => {
                    let (source, reason) = (table.get(row, "path").to_owned(), format!("{why:#}"));
                    self.unreadable.push(Exclusion { source, reason });
                }
            }
        }
    }

    /// Hours of sound that were read.
    #[must_use]
    pub fn hours(&self) -> f64 {
        self.levels.values().flatten().map(|levels| levels.seconds).sum::<f64>() / 3600.0
    }
}

fn labels(table: &Table) -> BTreeMap<String, Label> {
    let mut labels: BTreeMap<String, (Label, BTreeSet<&str>)> = BTreeMap::new();
    for row in 0..table.len() {
        let (label, speakers) = labels.entry(table.get(row, "label").to_owned()).or_default();
        label.clips += 1;
        if let Ok(split) = Split::parse(table.get(row, "split")) {
            *label.splits.entry(split).or_default() += 1;
        }
        match table.get(row, "speaker") {
            "" => label.nameless += 1,
            speaker => drop(speakers.insert(speaker)),
        }
    }
    labels
        .into_iter()
        .map(|(name, (label, speakers))| (name, Label { speakers: speakers.len(), ..label }))
        .collect()
}

fn speakers(table: &Table) -> Speakers {
    let mut clips: BTreeMap<&str, (usize, BTreeSet<Split>)> = BTreeMap::new();
    for row in (0..table.len()).filter(|&row| !table.get(row, "speaker").is_empty()) {
        let (count, splits) = clips.entry(table.get(row, "speaker")).or_default();
        *count += 1;
        splits.extend(Split::parse(table.get(row, "split")));
    }
    let mut speakers = Speakers { count: clips.len(), ..Speakers::default() };
    for (name, (_, splits)) in &clips {
        splits.iter().for_each(|split| *speakers.splits.entry(*split).or_default() += 1);
        if splits.len() > 1 {
            speakers.several_splits.push((*name).to_owned());
        }
    }
    speakers.largest = clips.into_iter().map(|(name, (count, _))| (name.to_owned(), count)).collect();
    speakers.largest.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    speakers.largest.truncate(10);
    speakers
}

fn conditions(table: &Table, by: &[String]) -> BTreeMap<String, Condition> {
    let asked = |column: &&String| match by {
        [] => !REQUIRED.contains(&column.as_str()) && !NO_CONDITIONS.contains(&column.as_str()),
        by => by.contains(column),
    };
    let mut conditions = BTreeMap::new();
    for column in table.columns().iter().filter(asked) {
        let mut condition = Condition::new();
        for row in 0..table.len() {
            let (text, path) = (table.get(row, column), Path::new(table.get(row, "path")));
            let banded = band(column, text).filter(|_| is_image(path));
            let labels = condition.entry(banded.unwrap_or(text).to_owned()).or_default();
            *labels.entry(table.get(row, "label").to_owned()).or_default() += 1;
        }
        if !by.is_empty() || (2..=MOST_VALUES).contains(&condition.len()) {
            conditions.insert(column.clone(), condition);
        }
    }
    conditions
}
