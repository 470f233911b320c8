//! Paths between folders, as files that travel should hold them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// `path` as seen from `folder`, with `/` between its parts; both must exist.
pub(crate) fn seen_from(folder: &Path, path: &Path) -> Result<String> {
    let from = existing(folder)?;
    let to = existing(path)?;
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|c| c.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    Ok(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// A path as a configuration writes it: names of corpora begin with no `.`.
pub(crate) fn path_of(seen: String) -> String {
    if seen.starts_with('.') || Path::new(&seen).is_absolute() { seen } else { format!("./{seen}") }
}

fn existing(path: &Path) -> Result<PathBuf> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().with_context(|| format!("`{}` does not exist", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_go_up_and_down() {
        let root = std::env::temp_dir().join(format!("kws-lab-paths-{}", std::process::id()));
        let (a, b) = (root.join("a/model"), root.join("b"));
        std::fs::create_dir_all(&a).unwrap();
        std::fs::create_dir_all(&b).unwrap();
        assert_eq!(seen_from(&a, &b).unwrap(), "../../b");
        assert_eq!(seen_from(&root, &a).unwrap(), "a/model");
        assert_eq!(seen_from(&a, &a).unwrap(), ".");
    }
}
