//! Files that say what is spoken when: CSV tables and Audacity's label tracks.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::corpus::Table;

/// A stretch of a recording with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// Where it begins, in seconds.
    pub start: f64,
    /// Where it ends, in seconds.
    pub end: f64,
    /// What is spoken.
    pub label: String,
}

/// Reads labels, in the order of their time: a CSV file with the columns `start`, `end` and `label`, or a label track
/// that Audacity exported, which has them in this order between tabs and without a header.
///
/// # Errors
/// When the file cannot be read, a column is missing, a time is no number, or a label ends before it begins.
pub fn read_labels(path: &Path) -> Result<Vec<Labelled>> {
    let read = || {
        let text = std::fs::read_to_string(path).context("it must be UTF-8 text")?;
        let first = text.lines().find(|line| !line.trim().is_empty()).context("it is empty")?;
        let mut labels = if first.contains('\t') { track(&text)? } else { table(path)? };
        labels.sort_by(|a, b| a.start.total_cmp(&b.start));
        ensure!(!labels.is_empty(), "it lists no label");
        Ok(labels)
    };
    read().with_context(|| format!("cannot read labels from `{}`", path.display()))
}

fn track(text: &str) -> Result<Vec<Labelled>> {
    // A line that begins with a backslash states the frequencies of the label before it.
    let lines =
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('\\'));
    lines
        .map(|(index, line)| {
            let mut cells = line.splitn(3, '\t');
            let mut next = || cells.next().unwrap_or_default();
            labelled(index + 1, next(), next(), next())
        })
        .collect()
}

fn table(path: &Path) -> Result<Vec<Labelled>> {
    let table = Table::read(path)?;
    table.require(&["start", "end", "label"])?;
    let row =
        |row| labelled(row + 2, table.get(row, "start"), table.get(row, "end"), table.get(row, "label"));
    (0..table.len()).map(row).collect()
}

fn labelled(line: usize, start: &str, end: &str, label: &str) -> Result<Labelled> {
    // Audacity writes the comma of the language that it runs in.
    let seconds = |text: &str| {
        let time = text.trim().replace(',', ".").parse::<f64>().ok().filter(|t| t.is_finite() && *t >= 0.0);
        time.with_context(|| format!("line {line}: found `{text}`, expected a time in seconds"))
    };
    let (start, end) = (seconds(start)?, seconds(end)?);
    ensure!(end > start, "line {line}: the label ends at {end} s, before its start at {start} s");
    let label = label.trim().to_owned();
    ensure!(!label.is_empty(), "line {line}: the label is empty");
    Ok(Labelled { start, end, label })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<Labelled>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read_labels(&path)
    }

    #[test]
    fn tables_and_tracks_say_the_same() {
        let expected = [(0.5, 1.25, "yes"), (2.0, 2.5, "no")].map(|(start, end, label)| Labelled {
            start,
            end,
            label: label.to_owned(),
        });
        assert_eq!(read("a.csv", "label,start,end\nno,2.0,2.5\nyes,0.5,1.25\n").unwrap(), expected);
        let track = "0,500000\t1.250000\tyes\n\\\t100.0\t200.0\n2.000000\t2.500000\tno\n";
        assert_eq!(read("a.txt", track).unwrap(), expected);
    }

    #[test]
    fn bad_lines_are_named() {
        for (text, expected) in [
            ("", "empty"),
            ("start,end\n1,2\n", "`label` is missing"),
            ("start,end,label\n1,x,yes\n", "line 2: found `x`"),
            ("2.0\t1.0\tyes\n", "ends at 1 s"),
            ("1.0\t2.0\t\n", "the label is empty"),
        ] {
            let error = format!("{:#}", read("a.csv", text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
