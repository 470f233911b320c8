//! Images with a table: `file`, and `label` or `person`.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::corpus::import::{NOBODY, PERSON};
use crate::corpus::{Ratios, Split, Table};

/// Name of the table.
pub(super) const LABELS: &str = "labels.csv";

/// Columns that become others.
const CHANGED: [&str; 5] = ["file", "label", "person", "split", AREA];
/// Becomes `area`.
const AREA: &str = "max_person_area_fraction";

/// The table as a manifest. An image whose row states no split goes where a hash of its path says.
pub(super) fn manifest(root: &Path) -> Result<Table> {
    let table = Table::read(&root.join(LABELS))?;
    let which = if table.has("label") { "label" } else { "person" };
    table.require(&["file", which])?;
    let mut manifest = Table::new(["path", "label", "split"]);
    for row in 0..table.len() {
        let file = table.get(row, "file");
        let place = || format!("line {}", row + 2);
        let label = match (which, table.get(row, which)) {
            ("label", label) => label,
            (_, "1") => PERSON,
            (_, "0") => NOBODY,
            (_, other) => bail!("{}: `person` is `{other}`, expected 0 or 1", place()),
        };
        let split = match table.get(row, "split") {
            "" => Ratios::default().split(file),
            name => Split::parse(name).with_context(place)?,
        };
        let split = split.to_string();
        let main = [("path", file), ("label", label), ("split", split.as_str())];
        let area = Some(("area", table.get(row, AREA))).filter(|_| table.has(AREA));
        let others = table.row(row).filter(|(column, _)| !CHANGED.contains(column));
        manifest.push(main.into_iter().chain(area).chain(others));
    }
    Ok(manifest)
}
