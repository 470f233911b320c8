//! Boards, as far as the planner must know them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{BuildError, Work};
use crate::error::nearest;

/// A board: what a pipeline has there.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// Its name, the heading of its entry.
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
    pub pipeline: Option<PathBuf>,
    /// Bits a second that its serial line carries, where it has one that links use.
    pub serial: Option<u32>,
    /// What it takes from its battery, where that is stated.
    pub power: Option<Power>,
}

/// What a board takes from its battery.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// Volts of the supply.
    pub volts: f64,
    /// Milliamperes while the core works.
    pub awake_ma: f64,
    /// Milliamperes while the core sleeps and the microphone listens.
    pub asleep_ma: f64,
    /// Microcoulombs of a byte that the radio sends, all that goes with it included; 0 for a wire.
    #[serde(default)]
    pub sent_uc: f64,
}

impl Power {
    /// Joules of a day in which the core works this share of the time and sends so many bytes a second.
    pub fn joules_a_day(&self, awake: f64, bytes_per_second: f64) -> f64 {
        let core = self.awake_ma * awake + self.asleep_ma * (1.0 - awake);
        let amperes = core / 1e3 + self.sent_uc * bytes_per_second / 1e6;
        amperes * self.volts * 86_400.0
    }
}

/// A processor, as far as it matters to which code is written and what it takes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// The kernels that run a model there: `helium` where the core has that extension of Arm's, `dsp` where it has the
    /// instructions of the DSP extension, else `plain`.
    pub kernels: String,
    /// What a multiply-accumulate takes.
    pub instructions: Instructions,
}

/// Instructions of one multiply-accumulate, all that goes with it included, by the kind of work. From stage to stage it is half
/// of this to twice as many.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instructions {
    /// Front ends of reals.
    pub float: f64,
    /// Front ends of integers.
    pub integer: f64,
    /// Models.
    pub model: f64,
}

impl Instructions {
    pub(super) const fn of(self, work: Work) -> f64 {
        match work {
            Work::Float => self.float,
            Work::Integer => self.integer,
            Work::Model => self.model,
        }
    }
}

/// A list of boards, as TOML has it.
#[derive(Deserialize)]
struct List {
    /// Processors by their names.
    #[serde(default)]
    core: BTreeMap<String, Core>,
    #[serde(flatten)]
    boards: BTreeMap<String, Entry>,
}

/// A board, as TOML has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    about: String,
    core: CoreOf,
    clock_hz: u32,
    ram: usize,
    flash: usize,
    pipeline: Option<PathBuf>,
    serial: Option<u32>,
    power: Option<Power>,
}

/// A processor: one that the list has, or one of the board's own.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected the name of a core, or a table with `kernels` and `instructions`")]
enum CoreOf {
    Named(String),
    Own(Core),
}

impl Entry {
    fn board(self, name: String, cores: &BTreeMap<String, Core>) -> Result<Board, BuildError> {
        let Entry { about, core, clock_hz, ram, flash, pipeline, serial, power } = self;
        let core = match core {
            CoreOf::Own(core) => core,
            CoreOf::Named(core) => cores.get(&core).cloned().ok_or_else(|| {
                let known: Vec<&str> = cores.keys().map(String::as_str).collect();
                if known.is_empty() {
                    return BuildError::new(format!(
                        "the board `{name}` names the core `{core}`, but the list has no table `core`\n  = help: copy `[core]` from \
                         `boards/boards.toml` of kws, or describe the core in its place: `core = {{ kernels = \"dsp\", instructions = \
                         {{ float = 7.0, integer = 8.4, model = 2.2 }} }}`"
                    ));
                }
                unknown(&format!("core `{core}` of the board `{name}`"), &core, &known)
            })?,
        };
        Ok(Board { name, about, core, clock_hz, ram, flash, pipeline, serial, power })
    }
}

/// What a list does not have, and what it has.
fn unknown(what: &str, name: &str, known: &[&str]) -> BuildError {
    let meant = nearest(name, known).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    BuildError::new(format!("unknown {what}\n  = help: {meant}available: `{}`", known.join("`, `")))
}

fn parsed(text: &str) -> Result<List, BuildError> {
    toml::from_str(text)
        .map_err(|error| BuildError::new(format!("not a list of boards: {}", error.to_string().trim_end())))
}

impl Board {
    /// All boards of a list such as `boards/boards.toml`, by name.
    ///
    /// # Errors
    /// When the text is no such list.
    pub fn list(text: &str) -> Result<Vec<Board>, BuildError> {
        let List { core, boards } = parsed(text)?;
        boards.into_iter().map(|(name, entry)| entry.board(name, &core)).collect()
    }

    /// The board that a file of its own describes: the table of one entry of a list, with its heading or without, called as
    /// the file. It names a core of `list`, or has one of its own.
    ///
    /// # Errors
    /// When the file cannot be read, is no such table, or names a core that the list does not have.
    pub fn of_file(path: &Path, list: &str) -> Result<Board, BuildError> {
        let at = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| BuildError::new(format!("cannot read `{at}`: {error}")))?;
        let refused = |error: toml::de::Error| {
            BuildError::new(format!("`{at}` does not describe a board: {}", error.to_string().trim_end()))
        };
        let all = toml::from_str::<BTreeMap<String, toml::Table>>(&text).ok();
        if let Some(all) = all.as_ref().filter(|all| all.len() > 1) {
            let names: Vec<&str> = all.keys().map(String::as_str).filter(|name| *name != "core").collect();
            return Err(BuildError::new(format!(
                "`{at}` has {} tables, expected that of one board\n  = help: write one of these into a file of its own: `{}`",
                all.len(),
                names.join("`, `")
            )));
        }
        let headed = all.filter(|all| all.len() == 1);
        let entry: Entry = match headed.and_then(|all| all.into_values().next()) {
            Some(entry) => entry.try_into().map_err(refused)?,
            None => toml::from_str(&text).map_err(refused)?,
        };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        entry.board(name, &parsed(list)?.core)
    }

    /// The board of this name from a list.
    ///
    /// # Errors
    /// When the list has none; names those that it has.
    pub fn named(boards: Vec<Board>, name: &str) -> Result<Board, BuildError> {
        let known: Vec<String> = boards.iter().map(|board| board.name.clone()).collect();
        boards.into_iter().find(|board| board.name == name).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            unknown(&format!("board `{name}`"), name, &names)
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
