//! Tables of text: manifests, review lists, the lists that data sets come with.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::disk::{folder_of, open_to_all};

/// A table with named columns. Every row has a cell for each column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Reads a CSV file with a header.
    ///
    /// # Errors
    /// When the file is absent, empty, not UTF-8, names a column twice, or has a row of another length than the header.
    pub fn read(path: &Path) -> Result<Self> {
        Self::read_by(path, csv::ReaderBuilder::new().flexible(false))
    }

    /// Reads a file of tab-separated values with a header, in which quotes mean nothing and rows that end early are
    /// filled with empty cells, as Common Voice publishes them.
    ///
    /// # Errors
    /// When the file is absent, empty, not UTF-8, or names a column twice.
    pub fn read_tabs(path: &Path) -> Result<Self> {
        Self::read_by(path, csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).flexible(true))
    }

    fn read_by(path: &Path, builder: &csv::ReaderBuilder) -> Result<Self> {
        let read = || -> Result<Self> {
            let mut reader = builder.from_path(path)?;
            let header: Vec<String> = reader.headers()?.iter().map(|c| c.trim().to_owned()).collect();
            ensure!(!header.is_empty(), "the file is empty, expected a header with the names of the columns");
            for (i, column) in header.iter().enumerate() {
                ensure!(!header[..i].contains(column), "duplicate column `{column}`");
            }
            let mut table = Self::new(header);
            for row in reader.records() {
                let mut cells: Vec<String> = row?.iter().map(str::to_owned).collect();
                cells.resize(table.columns.len(), String::new());
                table.rows.push(cells);
            }
            Ok(table)
        };
        read().map_err(|why| readable(why, path))
    }

    /// Writes the table as CSV, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let write = || -> Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
            let mut writer = csv::Writer::from_writer(&mut file);
            writer.write_record(&self.columns)?;
            self.rows.iter().try_for_each(|row| writer.write_record(row))?;
            writer.flush()?;
            drop(writer);
            file.flush()?;
            open_to_all(file.path())?;
            file.persist(path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether there is such a column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.index(column).is_some()
    }

    /// Checks that columns are there.
    ///
    /// # Errors
    /// Names the first that is missing, and what was found in its place.
    pub fn require(&self, columns: &[&str]) -> Result<()> {
        for column in columns {
            let (found, needed) = (self.columns.join(","), columns.join(","));
            ensure!(self.has(column), "column `{column}` is missing: found `{found}`, expected `{needed}`");
        }
        Ok(())
    }

    /// Count of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A cell; empty where there is no such column.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn get(&self, row: usize, column: &str) -> &str {
        self.index(column).map_or("", |c| &self.rows[row][c])
    }

    /// All cells of a row with the names of their columns.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().zip(&self.rows[row]).map(|(column, cell)| (column.as_str(), cell.as_str()))
    }

    /// Changes a cell; a column that is not there is added.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn set(&mut self, row: usize, column: &str, value: impl Into<String>) {
        let index = self.index_or_new(column);
        self.rows[row][index] = value.into();
    }

    /// Adds a row; columns that are not there are added, cells that are not given stay empty.
    pub fn push<'a>(&mut self, cells: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let row = self.rows.len();
        self.rows.push(vec![String::new(); self.columns.len()]);
        for (column, value) in cells {
            self.set(row, column, value);
        }
    }

    /// The same columns with some of the rows.
    #[must_use]
    pub fn pick(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        let rows = rows.into_iter().map(|row| self.rows[row].clone()).collect();
        Self { columns: self.columns.clone(), rows }
    }

    /// Adds the rows of another table, by the names of its columns.
    pub fn append(&mut self, other: &Self) {
        for row in 0..other.len() {
            self.push(other.row(row));
        }
    }

    fn index(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == column)
    }

    fn index_or_new(&mut self, column: &str) -> usize {
        self.index(column).unwrap_or_else(|| {
            self.columns.push(column.to_owned());
            self.rows.iter_mut().for_each(|row| row.push(String::new()));
            self.columns.len() - 1
        })
    }
}

/// What went wrong with a file, and what to do where it is the encoding.
fn readable(why: anyhow::Error, path: &Path) -> anyhow::Error {
    let encoding =
        why.downcast_ref::<csv::Error>().is_some_and(|e| matches!(e.kind(), csv::ErrorKind::Utf8 { .. }));
    let why = if encoding { why.context("the file is not UTF-8; save it as UTF-8 text") } else { why };
    why.context(format!("cannot read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut table = Table::new(["path", "label"]);
        table.push([("path", "a, \"b\".wav"), ("label", "ja\nnein"), ("age", "30")]);
        table.push([("label", "no")]);
        table.write(&path).unwrap();
        let read = Table::read(&path).unwrap();
        assert_eq!(read, table);
        assert_eq!((read.get(0, "path"), read.get(1, "age"), read.get(1, "none")), ("a, \"b\".wav", "", ""));
    }

    #[test]
    fn bad_files_are_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let cases: [(&[u8], &str); 4] = [
            (b"", "empty"),
            (b"path,label\n\xe4.wav,yes\n", "UTF-8"),
            (b"path,path\n", "duplicate column"),
            (b"path,label\na.wav\n", "2 fields"),
        ];
        for (bytes, expected) in cases {
            std::fs::write(&path, bytes).unwrap();
            let error = format!("{:#}", Table::read(&path).unwrap_err());
            assert!(error.contains(expected) && error.contains("a.csv"), "{error}");
        }
    }

    #[test]
    fn quotes_mean_nothing_between_tabs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tsv");
        std::fs::write(&path, "path\tsentence\tage\na.mp3\t\"Yes, he said\n").unwrap();
        let table = Table::read_tabs(&path).unwrap();
        assert_eq!((table.get(0, "sentence"), table.get(0, "age")), ("\"Yes, he said", ""));
    }
}
