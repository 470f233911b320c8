//! Operating points in a model's `model.toml`.

use std::path::Path;

use anyhow::{Context, Result};
use kws_engine::{Accepted, CurvePoint};

use super::Chosen;

/// A TOML file to read or edit.
pub(super) fn read(path: &Path) -> Result<toml_edit::DocumentMut> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    text.parse().with_context(|| format!("in `{}`", path.display()))
}

/// Writes the points into a model's `model.toml` under a name, in the place of those of that name, and `how` they were
/// found; everything else in the file stays as it is, comments included.
///
/// # Errors
/// When the file cannot be read or written, or is no TOML.
pub fn write_points(folder: &Path, name: &str, chosen: &[Chosen], how: toml_edit::Table) -> Result<()> {
    let path = folder.join("model.toml");
    let mut file = read(&path)?;
    let place = file.get("point").and_then(toml_edit::Item::as_array_of_tables).cloned();
    let mut points = place.unwrap_or_default();
    points.retain(|point| point.get("name").and_then(toml_edit::Item::as_str) != Some(name));
    for chosen in chosen {
        let mut point = toml_edit::Table::new();
        point["name"] = toml_edit::value(name);
        point["label"] = toml_edit::value(chosen.label.as_str());
        point["on"] = toml_edit::value(chosen.on);
        point["off"] = toml_edit::value(chosen.off);
        point["curve"] = toml_edit::value(chosen.curve.iter().map(row).collect::<toml_edit::Array>());
        points.push(point);
    }
    file["point"] = toml_edit::Item::ArrayOfTables(points);
    let all = file.entry("calibration").or_insert_with(|| {
        let mut table = toml_edit::Table::new();
        table.set_implicit(true);
        toml_edit::Item::Table(table)
    });
    all[name] = toml_edit::Item::Table(how);
    std::fs::write(&path, file.to_string()).with_context(|| format!("cannot write `{}`", path.display()))
}

/// A point of a curve as an inline table.
fn row(point: &CurvePoint) -> toml_edit::Value {
    let accepted = match point.accepted {
        Accepted::PerHour(rate) => ("faph", rate),
        Accepted::OfOthers(share) => ("accepted", share),
    };
    let pairs = [("on", point.on), ("missed", point.missed), accepted];
    let pairs = pairs.map(|(key, value)| (key, toml_edit::Value::from(value)));
    toml_edit::Value::InlineTable(pairs.into_iter().collect())
}
