//! Columns of text.

use std::io::{self, Write};

use anstyle::Style;

const HEADING: Style = Style::new().bold();
/// Space between columns.
const GAP: &str = "  ";

/// Which side of its column a text keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Rows of texts under headings.
pub(crate) struct Table {
    columns: Vec<(&'static str, Side)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: &[(&'static str, Side)]) -> Self {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; what it lacks is blank.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes headings and rows, indented.
    pub(crate) fn write(&self, to: &mut impl Write, indent: &str) -> io::Result<()> {
        let widths = self.widths();
        let headings: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        writeln!(to, "{indent}{HEADING}{}{HEADING:#}", self.line(&headings, &widths))?;
        self.rows.iter().try_for_each(|row| writeln!(to, "{indent}{}", self.line(row, &widths)))
    }

    fn widths(&self) -> Vec<usize> {
        let cell = |row: &Vec<String>, index: usize| row.get(index).map_or(0, |text| text.chars().count());
        let widest = |index: usize| self.rows.iter().map(|row| cell(row, index)).max().unwrap_or(0);
        self.columns.iter().enumerate().map(|(i, (name, _))| widest(i).max(name.chars().count())).collect()
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let padded = |(index, width): (usize, &usize)| {
            let text = cells.get(index).map_or("", String::as_str);
            match self.columns[index].1 {
                Side::Left => format!("{text:<width$}"),
                Side::Right => format!("{text:>width$}"),
            }
        };
        let line: Vec<String> = widths.iter().enumerate().map(padded).collect();
        line.join(GAP).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_side() {
        let mut table = Table::new(&[("stage", Side::Left), ("µs", Side::Right)]);
        table.row(["mic".to_owned(), "1".to_owned()]);
        table.row(["window".to_owned(), "1234".to_owned()]);
        let mut text = Vec::new();
        table.write(&mut text, " ").unwrap();
        let plain = anstream::adapter::strip_bytes(&text).into_vec();
        assert_eq!(String::from_utf8(plain).unwrap(), " stage     µs\n mic        1\n window  1234\n");
    }
}
