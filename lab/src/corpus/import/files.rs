//! Listing folders of recordings and of images.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::audio::{ENDINGS, is_audio};
use crate::corpus::Build;
use crate::images::{self, is_image};

/// Files and folders in a folder, hidden ones left out, in the order of their names.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect()
    };
    let mut paths = read().with_context(|| format!("cannot list `{}`", folder.display()))?;
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

/// Folders in a folder, in the order of their names.
pub(super) fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(list(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Recordings in a folder; other files are left out of the corpus with the reason.
pub(super) fn recordings(root: &Path, folder: &Path, build: &mut Build) -> Result<Vec<PathBuf>> {
    let (audio, others): (Vec<_>, Vec<_>) =
        list(folder)?.into_iter().filter(|path| !path.is_dir()).partition(|path| is_audio(path));
    for other in others {
        build.exclude(source(root, &other), format!("its name does not end in {}", ENDINGS.join(", ")));
    }
    Ok(audio)
}

/// Images in a folder; other files are left out of the corpus with the reason.
pub(super) fn images(root: &Path, folder: &Path, build: &mut Build) -> Result<Vec<PathBuf>> {
    let (images, others): (Vec<_>, Vec<_>) =
        list(folder)?.into_iter().filter(|path| !path.is_dir()).partition(|path| is_image(path));
    for other in others {
        build.exclude(
            source(root, &other),
            format!("its name does not end in {}", images::ENDINGS.join(", ")),
        );
    }
    Ok(images)
}

/// The last part of a path.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The last part of a path without its ending.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A file's path below the folder that is imported, with `/` on every system.
pub(super) fn source(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
