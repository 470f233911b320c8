//! Thresholds that a model states already.

use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::file::read;
use super::off;

/// A threshold that a model states.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// The label.
    pub label: String,
    /// Score at which a detection begins.
    pub on: f64,
    /// Score below which it ends.
    pub off: f64,
}

impl Stated {
    /// Those of one name in the `model.toml` of a folder.
    ///
    /// # Errors
    /// When the file cannot be read or has no point of that name.
    pub fn of(folder: &Path, name: &str) -> Result<Vec<Self>> {
        let file = read(&folder.join("model.toml"))?;
        let points = file.get("point").and_then(toml_edit::Item::as_array_of_tables);
        let named =
            |point: &&toml_edit::Table| point.get("name").and_then(toml_edit::Item::as_str) == Some(name);
        let number = |point: &toml_edit::Table, key: &str| point.get(key).and_then(toml_edit::Item::as_float);
        let stated = points.into_iter().flatten().filter(named).filter_map(|point| {
            let on = number(point, "on")?;
            let label = point.get("label").and_then(toml_edit::Item::as_str)?.to_owned();
            Some(Self { label, on, off: number(point, "off").unwrap_or_else(|| off(on)) })
        });
        let stated: Vec<Self> = stated.collect();
        ensure!(
            !stated.is_empty(),
            "`{}` has no point `{name}` to keep: choose one by a limit, without `--keep`",
            folder.join("model.toml").display()
        );
        Ok(stated)
    }

    /// Where in a grid of thresholds the stated one of a label lies.
    ///
    /// # Errors
    /// When none is stated for it.
    pub(in crate::evaluate) fn place(stated: &[Self], label: &str, grid: &[f64]) -> Result<usize> {
        let Some(point) = stated.iter().find(|s| s.label == label) else {
            bail!("the model states no threshold for `{label}`: choose one by a limit, without `--keep`");
        };
        let near = |a: &f64, b: &f64| (a - point.on).abs().total_cmp(&(b - point.on).abs());
        Ok((0..grid.len()).min_by(|&a, &b| near(&grid[a], &grid[b])).unwrap_or(0))
    }
}
