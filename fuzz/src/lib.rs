//! What the fuzz targets share: files in memory, for readers that open paths.

use std::path::{Path, PathBuf};

/// A folder in memory, where the system has one; it is gone with the value.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary folder can be made")
}

thread_local! {
    static FOLDER: tempfile::TempDir = folder();
}

/// Bytes as a file of this name, which the next call replaces.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.with(|folder| folder.path().join(name));
    std::fs::write(&path, bytes).expect("a temporary file can be written");
    path
}
