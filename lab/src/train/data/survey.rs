//! What a configuration finds in its corpora, before anything is decoded.

use std::fmt;

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::corpus::{Corpus, Layout, Split, Vocabulary};
use crate::train::config::Config;

/// Fewest training clips of a label.
const FEWEST: usize = 10;

/// Clips that the manifests name, by label.
#[derive(Clone, Debug, Serialize)]
pub struct Survey {
    /// In the order of the outputs.
    pub labels: Vec<Count>,
    /// `clips` or `images`.
    #[serde(skip)]
    examples: &'static str,
}

/// Clips of one label.
#[derive(Clone, Debug, Serialize)]
pub struct Count {
    /// The label.
    pub label: String,
    /// Clips to fit weights to.
    pub train: usize,
    /// Clips to choose the best epoch by.
    pub validation: usize,
    /// Clips for figures.
    pub test: usize,
}

impl Survey {
    /// Counts the clips whose files exist.
    ///
    /// # Errors
    /// When a folder of the configuration or its manifest is absent, or a manifest cannot be read.
    pub fn new(config: &Config) -> Result<Self> {
        folders(config)?;
        let vocabulary = Vocabulary::new(config.labels.clone())?;
        let count = |label: &String| Count { label: label.clone(), train: 0, validation: 0, test: 0 };
        let mut labels: Vec<Count> = config.labels.iter().map(count).collect();
        for root in &config.data.corpora {
            for clip in Corpus::open(root)?.clips {
                if !config.data.uses(&clip.label) {
                    continue;
                }
                let Some(class) = vocabulary.class(&clip.label) else { continue };
                match clip.split {
                    Split::Train => labels[class].train += 1,
                    Split::Validation => labels[class].validation += 1,
                    Split::Test => labels[class].test += 1,
                }
            }
        }
        let examples = if config.view.is_some() { "images" } else { "clips" };
        Ok(Self { labels, examples })
    }

    /// Checks that every label can be learnt, chosen by and measured.
    ///
    /// # Errors
    /// Names every label that has too few clips, and of which split.
    pub fn check(&self) -> Result<()> {
        let mut lacking = Vec::new();
        let examples = self.examples;
        for Count { label, train, validation, test } in &self.labels {
            let special = label == "silence" || label == "unknown";
            if *train < FEWEST && label != "silence" {
                lacking
                    .push(format!("`{label}` has {train} training {examples}, expected at least {FEWEST}"));
            }
            for (split, clips) in [("validation", validation), ("test", test)] {
                if *clips == 0 && !special {
                    lacking.push(format!("`{label}` has no {examples} in split `{split}`"));
                }
            }
        }
        ensure!(
            lacking.is_empty(),
            "the corpora have too few {examples}: {}; {}, or split them again with `kws-lab corpus split`",
            lacking.join("; "),
            match examples {
                "images" => "add more",
                _ => "record more, synthesise some with `kws-lab corpus synth`",
            }
        );
        Ok(())
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            self.labels.iter().map(|c| c.label.chars().count()).max().unwrap_or(0).max(self.examples.len());
        write!(f, "{:width$}  {:>7}  {:>10}  {:>7}", self.examples, "train", "validation", "test")?;
        for Count { label, train, validation, test } in &self.labels {
            write!(f, "\n{label:width$}  {train:>7}  {validation:>10}  {test:>7}")?;
        }
        Ok(())
    }
}

/// Checks that what `data` names is there.
fn folders(config: &Config) -> Result<()> {
    for root in &config.data.corpora {
        root.check("data.corpora")?;
        ensure!(
            Layout::of(root).is_some(),
            "`{}` in `data.corpora` has no `manifest.csv`; create one with `kws-lab corpus import`",
            root.display()
        );
    }
    for (key, corpora) in config.data.recordings() {
        corpora.iter().try_for_each(|corpus| corpus.check(&format!("data.{key}")))?;
    }
    Ok(())
}
