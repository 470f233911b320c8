//! The pipeline file: TOML, with the place of every value kept for messages.

mod check;
mod document;
mod edit;
mod place;
mod setting;

use std::path::{Path, PathBuf};

pub(crate) use check::check;
pub use document::{schema, stage_keys};
pub use setting::Setting;

use crate::design::DesignError;
use crate::error::{Origin, PlanError, nearest};

/// The graph that a pipeline file names: stages with their parameters, not yet checked against their kinds.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// The file's `name`, or else the file's own name.
    pub name: String,
    /// The file's `description`.
    pub description: String,
    /// The folder that relative paths start from.
    pub dir: PathBuf,
    /// Stages in the order of the file.
    pub stages: Vec<StageSpec>,
    /// Megabytes of memory that it may take.
    pub max_memory_mb: u64,
    /// What happens when one of its stages fails that does not say so itself.
    pub on_fault: OnFault,
    /// Where its stages may run, in the order of the file; none where all run in one program.
    pub places: Vec<PlaceSpec>,
    pub(crate) file: String,
    pub(crate) text: String,
}

/// One `[[place]]` of a file: a machine that runs a part of the pipeline.
#[derive(Clone, Debug)]
pub struct PlaceSpec {
    /// Its name, unique in the file.
    pub name: String,
    /// The board that it is; none for a computer.
    pub board: Option<String>,
    /// Whether samples and images must not leave it.
    pub private: bool,
    pub(crate) origin: Origin,
    pub(crate) board_origin: Origin,
}

/// One `[[stage]]` of a file.
#[derive(Clone, Debug)]
pub struct StageSpec {
    /// Its name, unique in the file; the kind's where the file gives none.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// The stages it reads, in the order in which the kind reads them.
    pub inputs: Vec<String>,
    /// The place that the file puts it in; else it runs where what it reads is written.
    pub place: Option<String>,
    /// The lane that the file puts it in.
    pub lane: Option<String>,
    /// What happens when an input comes by a full ring.
    pub on_full: Policy,
    /// Blocks that a ring to this stage holds.
    pub depth: usize,
    /// What happens when it fails, where the file says so for this stage.
    pub on_fault: Option<OnFault>,
    /// The kind's own parameters.
    pub params: Setting,
    pub(crate) origins: Origins,
}

/// Where the keys that every stage has were said.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    pub(crate) stage: Origin,
    pub(crate) name: Origin,
    pub(crate) kind: Origin,
    pub(crate) on_fault: Origin,
    pub(crate) place: Origin,
    /// Empty where the file says none and the stage above is read.
    pub(crate) inputs: Vec<Origin>,
}

/// What happens when a block meets a full ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The lane before it waits. Right for recorded streams.
    #[default]
    Block,
    /// The new block is lost.
    DropNewest,
    /// The oldest blocks that wait are lost.
    DropOldest,
    /// The run ends with an error.
    Fail,
}

/// What happens when a stage fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFault {
    /// The run ends with an error.
    #[default]
    End,
    /// The stage is begun anew after a pause, which doubles with each failure in a row; a gap marks the hole.
    Restart,
    /// As restart, for sinks alone: what they are to show or keep is lost meanwhile.
    Ignore,
}

impl OnFault {
    /// Every way with the name that files use.
    pub const ALL: [(&'static str, OnFault); 3] =
        [("end", OnFault::End), ("restart", OnFault::Restart), ("ignore", OnFault::Ignore)];

    /// The way of a name.
    pub fn named(name: &str) -> Option<Self> {
        OnFault::ALL.iter().find(|(known, _)| *known == name).map(|(_, on_fault)| *on_fault)
    }

    /// The name that files use.
    pub fn name(self) -> &'static str {
        OnFault::ALL.iter().find(|(_, on_fault)| *on_fault == self).map_or("end", |(name, _)| name)
    }
}

impl StageSpec {
    /// A refusal of this stage, put where the file says what was refused.
    pub(crate) fn refused(&self, refusal: DesignError) -> PlanError {
        let origin = match refusal.key.as_deref() {
            Some("input") => self.origins.inputs.first().cloned(),
            Some("on_fault") => Some(self.origins.on_fault.clone()),
            Some(path) => self.params.nearest(path).map(|setting| setting.origin.clone()),
            None => None,
        };
        let origin = origin.unwrap_or_else(|| self.origins.kind.clone());
        let message = match refusal.key.as_deref() {
            Some("input") | None => format!("`{}`: {}", self.name, refusal.message),
            Some(path) => {
                let key = path.split('.').next().unwrap_or(path);
                format!("`{key}` of `{}`: {}", self.name, refusal.message)
            }
        };
        PlanError { help: refusal.help, ..PlanError::at(&origin, message) }
    }
}

impl Policy {
    /// Every policy with the name that files use.
    pub const ALL: [(&'static str, Policy); 4] = [
        ("block", Policy::Block),
        ("drop_newest", Policy::DropNewest),
        ("drop_oldest", Policy::DropOldest),
        ("fail", Policy::Fail),
    ];

    /// The policy of a name.
    pub fn named(name: &str) -> Option<Self> {
        Policy::ALL.iter().find(|(known, _)| *known == name).map(|(_, policy)| *policy)
    }

    /// The name that files use.
    pub fn name(self) -> &'static str {
        Policy::ALL.iter().find(|(_, policy)| *policy == self).map_or("block", |(name, _)| name)
    }
}

/// What stands in a text for bytes that are not UTF-8.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The TOML file of the same folder whose name is nearest to that of a file which is missing.
fn nearest_beside(path: &Path) -> Option<PathBuf> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = std::fs::read_dir(dir).ok()?.filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())));
    let files = files.filter(|file| file.extension().is_some_and(|end| end == "toml"));
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let near = nearest(path.file_stem()?.to_str()?, &names)?;
    Some(path.with_file_name(format!("{near}.toml")))
}

impl Pipeline {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// When it cannot be read, is no TOML, or is no pipeline.
    pub fn read(path: &Path) -> Result<Self, PlanError> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| {
            let why = match error.kind() {
                std::io::ErrorKind::IsADirectory => "it is a folder, expected a file".to_owned(),
                _ => error.to_string(),
            };
            let refused = PlanError::at(&Origin::Nowhere, format!("cannot read the pipeline: {why}"));
            let refused = match error.kind() {
                std::io::ErrorKind::NotFound => match nearest_beside(path) {
                    Some(near) => refused.help(format!("did you mean `{}`?", near.display())),
                    None => refused,
                },
                _ => refused,
            };
            refused.in_file(&file, "")
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let (place, text) = (error.utf8_error().valid_up_to(), String::from_utf8_lossy(error.as_bytes()));
            let message = format!("byte {:#04x} is not UTF-8", error.as_bytes()[place]);
            PlanError::at(&Origin::File(place..place + REPLACEMENT.len_utf8()), message)
                .help("save the file as UTF-8")
                .in_file(&file, &text)
        })?;
        let dir = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::parse(&text, &file, &dir)
    }

    /// Parses the text of a file that messages call `file` and whose relative paths start from `dir`.
    ///
    /// # Errors
    /// When it is no TOML, or no pipeline.
    pub fn parse(text: &str, file: &str, dir: &Path) -> Result<Self, PlanError> {
        document::parse(text, file, dir).map_err(|error| error.in_file(file, text))
    }

    /// An error about the board of a place, at its line.
    pub fn board_refused(&self, place: usize, message: impl Into<String>) -> PlanError {
        let origin = self.places.get(place).map_or(Origin::Nowhere, |place| place.board_origin.clone());
        self.locate(PlanError::at(&origin, message))
    }

    /// The stage of this name.
    pub fn stage(&self, name: &str) -> Option<&StageSpec> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// The name of the file, without its folder's machine-dependent beginning: the last folder and the file.
    pub(crate) fn file_name(&self) -> String {
        let parts: Vec<&str> = self.file.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
        parts[parts.len().saturating_sub(2)..].join("/")
    }

    pub(crate) fn locate(&self, error: PlanError) -> PlanError {
        error.in_file(&self.file, &self.text)
    }
}
