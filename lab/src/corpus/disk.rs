//! Places on the disk.

use std::io::Result;
use std::path::Path;

/// The folder that a file or folder lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Lets everybody read what was made as a temporary file or folder, which is its owner's alone.
#[cfg(unix)]
pub(super) fn open_to_all(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Lets everybody read what was made as a temporary file or folder, which is nothing to do here.
#[cfg(not(unix))]
pub(super) fn open_to_all(_: &Path) -> Result<()> {
    Ok(())
}
