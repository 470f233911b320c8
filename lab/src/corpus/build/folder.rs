//! The folder of a corpus: what is there, what goes and what comes.

use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, ensure};

use super::{EXCLUDED, Existing, MANIFEST};
use crate::corpus::Table;

/// The manifest that a folder has; an empty table when the folder is empty or absent.
pub(super) fn present(root: &Path, existing: Existing) -> Result<Table> {
    let (name, manifest) = (root.display(), root.join(MANIFEST));
    if manifest.is_file() {
        ensure!(
            existing != Existing::Refuse,
            "`{name}` is already a corpus; `--append` adds to it, `--force` replaces it"
        );
        return Table::read(&manifest);
    }
    let holds = fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    ensure!(!holds, "`{name}` contains files but is not a corpus; choose an empty or a new folder");
    ensure!(!root.is_file(), "`{name}` is a file, expected a folder");
    Ok(Table::default())
}

/// Removes the files of a corpus: those that its manifest names, and its tables.
pub(super) fn remove(root: &Path, manifest: &Table) -> Result<()> {
    for row in 0..manifest.len() {
        let path = Path::new(manifest.get(row, "path"));
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        if inside && root.join(path).is_file() {
            fs::remove_file(root.join(path))?;
        }
    }
    for table in [MANIFEST, EXCLUDED].map(|name| root.join(name)).iter().filter(|path| path.is_file()) {
        fs::remove_file(table)?;
    }
    Ok(())
}

/// Moves everything in a folder to another one of the same disk, into the folders that are there.
pub(super) fn carry(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() && target.is_dir() {
            carry(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), &target)
                .with_context(|| format!("cannot write `{}`", target.display()))?;
        }
    }
    Ok(())
}

/// A text as the name of a file or a folder on any system.
pub(super) fn file_name(text: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "_-+.'".contains(c) { c } else { '_' };
    let name: String = text.trim().chars().map(safe).take(100).collect();
    // Names of one or two dots are no names, and a dot in front hides the file.
    if name.starts_with('.') || name.is_empty() { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_names_that_stay_in_their_folder() {
        for (label, expected) in
            [("yes", "yes"), ("../x", "_.._x"), ("a b/ä", "a_b_ä"), ("..", "_.."), ("", "_")]
        {
            assert_eq!(file_name(label), expected);
        }
    }
}
