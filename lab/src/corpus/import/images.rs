//! Folders of images: one for each label, or any files with a table that names them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::files;
use crate::corpus::{Build, Content, Draft, Ratios, Table};
use crate::images::is_image;

/// The label of images that show a person.
pub const PERSON: &str = "person";
/// The label of images that show nobody.
pub const NOBODY: &str = "nobody";

/// Name of the table.
const LABELS: &str = "labels.csv";
/// Columns of the table that become others.
const CHANGED: [&str; 4] = ["file", "label", "person", AREA];
/// Column of the table that becomes `area`.
const AREA: &str = "max_person_area_fraction";

/// How to read a folder of images.
#[derive(Clone, Debug)]
pub struct Images {
    /// The folder. Files lie in `LABEL/`; where there is a `labels.csv`, they lie where that says: it has the columns
    /// `file` and `label`, or `file` and `person` (1 or 0), and may have `max_person_area_fraction`.
    pub folder: PathBuf,
}

impl Images {
    /// Takes the images, each for the split that a hash of its path in the folder gives.
    ///
    /// # Errors
    /// When the folder or its table cannot be read, or the corpus cannot be written.
    pub fn import(&self, ratios: Ratios, build: &mut Build) -> Result<()> {
        let labels = self.folder.join(LABELS);
        if labels.is_file() {
            return self
                .listed(&Table::read(&labels)?, ratios, build)
                .with_context(|| format!("in `{}`", labels.display()));
        }
        let folders = files::folders(&self.folder)?;
        ensure!(
            !folders.is_empty(),
            "`{}` has neither one folder of images per label nor a `{LABELS}`",
            self.folder.display()
        );
        for path in files::list(&self.folder)?.into_iter().filter(|path| !path.is_dir()) {
            build.exclude(files::name(&path), "it is not in a label's folder");
        }
        for folder in folders {
            let label = files::name(&folder);
            let paths = files::images(&self.folder, &folder, build)?;
            for deeper in files::folders(&folder)? {
                build.exclude(
                    files::source(&self.folder, &deeper),
                    "a label's folder must not contain folders",
                );
            }
            if paths.is_empty() {
                build.exclude(format!("{label}/"), "the folder contains no images");
            }
            let draft = |path: PathBuf| {
                let source = files::source(&self.folder, &path);
                draft(path, &label, source, ratios)
            };
            build.add(paths.into_iter().map(draft).collect())?;
        }
        Ok(())
    }

    /// Takes the rows of a table.
    fn listed(&self, table: &Table, ratios: Ratios, build: &mut Build) -> Result<()> {
        let which = if table.has("label") { "label" } else { "person" };
        table.require(&["file", which])?;
        let mut drafts = Vec::new();
        for row in 0..table.len() {
            let source = table.get(row, "file").to_owned();
            let line = format!("line {} of {LABELS}", row + 2);
            let label = match (which, table.get(row, which)) {
                ("label", label) => label,
                (_, "1") => PERSON,
                (_, "0") => NOBODY,
                (_, other) => {
                    build.exclude(source, format!("{line}: `person` is `{other}`, expected 0 or 1"));
                    continue;
                }
            };
            let path = self.folder.join(&source);
            match why_not(&path, &source, label) {
                Some(why) => build.exclude(source, format!("{line}: {why}")),
                None => {
                    let others = table.row(row).filter(|(column, _)| !CHANGED.contains(column));
                    let area = ("area", table.get(row, AREA));
                    let columns = std::iter::once(area).chain(others);
                    let columns = columns.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                    drafts.push(Draft { columns, ..draft(path, label, source, ratios) });
                }
            }
        }
        build.add(drafts)
    }
}

/// Why a file that a list names cannot be taken.
pub(super) fn why_not(path: &Path, source: &str, label: &str) -> Option<&'static str> {
    if source.is_empty() || label.is_empty() {
        Some("the file or the label is empty")
    } else if !is_image(path) {
        Some("its extension is not that of a JPEG, PNG or BMP")
    } else if !path.is_file() {
        Some("it is listed but not in the folder")
    } else {
        None
    }
}

/// An image that comes from a file.
pub(super) fn draft(path: PathBuf, label: &str, source: String, ratios: Ratios) -> Draft<'static> {
    Draft {
        label: label.to_owned(),
        speaker: String::new(),
        split: ratios.split(&source),
        name: files::stem(&path),
        source,
        columns: Vec::new(),
        content: Content::Image(path),
    }
}
