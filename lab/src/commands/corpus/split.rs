//! `kws-lab corpus split`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use kws_lab::corpus::Ratios;
use kws_lab::corpus::resplit::{Division, Present, divide};

use super::output::counts;
use crate::commands::json::Json;

/// Assigns training, validation and test splits so that no speaker is in two of them.
///
/// A hash of the speaker's name chooses the split, as in Speech Commands: a name always goes to the same split,
/// whatever is added later. Clips without a speaker are assigned individually; `_silence_` keeps its split. The other
/// columns of the manifest are kept.
#[derive(Args)]
pub(crate) struct Split {
    /// Corpus to split.
    corpus: PathBuf,
    /// Shares of training, validation and test.
    #[arg(long, default_value = "80,10,10")]
    ratios: Ratios,
    /// Keeps existing splits; assigns only clips without one and speakers in several.
    #[arg(long)]
    keep: bool,
    /// Text to hash before the name; another text gives another assignment.
    #[arg(long, default_value = "")]
    salt: String,
    /// What to do with the manifest.
    #[arg(long, value_enum, default_value_t = Mode::Write)]
    mode: Mode,
    #[command(flatten)]
    json: Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Writes it.
    Write,
    /// Only shows what would change.
    Show,
    /// Changes nothing; fails if a speaker is in several splits.
    Check,
}

impl Split {
    pub(crate) fn run(self) -> Result<()> {
        let present = if self.keep { Present::Keep } else { Present::Replace };
        let division = divide(&self.corpus, self.ratios, present, &self.salt)?;
        self.json.show(&division, || describe(&division, self.mode))?;
        match self.mode {
            Mode::Write => division.write()?,
            Mode::Show => {}
            Mode::Check => ensure!(
                division.conflicts.is_empty(),
                "{} speakers of `{}` are in several splits; `kws-lab corpus split` without `--mode check` fixes this",
                division.conflicts.len(),
                self.corpus.display()
            ),
        }
        Ok(())
    }
}

fn describe(division: &Division, mode: Mode) -> String {
    let mut text = String::new();
    if mode != Mode::Check {
        text +=
            &format!("{}{} clips change their split\n", counts(&division.labels).text(), division.changed);
    }
    for conflict in division.conflicts.iter().take(10) {
        let found: Vec<String> = conflict.found.iter().map(|split| format!("`{split}`")).collect();
        let (speaker, given) = (&conflict.speaker, conflict.given);
        text += &format!("speaker `{speaker}` is in {}, and belongs to `{given}`\n", found.join(" and "));
    }
    if division.conflicts.len() > 10 {
        text += &format!("and {} more speakers in several splits\n", division.conflicts.len() - 10);
    }
    if division.nameless > 0 {
        text += &format!(
            "{} clips have no speaker: one voice may be in both training and test\n",
            division.nameless
        );
    }
    text
}
