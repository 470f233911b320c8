//! What is said in a recording, and when.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::audio::RATE;
use crate::corpus::Word;

/// A row of a truth file.
#[derive(serde::Deserialize)]
struct Row {
    label: String,
    start: f64,
    end: f64,
}

/// Reads `label,start,end` in seconds, in any order of rows: what `kws-lab corpus stream` writes.
pub(super) fn read_truth(path: &Path, samples: usize) -> Result<Vec<Word>> {
    let read = || -> Result<Vec<Word>> {
        let mut words = Vec::new();
        for (index, row) in csv::Reader::from_path(path)?.deserialize::<Row>().enumerate() {
            let row =
                row.with_context(|| format!("line {}, expected `label,start,end` in seconds", index + 2))?;
            let at = |seconds: f64| (seconds * f64::from(RATE)).round() as usize;
            let (start, end) = (at(row.start), at(row.end));
            ensure!(
                row.start >= 0.0 && start < end && end <= samples,
                "line {}: `{}` from {} s to {} s, expected a span within the recording's {:.2} s",
                index + 2,
                row.label,
                row.start,
                row.end,
                samples as f64 / f64::from(RATE)
            );
            words.push(Word { label: row.label, start, end });
        }
        words.sort_by_key(|w| w.start);
        Ok(words)
    };
    read().with_context(|| format!("in `{}`", path.display()))
}
