//! False accepts in speech, by corpus and by who speaks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::outcome::{Outcome, Points, sum};
use super::report::hours;
use crate::statistics::{Interval, holm, poisson_rate, poisson_upper, rate_ratio_exact};

/// The part whose streams hold no word that is listened for.
const SPEECH: &str = "speech";
/// Columns that say who speaks, where nobody names others.
pub const SPEAKERS: [&str; 3] = ["gender", "age", "accent"];
/// Recordings of which a column says nothing.
const NOT_STATED: &str = "(not stated)";
/// Groups that are too short to be tested.
const SHORT_GROUPS: &str = "(short groups)";
/// Groups of fewer hours are thrown together: they would be tested in vain, and cost the others' power.
const SHORT: f64 = 0.02;

/// Recordings of speech by one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// `corpus`, or a column of the manifests.
    pub column: String,
    /// The groups, the longest first; of `corpus` all together last.
    pub groups: Vec<Rate>,
}

/// How often something is falsely accepted in a group of recordings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// The corpus, or the value of the column.
    pub value: String,
    /// Count of recordings.
    pub recordings: usize,
    /// Their length.
    pub hours: f64,
    /// Detections in them.
    pub false_accepts: usize,
    /// Detections per hour.
    pub faph: f64,
    /// Their exact interval, 95 %.
    pub interval: Interval,
    /// The rate that can be claimed not to be exceeded, one-sided, 95 %.
    pub upper: f64,
    /// p-value of an exact test against all other groups of the column, corrected by Holm for every test of the report;
    /// none where nothing is tested.
    pub p: Option<f64>,
    /// Whether the group differs: p below 0.05.
    pub differs: bool,
}

/// Counts of a group.
#[derive(Clone, Copy, Default)]
struct Sum {
    recordings: usize,
    samples: u64,
    false_accepts: usize,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.recordings += other.recordings;
        self.samples += other.samples;
        self.false_accepts += other.false_accepts;
    }

    fn rate(self, value: &str) -> Rate {
        let (hours, count) = (hours(self.samples), self.false_accepts);
        Rate {
            value: value.to_owned(),
            recordings: self.recordings,
            hours,
            false_accepts: count,
            faph: count as f64 / hours,
            interval: poisson_rate(count, hours),
            upper: poisson_upper(count, hours),
            p: None,
            differs: false,
        }
    }
}

/// Rates at the pipeline's first operating point, all labels together: by corpus, and by those of the columns `by` that
/// tell recordings apart. Empty where there is no speech.
pub(super) fn rates(points: &Points, outcomes: &[Outcome], by: &[String]) -> Vec<Rates> {
    let places = points.own.first().map_or_else(Vec::new, |(name, ..)| points.own_places(name));
    let speech: Vec<(&Outcome, Sum)> = outcomes
        .iter()
        .filter(|outcome| outcome.part == SPEECH && outcome.samples > 0)
        .map(|outcome| {
            let false_accepts = sum(&outcome.own, &places).false_accepts;
            (outcome, Sum { recordings: 1, samples: outcome.samples, false_accepts })
        })
        .collect();
    if speech.is_empty() {
        return Vec::new();
    }
    let mut all = vec![column("corpus", &speech, |outcome| Some(&outcome.corpus))];
    let others = by.iter().map(|name| column(name, &speech, |outcome| outcome.columns.get(name)));
    all.extend(others.filter(|column| column.groups.iter().any(|group| tested(&group.value))));
    test(&mut all);
    let mut total = Sum::default();
    speech.iter().for_each(|(_, sum)| total.add(*sum));
    all[0].groups.push(total.rate("all"));
    all
}

fn tested(value: &str) -> bool {
    value != NOT_STATED && value != SHORT_GROUPS
}

fn column<'a>(
    name: &str,
    speech: &[(&'a Outcome, Sum)],
    value: impl Fn(&'a Outcome) -> Option<&'a String>,
) -> Rates {
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for (outcome, sum) in speech {
        let value = value(outcome).map(|value| value.trim()).filter(|value| !value.is_empty());
        sums.entry(value.unwrap_or(NOT_STATED)).or_default().add(*sum);
    }
    let not_stated = sums.remove(NOT_STATED);
    let short = |sum: &Sum| name != "corpus" && hours(sum.samples) < SHORT;
    let mut together = Sum::default();
    sums.values().filter(|sum| short(sum)).for_each(|sum| together.add(*sum));
    let mut groups: Vec<Rate> =
        sums.iter().filter(|(_, sum)| !short(sum)).map(|(value, sum)| sum.rate(value)).collect();
    groups.sort_by(|a, b| b.hours.total_cmp(&a.hours));
    groups.extend(Some(together).filter(|sum| sum.recordings > 0).map(|sum| sum.rate(SHORT_GROUPS)));
    groups.extend(not_stated.map(|sum| sum.rate(NOT_STATED)));
    Rates { column: name.to_owned(), groups }
}

/// Sets each group against the others of its column; of two groups, each is the rest of the other: one test.
fn test(all: &mut [Rates]) {
    let mut tests = Vec::new();
    for (c, column) in all.iter().enumerate() {
        let groups: Vec<(usize, &Rate)> =
            column.groups.iter().enumerate().filter(|(_, group)| tested(&group.value)).collect();
        let count: usize = groups.iter().map(|(_, group)| group.false_accepts).sum();
        let hours: f64 = groups.iter().map(|(_, group)| group.hours).sum();
        let tests_of = match groups.len() {
            0 | 1 => 0,
            2 => 1,
            several => several,
        };
        for (g, group) in groups.into_iter().take(tests_of) {
            let counts = [group.false_accepts, count - group.false_accepts];
            tests.push((c, g, rate_ratio_exact(counts, [group.hours, hours - group.hours])));
        }
    }
    let corrected = holm(&tests.iter().map(|test| test.2).collect::<Vec<_>>());
    for ((c, g, _), p) in tests.into_iter().zip(corrected) {
        let group = &mut all[c].groups[g];
        (group.p, group.differs) = (Some(p), p < 0.05);
    }
}
