//! Source code of firmware: what a stage or a model becomes on a board.

use core::fmt::{self, Display, Formatter, Write};

/// Longest line of numbers.
const WIDTH: usize = 108;

/// A value as firmware source: its type, an expression for it, and the items that the expression names.
///
/// What it writes allocates nothing, has no `unsafe`, and can be read: one item to a table, names that say what they
/// are, and numbers in decimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// The type of the value.
    pub of: String,
    /// A constant expression of the value.
    pub value: String,
    /// Names that the items and the expression use, as paths of `use` declarations.
    pub uses: Vec<String>,
    /// Tables that the expression names.
    pub items: Vec<Item>,
}

/// A `static` of firmware source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it holds, for its comment.
    pub about: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub of: String,
    /// A constant expression of its value.
    pub value: String,
}

impl Item {
    /// An array, each element written as its `Debug` form.
    pub fn array<T: fmt::Debug>(about: &str, name: String, of: &str, elements: &[T]) -> Self {
        let texts: Vec<String> = elements.iter().map(|element| format!("{element:?}")).collect();
        let value = format!("[{}]", texts.join(", "));
        Self { about: about.to_owned(), name, of: format!("[{of}; {}]", elements.len()), value }
    }
}

/// The `use` declarations and the items: what goes into the file. Type and expression stand where they are used.
impl Display for Code {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        for path in &self.uses {
            writeln!(to, "#[allow(unused_imports)]\nuse {path};")?;
        }
        for Item { about, name, of, value } in &self.items {
            writeln!(to, "\n/// {about}")?;
            writeln!(to, "pub static {name}: {of} =")?;
            writeln!(to, "{};", Wrapped(value))?;
        }
        Ok(())
    }
}

/// An expression, broken after commas where its lines would become too long.
struct Wrapped<'a>(&'a str);

impl Display for Wrapped<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        for (number, line) in self.0.lines().enumerate() {
            let mut column = 4;
            to.write_str(if number == 0 { "    " } else { "\n    " })?;
            for part in line.split_inclusive(", ").map(str::trim_end) {
                if column + 1 + part.len() > WIDTH {
                    to.write_str("\n    ")?;
                    column = 4;
                }
                let gap = if column > 4 { " " } else { "" };
                write!(to, "{gap}{part}")?;
                column += gap.len() + part.len();
            }
        }
        Ok(())
    }
}

/// Names of constants are written in capitals.
pub fn constant_name(parts: &[&str]) -> String {
    let mut name = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let separator = if name.is_empty() { "" } else { "_" };
        let _ = write!(name, "{separator}{}", part.to_ascii_uppercase().replace(['-', '.', ' '], "_"));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_tables_break_into_lines_and_keep_their_numbers() {
        let numbers: Vec<i32> = (0..200).collect();
        let item = Item::array("Numbers.", constant_name(&["some", "numbers"]), "i32", &numbers);
        let text = Code { items: vec![item], ..Code::default() }.to_string();
        assert!(
            text.starts_with("\n/// Numbers.\npub static SOME_NUMBERS: [i32; 200] =\n    [0, 1,"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.len() <= WIDTH && !line.ends_with(' ')), "{text}");
        let found: Vec<i32> =
            text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).skip(2).collect();
        assert_eq!(found, numbers);
    }
}
