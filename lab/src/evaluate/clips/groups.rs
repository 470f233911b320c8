//! Whether a model serves all groups alike: figures by the columns of the manifest.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::Serialize;

use super::score::Scored;
use crate::images::bands::{NO_PERSON, band};
use crate::images::is_image;
use crate::statistics::{Interval, chi_square, fisher_exact, holm, wilson};

/// Groups of clips by one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Its name: a column of the manifest, or `corpus`.
    pub name: String,
    /// By value, or from the lowest band up; those without one last.
    pub groups: Vec<Group>,
    /// p-value of a chi-square test over all groups; none where a group is too small for it.
    pub chi_square: Option<f64>,
}

/// Clips or images with one value in a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The value, or the band that it is in; `(not stated)` where the manifest says nothing, `(small groups)` for all below
    /// ten clips, `(no person)` where there is none whose size would count. Those in brackets are not tested.
    pub value: String,
    /// Count of clips.
    pub clips: usize,
    /// Clips that the model got right.
    pub right: usize,
    /// Their share.
    pub top1: f64,
    /// Interval of the share, 95 %, by Wilson.
    pub interval: Interval,
    /// p-value of Fisher's exact test against all other groups of the column, corrected by Holm for every test of the
    /// report; none for groups that are not tested.
    pub p: Option<f64>,
    /// Whether the group differs: p below 0.05.
    pub differs: bool,
}

/// Groups of fewer clips are thrown together: they would be tested in vain, and cost the others' power.
const SMALL: usize = 10;

const NOT_STATED: &str = "(not stated)";
const SMALL_GROUPS: &str = "(small groups)";

/// Columns that say who spoke, where and into what.
const TELLING: [&str; 7] = ["gender", "age", "accent", "language", "device", "locale", "condition"];
/// Columns of images: whose they are, how large the largest person is, and how light it is.
const SHOWING: [&str; 3] = ["source", "area", "brightness"];

/// Columns that tell groups apart, where nobody names any: split and corpus, and what says who spoke, how and into
/// what: gender, age, accent, language, device, locale and condition; of images area and brightness. Only those with
/// several values.
#[must_use]
pub fn default_columns(clips: &[Scored]) -> Vec<String> {
    let several = |name: &str| {
        let mut values = clips.iter().filter_map(|c| value(c, name)).filter(|v| !v.is_empty());
        values.next().is_some_and(|first| values.any(|other| other != first))
    };
    let names = ["split", "corpus"].into_iter().chain(TELLING).chain(SHOWING);
    names.filter(|name| several(name)).map(str::to_owned).collect()
}

/// What a clip has in a column, as a band where images have some; none where the manifest has no such column.
fn value(scored: &Scored, column: &str) -> Option<String> {
    Some(match column {
        "label" => scored.clip.label.clone(),
        "speaker" => scored.clip.speaker.clone(),
        "split" => scored.clip.split.to_string(),
        "corpus" => scored.corpus.clone(),
        other => {
            let text = scored.clip.columns.get(other)?.trim();
            let banded = band(other, text).filter(|_| is_image(&scored.clip.path));
            banded.unwrap_or(text).to_owned()
        }
    })
}

/// Groups by each of the columns, tested together.
///
/// # Errors
/// When no manifest has such a column.
pub fn group(clips: &[Scored], names: &[String]) -> Result<Vec<Column>> {
    let mut columns = names.iter().map(|name| column(clips, name)).collect::<Result<Vec<_>>>()?;
    let mut tests = Vec::new();
    for (c, column) in columns.iter().enumerate() {
        let tested: Vec<usize> = (0..column.groups.len()).filter(|&g| tested(&column.groups[g])).collect();
        let all =
            tested.iter().fold((0, 0), |(h, n), &g| (h + column.groups[g].right, n + column.groups[g].clips));
        // Of two groups, each is the rest of the other: one test.
        let first = if tested.len() < 2 {
            0
        } else if tested.len() == 2 {
            1
        } else {
            tested.len()
        };
        for &g in &tested[..first] {
            let (right, count) = (column.groups[g].right, column.groups[g].clips);
            tests.push((c, g, fisher_exact((right, count), (all.0 - right, all.1 - count))));
        }
    }
    let corrected = holm(&tests.iter().map(|t| t.2).collect::<Vec<_>>());
    for ((c, g, _), p) in tests.into_iter().zip(corrected) {
        let group = &mut columns[c].groups[g];
        (group.p, group.differs) = (Some(p), p < 0.05);
    }
    Ok(columns)
}

fn tested(group: &Group) -> bool {
    ![NOT_STATED, SMALL_GROUPS, NO_PERSON].contains(&group.value.as_str())
}

fn column(clips: &[Scored], name: &str) -> Result<Column> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut known = false;
    for clip in clips {
        let value = value(clip, name);
        known |= value.is_some();
        let value = value.filter(|v| !v.is_empty()).unwrap_or_else(|| NOT_STATED.to_owned());
        let count = counts.entry(value).or_default();
        *count = (count.0 + usize::from(clip.right()), count.1 + 1);
    }
    if !known {
        let mut names: Vec<&str> =
            clips.iter().flat_map(|c| c.clip.columns.keys().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        bail!(
            "no manifest has a column `{name}`, expected `label`, `speaker`, `split`, `corpus`{}",
            names.iter().map(|n| format!(", `{n}`")).collect::<String>()
        );
    }
    let nobody = counts.remove(NO_PERSON);
    let (small, large): (Vec<_>, Vec<_>) =
        counts.into_iter().partition(|(value, count)| count.1 < SMALL && value != NOT_STATED);
    let mut counts: Vec<_> = large.into_iter().filter(|c| c.0 != NOT_STATED).collect();
    let rest = |value: &str, list: &[(String, (usize, usize))]| {
        let sum = list.iter().fold((0, 0), |(h, n), (_, c)| (h + c.0, n + c.1));
        (sum.1 > 0).then(|| (value.to_owned(), sum))
    };
    let chi_square = chi_square(&counts.iter().map(|c| c.1).collect::<Vec<_>>());
    counts.extend(rest(SMALL_GROUPS, &small));
    counts.extend(nobody.map(|count| (NO_PERSON.to_owned(), count)));
    let silent = clips.iter().filter(|c| value(c, name).is_none_or(|v| v.is_empty()));
    let silent: Vec<_> = silent.map(|c| (String::new(), (usize::from(c.right()), 1))).collect();
    counts.extend(rest(NOT_STATED, &silent));
    let groups = counts.into_iter().map(|(value, (right, clips))| Group {
        value,
        clips,
        right,
        top1: right as f64 / clips as f64,
        interval: wilson(right, clips),
        p: None,
        differs: false,
    });
    Ok(Column { name: name.to_owned(), groups: groups.collect(), chi_square })
}
