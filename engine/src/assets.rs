//! The files that pipelines name, wherever they are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The files that pipelines name, models and what is said of them: on disk, or in the program's own memory.
///
/// ```
/// use kws_engine::Assets;
///
/// let assets = Assets::memory().with("models/yes_no.tflite", b"TFL3");
/// assert_eq!(&*assets.read("models/../models/yes_no.tflite".as_ref())?, b"TFL3");
/// assert!(!assets.has("Cargo.toml".as_ref()), "the disk is not looked at");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// Files in memory, by their paths; `None` where the disk is read.
    files: Option<BTreeMap<PathBuf, Arc<[u8]>>>,
    /// Files that were read, where that is noted.
    noted: Option<Arc<Mutex<Vec<PathBuf>>>>,
}

impl Assets {
    /// Files on disk.
    pub fn disk() -> Self {
        Assets::default()
    }

    /// Files in memory, none at first.
    pub fn memory() -> Self {
        Assets { files: Some(BTreeMap::new()), noted: None }
    }

    /// Adds a file in memory, under the path by which a pipeline names it: relative to the folder with which the
    /// pipeline is parsed. From then on the disk is not read.
    #[must_use]
    pub fn with(mut self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Self {
        self.files.get_or_insert_default().insert(plain(path.as_ref()), bytes.as_ref().into());
        self
    }

    /// What a file holds.
    ///
    /// # Errors
    /// When it cannot be read, or is not in memory where files are.
    pub fn read(&self, path: &Path) -> Result<Cow<'_, [u8]>> {
        let bytes = match &self.files {
            None => Cow::Owned(std::fs::read(path)?),
            Some(files) => match files.get(&plain(path)) {
                Some(bytes) => Cow::Borrowed(&**bytes),
                None => return Err(Error::new(ErrorKind::NotFound, "it is not among the files in memory")),
            },
        };
        if let Some(noted) = &self.noted {
            noted.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        }
        Ok(bytes)
    }

    /// The same files; which of them are read from now on is noted.
    pub(crate) fn noting(&self) -> Self {
        Assets { files: self.files.clone(), noted: Some(Arc::default()) }
    }

    /// The files that were read since, in order, each once.
    pub(crate) fn noted(&self) -> Vec<PathBuf> {
        let noted = self.noted.as_ref().map(|noted| noted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut files = noted.map_or_else(Vec::new, |noted| noted.clone());
        files.sort();
        files.dedup();
        files
    }

    /// Whether there is such a file.
    pub fn has(&self, path: &Path) -> bool {
        match &self.files {
            None => path.is_file(),
            Some(files) => files.contains_key(&plain(path)),
        }
    }
}

/// A path without `.`, and without `..` where a folder before it is known.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
