//! Looking for bad clips and images: what a person would otherwise have to hear or see one by one.

mod fingerprint;
mod listen;
mod look;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use rayon::prelude::*;
use serde::Serialize;

use super::manifest::medium;
use super::{Levels, MANIFEST, Table, progress};
use crate::images::Light;
use crate::medium::Medium;
use fingerprint::copies;
use listen::{Ear, Heard, listen};
use look::Eye;

/// From where on a clip or an image is bad.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// Shortest clip, in seconds.
    pub shortest: f64,
    /// Longest clip, in seconds; longer files are not decoded whole.
    pub longest: f64,
    /// Level in dB under full scale below which a word's loud parts are silence.
    pub silent_db: f64,
    /// How far, in dB, a word stands at least above the quiet parts of its clip.
    pub contrast_db: f64,
    /// Share of samples that may be clipped.
    pub clipped: f64,
    /// How many times as likely as the clip's own label another must be for the model's objection to count: a ratio, so that
    /// models of many labels, and softened ones, are heard too.
    pub doubt: f32,
    /// The shorter side that an image must have, in pixels.
    pub smallest: usize,
    /// Mean luma, from 0 to 1, below which an image is nearly black.
    pub dark: f64,
    /// Mean luma above which it is blown out.
    pub bright: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            shortest: 0.25,
            longest: 2.0,
            silent_db: -55.0,
            contrast_db: 10.0,
            clipped: 0.005,
            doubt: 4.0,
            smallest: 32,
            dark: 0.05,
            bright: 0.95,
        }
    }
}

/// What is to be done with a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Use it.
    Valid,
    /// It serves nobody.
    Invalid,
    /// Let a person hear or see it.
    Other,
}

/// A fault of a clip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its kind, in one word.
    pub kind: &'static str,
    /// What was found.
    pub what: String,
    /// What it means for the clip.
    pub verdict: Verdict,
}

impl Problem {
    fn new(kind: &'static str, verdict: Verdict, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), verdict }
    }
}

/// A row of the manifest with what is wrong with it.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// As in the manifest.
    pub path: String,
    /// As in the manifest.
    pub label: String,
    /// What is to be done.
    pub verdict: Verdict,
    /// Why.
    pub faults: Vec<Problem>,
    /// How loud it is, where it could be read.
    pub levels: Option<Levels>,
    /// How large and how light an image is, where it could be read.
    pub light: Option<Light>,
}

/// A corpus that was looked through.
#[derive(Debug, Serialize)]
pub struct Review {
    /// Its folder.
    pub corpus: PathBuf,
    /// What it holds: whatever is called a clip below is an image where it holds these.
    pub medium: Medium,
    /// What was asked.
    pub limits: Limits,
    /// One for each row of the manifest, in its order.
    pub clips: Vec<Checked>,
    /// Synthesised clips that are nearly the same as an earlier one; no fault of theirs.
    pub alike: usize,
    #[serde(skip)]
    table: Table,
}

/// Looks through the clips or images of a corpus; a model's folder, where given, serves as a labelling assistant.
///
/// # Errors
/// When the manifest cannot be read or lacks `path` or `label`, or the model cannot be opened.
pub fn check(root: &Path, limits: Limits, model: Option<&Path>) -> Result<Review> {
    let path = root.join(MANIFEST);
    let table = Table::read(&path)?;
    table.require(&["path", "label"]).with_context(|| format!("in `{}`", path.display()))?;
    let medium = medium(&table);
    let heard = match medium {
        Medium::Clips => each(
            &table,
            medium,
            || Ear::new(model),
            |ear, path, label| listen(ear, &root.join(path), label, limits),
        ),
        Medium::Images => each(
            &table,
            medium,
            || Eye::new(model),
            |eye, path, label| eye.look(&root.join(path), label, limits),
        ),
    }?;
    let mut clips: Vec<Checked> = Vec::new();
    for (row, heard) in heard.iter().enumerate() {
        let cell = |column| table.get(row, column).to_owned();
        let (path, label) = (cell("path"), cell("label"));
        clips.push(Checked {
            path,
            label,
            verdict: Verdict::Valid,
            faults: heard.faults.clone(),
            levels: heard.levels,
            light: heard.light,
        });
    }
    named_twice(&mut clips);
    let alike = duplicates(&mut clips, &heard, &table, medium);
    two_splits(&mut clips, &table);
    for clip in &mut clips {
        let invalid = clip.faults.iter().any(|fault| fault.verdict == Verdict::Invalid);
        let worst = if invalid { Verdict::Invalid } else { Verdict::Other };
        clip.verdict = if clip.faults.is_empty() { Verdict::Valid } else { worst };
    }
    Ok(Review { corpus: root.to_owned(), medium, limits, clips, alike, table })
}

/// Hears or sees what the rows name, on several threads, each with something of its own to do it with.
fn each<T>(
    table: &Table,
    medium: Medium,
    new: impl Fn() -> Result<T> + Sync,
    take: impl Fn(&mut T, &str, &str) -> Heard + Sync,
) -> Result<Vec<Heard>> {
    let bar = progress::count(table.len(), medium.many());
    let heard = (0..table.len())
        .into_par_iter()
        .with_min_len(64)
        .map_init(&new, |sense, row| {
            bar.inc(1);
            let sense = sense.as_mut().map_err(|why| anyhow!("{why:#}"))?;
            Ok(take(sense, table.get(row, "path"), table.get(row, "label")))
        })
        .collect();
    bar.finish_and_clear();
    heard
}

fn named_twice(clips: &mut [Checked]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (row, clip) in clips.iter_mut().enumerate() {
        let first = *seen.entry(clip.path.clone()).or_insert(row);
        if first != row {
            let what = format!("it is also in line {} of the manifest", first + 2);
            clip.faults.push(Problem::new("listed-twice", Verdict::Invalid, what));
        }
    }
}

/// Finds what is there twice: the same samples or pixels, or recordings that are nearly the same. Takes of a synthesiser
/// resemble one another by their nature; they are counted.
fn duplicates(clips: &mut [Checked], heard: &[Heard], table: &Table, medium: Medium) -> usize {
    let same = match medium {
        Medium::Clips => "identical to",
        Medium::Images => "the same pixels as",
    };
    let mut first: HashMap<&[u8; 20], usize> = HashMap::new();
    for (row, digest) in heard.iter().enumerate().filter_map(|(row, h)| Some((row, h.digest.as_ref()?))) {
        let original = *first.entry(digest).or_insert(row);
        // A path that is listed twice is no second recording.
        if original != row && clips[original].path != clips[row].path {
            duplicate(clips, original, row, "duplicate", same);
        }
    }
    let prints: Vec<_> = heard.iter().map(|h| h.print.clone()).collect();
    let made = |row: usize| !table.get(row, "synthesiser").is_empty();
    let mut takes = 0;
    for (original, row) in copies(&prints) {
        if made(original) && made(row) {
            takes += 1;
        } else if heard[original].digest != heard[row].digest {
            duplicate(clips, original, row, "near-duplicate", "a near-duplicate of");
        }
    }
    takes
}

fn duplicate(clips: &mut [Checked], original: usize, copy: usize, kind: &'static str, how: &str) {
    let (path, label) = (clips[original].path.clone(), clips[original].label.clone());
    let same = label == clips[copy].label;
    let verdict = if same && kind == "duplicate" { Verdict::Invalid } else { Verdict::Other };
    let labelled = if same { String::new() } else { format!(", which is labelled `{label}`") };
    if !same {
        // One of the two labels is wrong, and nobody knows which.
        let what = format!("{how} `{}`, which is labelled `{}`", clips[copy].path, clips[copy].label);
        clips[original].faults.push(Problem::new(kind, verdict, what));
    }
    clips[copy].faults.push(Problem::new(kind, verdict, format!("{how} `{path}`{labelled}")));
}

fn two_splits(clips: &mut [Checked], table: &Table) {
    let mut splits: BTreeMap<&str, &str> = BTreeMap::new();
    for (row, clip) in clips.iter_mut().enumerate() {
        let (speaker, split) = (table.get(row, "speaker"), table.get(row, "split"));
        let first = *splits.entry(speaker).or_insert(split);
        if !speaker.is_empty() && first != split {
            let what = format!("speaker `{speaker}` serves `{first}` too; `kws-lab corpus split` fixes this");
            clip.faults.push(Problem::new("two-splits", Verdict::Other, what));
        }
    }
}

impl Review {
    /// Writes `valid.csv`, `invalid.csv` and `other.csv` into a folder: the manifest's rows with the column `reason`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 3]> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let list = |verdict: Verdict, name: &str| -> Result<PathBuf> {
            let rows: Vec<usize> =
                (0..self.clips.len()).filter(|&row| self.clips[row].verdict == verdict).collect();
            let mut table = self.table.pick(rows.iter().copied());
            for (place, &row) in rows.iter().enumerate() {
                let reasons = self.clips[row].faults.iter().map(|f| format!("{}: {}", f.kind, f.what));
                table.set(place, "reason", reasons.collect::<Vec<_>>().join("; "));
            }
            let path = folder.join(name);
            table.write(&path)?;
            Ok(path)
        };
        Ok([
            list(Verdict::Valid, "valid.csv")?,
            list(Verdict::Invalid, "invalid.csv")?,
            list(Verdict::Other, "other.csv")?,
        ])
    }

    /// Count of clips with a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.clips.iter().filter(|clip| clip.verdict == verdict).count()
    }
}
