//! What a corpus lacks, in words.

use std::collections::BTreeMap;

use super::{Condition, Label, Survey};
use crate::corpus::{Exclusion, Split, Table, is_word};
use crate::images::bands::SIZE;
use crate::medium::Medium;

/// Fewest clips of a label that teach a model something.
const FEW_TO_TRAIN: usize = 100;
/// Fewest clips of a label that say something about a model: 1 % of them is one clip.
const FEW_TO_MEASURE: usize = 30;
/// Fewest speakers of a label.
const FEW_SPEAKERS: usize = 10;
/// Largest share of a label that one speaker should have.
const LARGE_SHARE: f64 = 0.3;
/// What is lacking, the worst first.
pub(super) fn of(survey: &Survey, table: &Table) -> Vec<String> {
    let (mut gaps, many) = (Vec::new(), survey.medium.many());
    if let [first, ..] = &survey.speakers.several_splits[..] {
        let count = survey.speakers.several_splits.len();
        gaps.push(format!(
            "{count} speakers are in several splits, such as `{first}`: `kws-lab corpus split` fixes this"
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
    // Whoever sees an image asks for no voice.
    let spoken = survey.medium == Medium::Clips && is_word(name);
    if spoken && label.nameless < label.clips && label.speakers < FEW_SPEAKERS {
        let count = label.speakers;
        gaps.push(format!(
            "label `{name}` has {count} speakers, fewer than {FEW_SPEAKERS}: a model would learn their voices"
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
    if column == SIZE && survey.medium == Medium::Images {
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
