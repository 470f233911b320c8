//! Columns of text.

use std::io::{self, IsTerminal, Write, stderr, stdout};
use std::ops::Range;

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

/// Characters of a line: the variable COLUMNS, or the width of the terminal; `None` where neither is known.
fn room() -> Option<usize> {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let shown = || stdout().is_terminal() && stderr().is_terminal();
    let found = || console::Term::stderr().size_checked().filter(|_| shown());
    set.or_else(|| found().map(|(_, columns)| usize::from(columns)))
}

/// Rows of texts under headings.
pub(crate) struct Table {
    columns: Vec<(&'static str, Side)>,
    /// Columns at the left that name the row.
    keys: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table whose first `keys` columns name the row.
    pub(crate) fn new(keys: usize, columns: &[(&'static str, Side)]) -> Self {
        Table { columns: columns.to_vec(), keys, rows: Vec::new() }
    }

    /// Adds a row; what it lacks is blank.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes headings and rows, indented. On a narrow terminal the columns are laid below one another, each time with those that
    /// name the row.
    pub(crate) fn write(&self, to: &mut impl Write, indent: &str) -> io::Result<()> {
        self.within(room().unwrap_or(usize::MAX), to, indent)
    }

    fn within(&self, room: usize, to: &mut impl Write, indent: &str) -> io::Result<()> {
        let widths = self.widths();
        let headings: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        for part in self.parts(&widths, room.saturating_sub(indent.len())) {
            writeln!(to, "{indent}{HEADING}{}{HEADING:#}", self.line(&headings, &widths, &part))?;
            self.rows
                .iter()
                .try_for_each(|row| writeln!(to, "{indent}{}", self.line(row, &widths, &part)))?;
        }
        Ok(())
    }

    /// The columns beside the keys that fit into each part; one at least.
    fn parts(&self, widths: &[usize], room: usize) -> Vec<Range<usize>> {
        let taken =
            |columns: Range<usize>| widths[columns].iter().map(|width| width + GAP.len()).sum::<usize>();
        let keys = taken(0..self.keys);
        let mut parts: Vec<Range<usize>> = std::iter::once(self.keys..self.keys).collect();
        for column in self.keys..widths.len() {
            let part = parts.last_mut().expect("there is always one");
            if part.start == part.end || keys + taken(part.start..column + 1) - GAP.len() <= room {
                part.end = column + 1;
            } else {
                parts.push(column..column + 1);
            }
        }
        parts
    }

    fn widths(&self) -> Vec<usize> {
        let cell = |row: &Vec<String>, index: usize| row.get(index).map_or(0, |text| text.chars().count());
        let widest = |index: usize| self.rows.iter().map(|row| cell(row, index)).max().unwrap_or(0);
        self.columns.iter().enumerate().map(|(i, (name, _))| widest(i).max(name.chars().count())).collect()
    }

    fn line(&self, cells: &[String], widths: &[usize], part: &Range<usize>) -> String {
        let padded = |index: usize| {
            let text = cells.get(index).map_or("", String::as_str);
            let width = widths[index];
            match self.columns[index].1 {
                Side::Left => format!("{text:<width$}"),
                Side::Right => format!("{text:>width$}"),
            }
        };
        let line: Vec<String> = (0..self.keys).chain(part.clone()).map(padded).collect();
        line.join(GAP).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_side() {
        let mut table = Table::new(1, &[("stage", Side::Left), ("µs", Side::Right)]);
        table.row(["mic".to_owned(), "1".to_owned()]);
        table.row(["window".to_owned(), "1234".to_owned()]);
        assert_eq!(written(&table, 80), " stage     µs\n mic        1\n window  1234\n");
    }

    fn written(table: &Table, room: usize) -> String {
        let mut text = Vec::new();
        table.within(room, &mut text, " ").unwrap();
        String::from_utf8(anstream::adapter::strip_bytes(&text).into_vec()).unwrap()
    }

    #[test]
    fn columns_without_room_are_laid_below() {
        let mut table = Table::new(
            1,
            &[("stage", Side::Left), ("a", Side::Right), ("bb", Side::Right), ("c", Side::Left)],
        );
        table.row(["window", "1", "2", "long"].map(str::to_owned));
        assert_eq!(written(&table, 20), " stage   a  bb  c\n window  1   2  long\n");
        assert_eq!(written(&table, 19), " stage   a  bb\n window  1   2\n stage   c\n window  long\n");
        assert_eq!(written(&table, 0).lines().count(), 6, "a column a part");
    }
}
