//! Why a session does not take what it is given.

use crate::item::Element;
use crate::run::RunError;

/// Why a session does not take what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// The pipeline has no source of this name.
    NoSource {
        /// The name.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// No source was named, and the pipeline has not exactly one.
    Unnamed {
        /// Those that it has.
        known: Vec<String>,
    },
    /// The pipeline has no stage of this name that writes.
    NoStage {
        /// The name.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The source delivers other items.
    Element {
        /// The source.
        source: String,
        /// What was pushed.
        found: Element,
        /// What it delivers.
        expected: Element,
    },
    /// What was pushed is no whole block.
    NoBlock {
        /// The source.
        source: String,
        /// Items that were found, those of a begun block included.
        found: usize,
        /// Items of a block.
        expected: usize,
    },
    /// The stream has ended.
    Over,
    /// A stage has failed.
    Failed(RunError),
}

impl std::fmt::Display for SessionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |names: &[String]| names.join("`, `");
        match self {
            SessionError::NoSource { name, known } => {
                write!(f, "the pipeline has no source `{name}`, expected `{}`", names(known))
            }
            SessionError::Unnamed { known } if known.is_empty() => {
                f.write_str("the pipeline has no source, expected one to push to")
            }
            SessionError::Unnamed { known } => {
                write!(f, "found no name of a source, expected one of `{}`", names(known))
            }
            SessionError::NoStage { name, known } => {
                write!(
                    f,
                    "the pipeline has no stage `{name}` that writes, expected one of `{}`",
                    names(known)
                )
            }
            SessionError::Element { source, found, expected } => {
                write!(f, "found {found} items for source `{source}`, expected {expected}")
            }
            SessionError::NoBlock { source, found, expected } => {
                write!(f, "found {found} items for a block of source `{source}`, expected {expected}")
            }
            SessionError::Over => f.write_str("the stream has ended; `reset` starts a new one"),
            SessionError::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SessionError {}
