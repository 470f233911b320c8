//! Boards, as far as the planner must know them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::BuildError;
use crate::error::nearest;

/// A board: what a pipeline has there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// Its name, the heading of its entry.
    #[serde(skip)]
    pub name: String,
    /// What it is, in a line.
    pub about: String,
    /// Its processor.
    pub core: Core,
    /// Cycles in a second.
    pub clock_hz: u32,
    /// Bytes of RAM that the firmware has.
    pub ram: usize,
    /// Bytes of flash that the firmware has.
    pub flash: usize,
    /// What is built where `PIPELINE` names no other.
    #[serde(default)]
    pub pipeline: Option<PathBuf>,
}

/// A processor, as far as it matters to which code is written and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Core {
    /// Armv6-M: no floating point, no DSP extension.
    CortexM0,
    /// Armv7E-M with floating point and the DSP extension.
    CortexM4f,
    /// Armv7E-M, dual-issue.
    CortexM7,
    /// Armv8-M with floating point and the DSP extension.
    CortexM33,
    /// Armv8.1-M.
    CortexM55,
    /// RV32IMAC: no floating point.
    Riscv32,
    /// The computer that builds: what tests run.
    Host,
}

impl Core {
    /// The kernels that run a model there: `dsp` where the core has the instructions, else `plain`.
    pub const fn kernels(self) -> &'static str {
        match self {
            Core::CortexM4f | Core::CortexM7 | Core::CortexM33 | Core::CortexM55 => "dsp",
            Core::CortexM0 | Core::Riscv32 | Core::Host => "plain",
        }
    }
}

impl Board {
    /// All boards of a list such as `boards/boards.toml`, by name.
    ///
    /// # Errors
    /// When the text is no such list.
    pub fn list(text: &str) -> Result<Vec<Board>, BuildError> {
        let boards: BTreeMap<String, Board> = toml::from_str(text)
            .map_err(|error| BuildError::new(format!("not a list of boards: {error}")))?;
        Ok(boards.into_iter().map(|(name, board)| Board { name, ..board }).collect())
    }

    /// The board of this name from a list.
    ///
    /// # Errors
    /// When the list has none; names those that it has.
    pub fn named(boards: Vec<Board>, name: &str) -> Result<Board, BuildError> {
        let known: Vec<String> = boards.iter().map(|board| board.name.clone()).collect();
        boards.into_iter().find(|board| board.name == name).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            let meant = nearest(name, &names).map(|near| format!("did you mean `{near}`? "));
            let help = format!("{}available: `{}`", meant.unwrap_or_default(), names.join("`, `"));
            BuildError::new(format!("unknown board `{name}`\n  = help: {help}"))
        })
    }

    /// The board of this name from a file; its `pipeline` becomes relative to where the file is read from.
    ///
    /// # Errors
    /// When the file cannot be read, is no list of boards, or has none of this name.
    pub fn read(path: impl AsRef<Path>, name: &str) -> Result<Board, BuildError> {
        let path = path.as_ref();
        println!("cargo::rerun-if-changed={}", path.display());
        let text = std::fs::read_to_string(path)
            .map_err(|error| BuildError::new(format!("cannot read `{}`: {error}", path.display())))?;
        let mut board = Board::named(Board::list(&text)?, name)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        board.pipeline = board.pipeline.map(|pipeline| folder.join(pipeline));
        Ok(board)
    }
}
