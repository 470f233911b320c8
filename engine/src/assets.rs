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
/// assert_eq!(assets.missed(), [std::path::Path::new("Cargo.toml")]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// Files in memory, by their paths; `None` where the disk is read.
    files: Option<BTreeMap<PathBuf, Arc<[u8]>>>,
    /// Files that were read, where that is noted.
    noted: Option<Noted>,
    /// Files that were asked for and are not in memory.
    missed: Noted,
}

/// Paths, shared by all copies of the files.
type Noted = Arc<Mutex<Vec<PathBuf>>>;

impl Assets {
    /// Files on disk.
    pub fn disk() -> Self {
        Assets::default()
    }

    /// Files in memory, none at first.
    pub fn memory() -> Self {
        Assets { files: Some(BTreeMap::new()), ..Assets::default() }
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
                None => {
                    note(&self.missed, plain(path));
                    return Err(Error::new(ErrorKind::NotFound, "it is not among the files in memory"));
                }
            },
        };
        if let Some(noted) = &self.noted {
            note(noted, path.to_owned());
        }
        Ok(bytes)
    }

    /// The files that were asked for since these assets were made and that are not in memory, in order, each once: a program
    /// that fetches files one after the other tries to plan, fetches these and tries again.
    pub fn missed(&self) -> Vec<PathBuf> {
        listed(&self.missed)
    }

    /// The same files; which of them are read from now on is noted.
    pub(crate) fn noting(&self) -> Self {
        Assets { noted: Some(Arc::default()), ..self.clone() }
    }

    /// The files that were read since, in order, each once.
    pub(crate) fn noted(&self) -> Vec<PathBuf> {
        self.noted.as_ref().map_or_else(Vec::new, listed)
    }

    /// Whether there is such a file.
    pub fn has(&self, path: &Path) -> bool {
        match &self.files {
            None => path.is_file(),
            Some(files) => {
                let has = files.contains_key(&plain(path));
                if !has {
                    note(&self.missed, plain(path));
                }
                has
            }
        }
    }
}

fn note(list: &Noted, path: PathBuf) {
    list.lock().unwrap_or_else(PoisonError::into_inner).push(path);
}

fn listed(list: &Noted) -> Vec<PathBuf> {
    let mut files = list.lock().unwrap_or_else(PoisonError::into_inner).clone();
    files.sort();
    files.dedup();
    files
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
