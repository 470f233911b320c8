//! What a recording is made of: the blocks, what they mean, and when they came.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kws_engine::{Element, Event, Port, Role};
use serde::{Deserialize, Serialize};

/// How the blocks of an edge are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Samples: a WAV file that any program plays.
    Wav,
    /// Events: one line of JSON each.
    Lines,
    /// All else: an array of blocks for NumPy.
    Npy,
}

impl Layout {
    pub(super) const ALL: [Layout; 3] = [Layout::Wav, Layout::Lines, Layout::Npy];

    pub(super) fn of(port: &Port) -> Self {
        match port.element {
            Element::Event => Layout::Lines,
            Element::I16 if port.role == Role::SAMPLES && port.shape.len() == 1 => Layout::Wav,
            _ => Layout::Npy,
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Layout::Wav => "wav",
            Layout::Lines => "jsonl",
            Layout::Npy => "npy",
        }
    }
}

/// How the name of the file ends that says what the blocks mean.
pub(crate) const PORT: &str = ".port.json";

/// Where the files of a recording are: they share a stem.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    stem: PathBuf,
}

impl Files {
    /// Of a path that may bear the extension of its blocks' file.
    ///
    /// # Errors
    /// When it bears that of another layout.
    pub(super) fn to_write(path: &Path, layout: Layout) -> Result<Self, String> {
        let known = Layout::ALL
            .into_iter()
            .find(|other| path.extension().is_some_and(|ext| ext == other.extension()));
        match known {
            None => Ok(Files { stem: path.to_owned() }),
            Some(found) if found == layout => Ok(Files { stem: path.with_extension("") }),
            Some(found) => {
                let (found, expected) = (found.extension(), layout.extension());
                Err(format!(
                    "found `.{found}`, expected `.{expected}` or no extension for what is recorded here"
                ))
            }
        }
    }

    /// Of a path that may bear the extension of any of its files.
    pub(crate) fn to_read(path: &Path) -> Self {
        let stem = Files { stem: path.to_owned() };
        let text = path.to_string_lossy();
        let ends = [PORT, ".ticks.npy", ".wav", ".jsonl", ".npy"];
        let cut = ends.iter().find_map(|end| text.strip_suffix(end));
        match cut {
            Some(cut) if !stem.port().exists() => Files { stem: PathBuf::from(cut) },
            _ => stem,
        }
    }

    fn with(&self, end: &str) -> PathBuf {
        let mut path = OsString::from(&self.stem);
        path.push(end);
        PathBuf::from(path)
    }

    /// The blocks.
    pub(super) fn blocks(&self, layout: Layout) -> PathBuf {
        self.with(&format!(".{}", layout.extension()))
    }

    /// What the blocks mean: the [`Port`].
    pub(crate) fn port(&self) -> PathBuf {
        self.with(PORT)
    }

    /// Tick of every block, and ticks lost before it: an array of pairs.
    pub(super) fn ticks(&self) -> PathBuf {
        self.with(".ticks.npy")
    }
}

/// Writes a file that is there as a whole or not at all.
pub(crate) fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = OsString::from(path);
    name.push(".part");
    std::fs::write(&name, text)?;
    std::fs::rename(&name, path)
}

/// One event of a recording, as a line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// Which block it is in, counted from 0.
    pub(super) block: u64,
    /// Its place in the block.
    pub(super) place: usize,
    /// The block's tick.
    pub(super) tick: u64,
    /// The label's name, for people.
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_may_bear_an_extension() {
        let files = Files::to_write(Path::new("a/b.c"), Layout::Npy).unwrap();
        assert_eq!(files.blocks(Layout::Npy), Path::new("a/b.c.npy"));
        let files = Files::to_write(Path::new("a/b.wav"), Layout::Wav).unwrap();
        assert_eq!(files.port(), Path::new("a/b.port.json"));
        assert!(Files::to_write(Path::new("a/b.wav"), Layout::Npy).is_err());
        for end in ["", ".wav", ".port.json", ".ticks.npy"] {
            assert_eq!(Files::to_read(Path::new(&format!("a/b{end}"))).ticks(), Path::new("a/b.ticks.npy"));
        }
    }

    #[test]
    fn lines_hold_events_exactly() {
        let event = Event { label: 3, point: 1, score: 0.1 + 0.2, start: u64::MAX - 1, end: 7 };
        let line = Line { block: 4, place: 1, tick: 640, name: "yes".to_owned(), event };
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line, "{text}");
    }
}
