//! What a board's build script calls.

use std::fmt;

use super::Board;
use crate::registry::Registry;

/// Why there is no firmware. Its `Debug` is its text, so that a build script that returns it is read like the planner.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Failure(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Plans the pipeline that the environment's `PIPELINE` names, or else the board's own, and writes it to
/// `$OUT_DIR/pipeline.rs`; tells what it takes as warnings of the build.
///
/// # Errors
/// When the pipeline cannot be planned or the board cannot run it: file, line, and what to do.
pub fn build(_board: &Board, _registry: &Registry) -> Result<(), Failure> {
    Err(Failure::new("pipelines are not written yet"))
}
