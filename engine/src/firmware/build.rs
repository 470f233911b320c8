//! What a board's build script calls.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{Board, Budget, write};
use super::{lane, uplink};
use crate::error::PlanError;
use crate::file::{Pipeline, PlaceSpec};
use crate::plan::Plan;
use crate::registry::Registry;

/// Why there is no firmware. Its `Debug` is its text, so that a build script that returns it is read like the planner.
#[derive(Clone, PartialEq, Eq)]
pub struct BuildError(String);

impl BuildError {
    /// A failure with a text of its own, for what a build script checks besides.
    pub fn new(text: impl Into<String>) -> Self {
        BuildError(text.into())
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl From<PlanError> for BuildError {
    fn from(error: PlanError) -> Self {
        BuildError(error.to_string())
    }
}

/// A pipeline as firmware of a board.
pub struct Firmware {
    /// The source: what `pipeline.rs` holds.
    pub source: String,
    /// What it takes of the board.
    pub budget: Budget,
    /// Why the board's memory cannot hold it, if it cannot.
    pub misfit: Option<PlanError>,
    /// Why the board is too slow for it, by what is estimated, if it is.
    pub late: Option<PlanError>,
    /// The files that it was made from, beside the pipeline's own.
    pub files: Vec<PathBuf>,
    /// What to tell the person who builds it.
    pub notices: Vec<String>,
    /// The link with another place, where it is a part of a pipeline: what `uplink.rs` holds.
    pub uplink: Option<String>,
}

impl Firmware {
    /// Writes a pipeline for a board, with the kinds of a registry.
    ///
    /// # Errors
    /// When the pipeline cannot be planned, or a stage cannot be on the board, with its place in the file.
    pub fn new(pipeline: &Pipeline, board: &Board, registry: &Registry) -> Result<Self, PlanError> {
        Firmware::at(pipeline, board, registry, None)
    }

    /// As [`new`](Self::new), of the part that one place of the pipeline runs: the place named, or else the one that the file gives
    /// this board. A pipeline without such a place runs on the board as a whole.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when there is no such place.
    pub fn at(
        pipeline: &Pipeline,
        board: &Board,
        registry: &Registry,
        place: Option<&str>,
    ) -> Result<Self, PlanError> {
        let is_own = |place: &&PlaceSpec| place.board.as_ref() == Some(&board.name);
        let own = || pipeline.places.iter().find(is_own).map(|place| place.name.as_str());
        let plan = match place.or_else(own) {
            Some(place) => Plan::at(pipeline, registry, place)?,
            None => Plan::new(pipeline, registry)?,
        };
        let uplink = uplink::source(pipeline, &plan, board)?;
        let lanes = lane::place(pipeline, &plan, board)?;
        let budget = Budget::new(&lanes, board);
        let misfit = budget.check(pipeline, &lanes.stages).err();
        let late = budget.late(pipeline, &lanes.stages);
        let source = write::source(&lanes, &pipeline.file_name(), &board.name);
        let files = plan.stages.iter().flat_map(|stage| stage.files.clone()).collect();
        Ok(Firmware { source, budget, misfit, late, files, notices: plan.notices, uplink })
    }
}

/// Plans the pipeline that the environment's `PIPELINE` names, or else the board's own, and writes it to
/// `$OUT_DIR/pipeline.rs`; tells what it takes as warnings of the build. Of a pipeline with places it is the part of the one that
/// `PLACE` names, or else of the one with this board; where that is linked with another place, `$OUT_DIR/uplink.rs` says how, and
/// `cfg(linked)` is set.
///
/// # Errors
/// When the pipeline cannot be planned or the board cannot run it: file, line, and what to do.
pub fn build(board: &Board, registry: &Registry) -> Result<(), BuildError> {
    build_as(board, registry, |_| Ok(()))
}

/// As [`build`], of the pipeline that `change` makes of the one that is named.
///
/// # Errors
/// As [`build`], and those of `change`.
pub fn build_as(
    board: &Board,
    registry: &Registry,
    change: impl FnOnce(&mut Pipeline) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    println!("cargo::rerun-if-env-changed=PIPELINE");
    let named = std::env::var_os("PIPELINE").map(PathBuf::from).or_else(|| board.pipeline.clone());
    let path = named.ok_or_else(|| {
        BuildError::new(format!(
            "`{}` has no default pipeline\n  = help: set one: `PIPELINE=… cargo build`",
            board.name
        ))
    })?;
    println!("cargo::rerun-if-changed={}", path.display());
    let mut pipeline = Pipeline::read(&path)?;
    change(&mut pipeline)?;
    println!("cargo::rerun-if-env-changed=PLACE");
    let place = std::env::var("PLACE").ok();
    let firmware = Firmware::at(&pipeline, board, registry, place.as_deref())?;
    for file in firmware.files {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    for notice in firmware.notices {
        println!("cargo::warning={notice}");
    }
    for line in firmware.budget.to_string().lines() {
        println!("cargo::warning={line}");
    }
    if let Some(misfit) = firmware.misfit {
        return Err(misfit.into());
    }
    let folder = std::env::var_os("OUT_DIR")
        .ok_or_else(|| BuildError::new("`OUT_DIR` is not set: `build` is for build scripts"))?;
    let write = |name: &str, text: String| {
        let to = Path::new(&folder).join(name);
        std::fs::write(&to, text)
            .map_err(|error| BuildError::new(format!("cannot write `{}`: {error}", to.display())))
    };
    println!("cargo::rustc-check-cfg=cfg(linked)");
    if let Some(uplink) = firmware.uplink {
        println!("cargo::rustc-cfg=linked");
        write("uplink.rs", uplink)?;
    }
    write("pipeline.rs", firmware.source)
}
