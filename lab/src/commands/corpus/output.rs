//! What the commands share: where a corpus goes, and how figures are shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use kws_lab::corpus::{Build, Counts, EXCLUDED, Exclusion, Existing, Made, Split};
use kws_lab::page::Table;

use crate::commands::json::Json;

/// Where a new corpus goes.
#[derive(Args)]
pub(super) struct Target {
    /// Output folder of the corpus; created if missing.
    #[arg(long, short, value_name = "CORPUS")]
    output: PathBuf,
    /// Adds to an existing corpus; clips from the same source are not added twice.
    #[arg(long, conflicts_with = "force")]
    append: bool,
    /// Replaces an existing corpus: removes the clips in its manifest.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    json: Json,
}

impl Target {
    /// The folder of the corpus.
    pub(super) fn folder(&self) -> &Path {
        &self.output
    }

    /// Begins the corpus.
    pub(super) fn begin(&self) -> Result<Build> {
        let existing = match (self.append, self.force) {
            (true, _) => Existing::Append,
            (_, true) => Existing::Replace,
            _ => Existing::Refuse,
        };
        Build::begin(&self.output, existing)
    }

    /// Puts the corpus in its place and says what it holds.
    pub(super) fn finish(&self, build: Build) -> Result<()> {
        let made = build.finish()?;
        self.json.show(&made, || summary(&made))
    }
}

/// What a new corpus holds, for a person.
fn summary(made: &Made) -> String {
    let mut text = counts(&made.labels).text();
    let what = if made.images > 0 { "images" } else { "clips" };
    text += &format!("{} {what} added to `{}`\n", made.added, made.corpus.display());
    if made.known > 0 {
        text += &format!("{} {what} were already there\n", made.known);
    }
    if made.joined > 0 {
        text += &format!("{} clips were added to their speaker's split\n", made.joined);
    }
    if made.nameless > 0 {
        text += &format!(
            "{} clips have no speaker and are split individually: one voice may be in both training and test\n",
            made.nameless
        );
    }
    text + &exclusions(&made.excluded, &made.corpus.join(EXCLUDED).display().to_string())
}

/// Clips by label and split.
pub(super) fn counts(labels: &Counts) -> Table {
    let mut table = Table::new(["label", "train", "validation", "test"]);
    for (label, splits) in labels {
        let count = |split| splits.get(&split).copied().unwrap_or(0).to_string();
        table = table.row([label.clone(), count(Split::Train), count(Split::Validation), count(Split::Test)]);
    }
    table
}

/// What was left out, by reason, the most frequent first; `all` names the file that has every one.
fn exclusions(excluded: &[Exclusion], all: &str) -> String {
    if excluded.is_empty() {
        return String::new();
    }
    let mut reasons: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for Exclusion { source, reason } in excluded {
        reasons.entry(reason).or_insert((0, source)).0 += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|&(_, (count, _))| std::cmp::Reverse(count));
    let mut text = format!("{} skipped, listed in `{all}`:\n", excluded.len());
    for (reason, (count, source)) in reasons.iter().take(10) {
        let more = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        text += &format!("  `{source}`{more}: {reason}\n");
    }
    if reasons.len() > 10 {
        text += &format!("  and {} other reasons\n", reasons.len() - 10);
    }
    text
}
