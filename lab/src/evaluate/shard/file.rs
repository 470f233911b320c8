//! The file of a part: JSON Lines, of which the first says what is measured, and one each what came of it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::{Shard, Throughput};
use crate::corpus::Split;
use crate::evaluate::{Outcome, Points, Scored};
use crate::medium::Medium;

/// Version of the lines.
const FORMAT: u32 = 1;

/// What is measured: parts that differ in more than their shard are of different evaluations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    format: u32,
    /// Which part it is.
    pub shard: Shard,
    /// Clips or images.
    pub clips: Option<ClipsHeader>,
    /// Streams.
    pub streams: Option<StreamsHeader>,
}

/// A model on clips or images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipsHeader {
    /// Name of the model.
    pub model: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// What it judges.
    pub medium: Medium,
    /// The split; none for all.
    pub split: Option<Split>,
    /// Files that a manifest names and its folder lacks.
    pub missing: Vec<PathBuf>,
    /// Count of clips of all parts.
    pub items: usize,
    /// SHA-256 of the model and of all clips' keys.
    pub digest: String,
}

/// A pipeline on streams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamsHeader {
    /// Name of the pipeline.
    pub pipeline: String,
    /// The points whose counts are kept.
    pub points: Points,
    /// Recordings that say a word that is listened for, and the word.
    pub keyworded: Vec<(String, String)>,
    /// Count of streams of all parts.
    pub items: usize,
    /// SHA-256 of the pipeline, its model and all streams' keys.
    pub digest: String,
}

impl Header {
    /// What a part measures.
    #[must_use]
    pub fn new(shard: Shard, clips: Option<ClipsHeader>, streams: Option<StreamsHeader>) -> Self {
        Self { format: FORMAT, shard, clips, streams }
    }

    /// In what two evaluations differ; nothing where they are parts of one.
    pub(super) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let mut found = Vec::new();
        let mut differ = |differs: bool, what| found.extend(Some(what).filter(|_| differs));
        differ(self.format != other.format, "the version of the program");
        differ(self.shard.count() != other.shard.count(), "the number of shards");
        let clips = |h: &Self| h.clips.clone();
        let streams = |h: &Self| h.streams.clone();
        match (clips(self), clips(other)) {
            (Some(a), Some(b)) => {
                differ((&a.model, &a.labels, a.medium) != (&b.model, &b.labels, b.medium), "the model");
                differ(a.split != b.split, "the split");
                let same = (a.items, &a.digest) == (b.items, &b.digest);
                differ(!same, "the model's file or the clips");
            }
            (a, b) => differ(a.is_some() != b.is_some(), "whether clips are measured"),
        }
        match (streams(self), streams(other)) {
            (Some(a), Some(b)) => {
                differ(a.pipeline != b.pipeline, "the pipeline");
                differ(a.points != b.points, "the operating points");
                let same = (a.items, &a.digest, &a.keyworded) == (b.items, &b.digest, &b.keyworded);
                differ(!same, "the pipeline's parameters, its model or the streams");
            }
            (a, b) => differ(a.is_some() != b.is_some(), "whether streams are measured"),
        }
        found
    }

    /// Count of all that is measured by all parts.
    pub(super) fn items(&self) -> usize {
        self.clips.as_ref().map_or(0, |c| c.items) + self.streams.as_ref().map_or(0, |s| s.items)
    }
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The first.
    Evaluation(Header),
    /// What a model said of a clip.
    Clip {
        /// What the clip is known by.
        key: String,
        /// Its place among all.
        index: usize,
        /// What the model said.
        scored: Scored,
    },
    /// What came of a stream.
    Stream(Outcome),
    /// What could not be read.
    Broken {
        /// What it is known by.
        key: String,
        /// Its place among all.
        index: usize,
        /// Where it lies, for clips.
        path: Option<PathBuf>,
        /// Why not.
        why: String,
    },
    /// The time of a run of the command.
    Run(Throughput),
    /// The last: everything was measured.
    Done {
        /// Count of what was measured or could not be read.
        items: usize,
    },
}

impl Line {
    /// What the line is about.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Clip { key, .. } | Self::Broken { key, .. } => Some(key),
            Self::Stream(outcome) => Some(&outcome.key),
            Self::Evaluation(_) | Self::Run(_) | Self::Done { .. } => None,
        }
    }
}

/// A part in the making. It belongs to this process alone as long as this value lives.
pub struct PartFile {
    file: File,
    path: PathBuf,
    /// What an earlier run has measured.
    pub lines: Vec<Line>,
}

impl PartFile {
    /// Begins a part, or goes on with it: lines that are whole are kept, one that was cut off is removed.
    ///
    /// # Errors
    /// When the file holds something else or another evaluation, another process writes it, or it cannot be written.
    pub fn open(path: &Path, header: &Header) -> Result<Self> {
        let name = path.display();
        let open = OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path);
        let mut file = open.with_context(|| format!("cannot write `{name}`"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another evaluation is writing `{name}`; wait for it"),
            Err(TryLockError::Error(why)) => return Err(why).context(format!("cannot lock `{name}`")),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).with_context(|| format!("cannot read `{name}`"))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        let mut part = Self { file, path: path.to_owned(), lines: parse(&text[..whole], path)? };
        match part.lines.first() {
            None => part.add(&Line::Evaluation(header.clone()))?,
            Some(Line::Evaluation(earlier)) => {
                let mut differences = earlier.differences(header);
                differences.extend(Some("the shard").filter(|_| earlier.shard != header.shard));
                ensure!(
                    differences.is_empty(),
                    "`{name}` contains another evaluation, which differs in {}: choose another `--output`, or remove the file",
                    differences.join(", ")
                );
            }
            Some(_) => bail!("`{name}` is not a part of an evaluation; choose another `--output`"),
        }
        Ok(part)
    }

    /// Adds a line, at once and whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, line: &Line) -> Result<()> {
        let text = serde_json::to_string(line)? + "\n";
        self.file
            .write_all(text.as_bytes())
            .with_context(|| format!("cannot write `{}`", self.path.display()))
    }

    /// Whether everything was measured.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.lines.last(), Some(Line::Done { .. }))
    }
}

/// The lines of a file.
pub(super) fn parse(text: &str, path: &Path) -> Result<Vec<Line>> {
    let line = |(index, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| {
            let place =
                format!("line {} of `{}` is not a result of an evaluation", index + 1, path.display());
            format!("{place}, which `kws-lab evaluate --output` writes")
        })
    };
    text.lines().enumerate().map(line).collect()
}
