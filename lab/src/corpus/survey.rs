//! What a corpus holds and what it lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;
use serde::Serialize;

use super::manifest::{REQUIRED, medium};
use super::{Exclusion, Levels, MANIFEST, Split, Table, is_word, progress};
use crate::audio::{LONGEST, read_resampled};
use crate::medium::Medium;
use crate::picture::bands::{SIZE, band};
use crate::picture::{self, Light, is_picture};

/// Fewest clips of a label that teach a model something.
const FEW_TO_TRAIN: usize = 100;
/// Fewest clips of a label that say something about a model: 1 % of them is one clip.
const FEW_TO_MEASURE: usize = 30;
/// Fewest speakers of a label.
const FEW_SPEAKERS: usize = 10;
/// Largest share of a label that one speaker should have.
const LARGE_SHARE: f64 = 0.3;
/// Most values of a column that is a condition rather than a text or a number.
const MOST_VALUES: usize = 24;
/// Columns that are never conditions.
const NO_CONDITIONS: [&str; 4] = ["source", "sentence", "reason", "samples"];

/// Whether recordings and pictures are decoded.
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
    /// What it holds: whatever is called a clip below is a picture where it holds these.
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
    /// Size and light of each picture that could be read, by label; empty where it was left.
    pub lights: BTreeMap<String, Vec<Light>>,
    /// Clips that could not be read.
    pub unreadable: Vec<Exclusion>,
    /// What is lacking, in words.
    pub gaps: Vec<String>,
}

/// What was measured of a clip or a picture.
enum Measured {
    Clip(Levels),
    Picture(Light),
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
        survey.hear(root, &table, sound);
        survey.gaps = gaps(&survey, &table);
        Ok(survey)
    }

    fn hear(&mut self, root: &Path, table: &Table, sound: Sound) {
        let bar = progress::count(table.len(), self.medium.many());
        let medium = self.medium;
        let hear = |row| {
            let path = root.join(table.get(row, "path"));
            bar.inc(1);
            match (sound, medium) {
                (Sound::Measure, Medium::Clips) => {
                    read_resampled(&path, LONGEST).map(|samples| Measured::Clip(Levels::of(&samples)))
                }
                (Sound::Measure, Medium::Pictures) => {
                    picture::read(&path).map(|picture| Measured::Picture(Light::of(&picture)))
                }
                (Sound::Leave, _) if path.is_file() => Ok(Measured::Not),
                (Sound::Leave, _) => Err(anyhow::anyhow!("the file is absent")),
            }
        };
        let heard: Vec<Result<Measured>> = (0..table.len()).into_par_iter().map(hear).collect();
        bar.finish_and_clear();
        for (row, heard) in heard.into_iter().enumerate() {
            let label = || table.get(row, "label").to_owned();
            match heard {
                Ok(Measured::Clip(levels)) => self.levels.entry(label()).or_default().push(levels),
                Ok(Measured::Picture(light)) => self.lights.entry(label()).or_default().push(light),
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
            let banded = band(column, text).filter(|_| is_picture(path));
            let labels = condition.entry(banded.unwrap_or(text).to_owned()).or_default();
            *labels.entry(table.get(row, "label").to_owned()).or_default() += 1;
        }
        if !by.is_empty() || (2..=MOST_VALUES).contains(&condition.len()) {
            conditions.insert(column.clone(), condition);
        }
    }
    conditions
}

/// What is lacking, the worst first.
fn gaps(survey: &Survey, table: &Table) -> Vec<String> {
    let (mut gaps, many) = (Vec::new(), survey.medium.many());
    if let [first, ..] = &survey.speakers.several_splits[..] {
        let count = survey.speakers.several_splits.len();
        gaps.push(format!(
            "{count} speakers are in several splits, such as `{first}`: `kws-lab corpus split` repairs that"
        ));
    }
    if let [first, ..] = &survey.unreadable[..] {
        let (count, Exclusion { source, reason }) = (survey.unreadable.len(), first);
        gaps.push(format!("{count} {many} cannot be read, such as `{source}`: {reason}"));
    }
    let unsplit = (0..table.len()).filter(|&row| Split::parse(table.get(row, "split")).is_err()).count();
    if unsplit > 0 {
        gaps.push(format!("{unsplit} {many} have no split: `kws-lab corpus split` assigns one"));
    }
    for (name, label) in &survey.labels {
        gaps.extend(label_gaps(name, label, survey));
    }
    gaps.extend(shares(table));
    for (column, condition) in &survey.conditions {
        gaps.extend(condition_gaps(column, condition, survey));
    }
    gaps
}

fn label_gaps(name: &str, label: &Label, survey: &Survey) -> Vec<String> {
    let (mut gaps, many) = (Vec::new(), survey.medium.many());
    let few = Split::ALL.into_iter().filter_map(|split| {
        let count = label.splits.get(&split).copied().unwrap_or(0);
        let needed = if split == Split::Train { FEW_TO_TRAIN } else { FEW_TO_MEASURE };
        (count < needed).then(|| format!("{count} of at least {needed} {many} in `{split}`"))
    });
    let few: Vec<String> = few.collect();
    if !few.is_empty() {
        gaps.push(format!("label `{name}` has {}", few.join(", ")));
    }
    // Whoever sees a picture asks for no voice.
    let spoken = survey.medium == Medium::Clips && is_word(name);
    if spoken && label.nameless < label.clips && label.speakers < FEW_SPEAKERS {
        let count = label.speakers;
        gaps.push(format!(
            "label `{name}` has {count} speakers, fewer than {FEW_SPEAKERS}: a model will learn their voices"
        ));
    }
    if spoken && label.nameless > 0 {
        let count = label.nameless;
        gaps.push(format!(
            "label `{name}` has {count} clips without a speaker: one person may train and test"
        ));
    }
    gaps
}

/// Labels of which one speaker said a large share.
fn shares(table: &Table) -> Vec<String> {
    let mut said: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut whole: BTreeMap<&str, usize> = BTreeMap::new();
    for row in 0..table.len() {
        *said.entry((table.get(row, "label"), table.get(row, "speaker"))).or_default() += 1;
        *whole.entry(table.get(row, "label")).or_default() += 1;
    }
    let large = said.into_iter().filter_map(|((label, speaker), count)| {
        let share = count as f64 / whole[label] as f64;
        let large = !speaker.is_empty() && share > LARGE_SHARE && count >= FEW_SPEAKERS;
        large.then(|| format!("speaker `{speaker}` says {:.0} % of label `{label}`", 100.0 * share))
    });
    large.collect()
}

fn condition_gaps(column: &str, condition: &Condition, survey: &Survey) -> Vec<String> {
    let mut gaps = Vec::new();
    let unknown: usize = condition.get("").map_or(0, |labels| labels.values().sum());
    if 2 * unknown > survey.clips {
        let many = survey.medium.many();
        gaps.push(format!("`{column}` is unknown for {unknown} of {} {many}", survey.clips));
    }
    let words: Vec<&String> = survey.labels.keys().filter(|label| is_word(label)).collect();
    // Nobody is not large, and a person is: such pairs are no gap.
    if column == SIZE && survey.medium == Medium::Pictures {
        return gaps;
    }
    let known = || condition.iter().filter(|(value, _)| !value.is_empty());
    let lacking: Vec<(&String, &String)> = known()
        .flat_map(|(value, labels)| {
            words.iter().filter(|w| !labels.contains_key(**w)).map(move |w| (*w, value))
        })
        .collect();
    if let [(label, value), ..] = lacking[..] {
        let (count, all) = (lacking.len(), known().count() * words.len());
        let one = survey.medium.one();
        gaps.push(format!(
            "{count} of {all} pairs of label and `{column}` have no {one}, such as `{label}` where it is `{value}`"
        ));
    }
    gaps
}
