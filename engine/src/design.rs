//! From a kind's parameters to a stage that can be built.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::assets::Assets;
use crate::facts::{Devices, Effect, Scheme, Trace};
use crate::firmware::{self, Code};
use crate::item::Element;
use crate::knob::Knob;
use crate::node::Node;
use crate::plan::memory;
use crate::port::{Port, Role};
use crate::stage::StageFault;

/// A kind of stage, as its parameters: what a TOML file may say, its defaults, units and limits.
///
/// The documentation of the struct is the kind's one-line description, that of each field the parameter's;
/// `#[schemars(range(min = …, max = …))]` states limits, `#[schemars(extend("unit" = "ms"))]` a unit and
/// `#[serde(default = …)]` a default. Registered with [`Registry::add`](crate::Registry::add).
///
/// A stage of one's own, whole (`engine/examples/own_stage.rs`):
/// ```
#[doc = include_str!("../examples/own_stage.rs")]
/// ```
pub trait Kind: DeserializeOwned + Serialize + JsonSchema + 'static {
    /// The name that a pipeline file uses.
    const NAME: &'static str;
    /// How many inputs it takes: `0..=0` for a source.
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=1;
    /// What it leaves in the history that its output carries.
    const TRACE: Trace = Trace::Feature;

    /// Whether it takes a clip by its first input as one block. Other kinds are designed for the stream that the clips
    /// hold, and read them block by block: see [`Clip`](crate::Clip).
    const WHOLE_CLIPS: bool = false;

    /// What it does beside writing blocks. Of a kind that writes, its stage says so too: [`Stage::ACTS`](crate::Stage::ACTS).
    const EFFECT: Effect = Effect::None;

    /// How a command line names what it reads, of a source that may take the place of a pipeline's own: `--source`.
    const SCHEME: Option<Scheme> = None;

    /// The devices that it may read, of a kind that reads one.
    fn devices() -> Option<Devices> {
        None
    }

    /// Resolves the parameters against the input ports.
    ///
    /// # Errors
    /// A [`DesignError`] that names the parameter at fault, which the planner shows in its place in the file.
    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError>;
}

/// A stage's parameters resolved against its input ports. It is shared by threads: each may make sessions of one plan.
pub trait Design: Send + Sync {
    /// What it writes; `None` for a sink.
    fn output(&self) -> Option<Port>;

    /// What it costs.
    fn cost(&self) -> Cost {
        Cost::default()
    }

    /// What a person who looks at the plan may want to know of this stage beside its port and its cost, in one line.
    fn remark(&self) -> Option<String> {
        None
    }

    /// How long the stream of a source is, in seconds, where that is known before it is played.
    fn seconds(&self) -> Option<f64> {
        None
    }

    /// Whether it stands for a device, which the board or the program around the pipeline has.
    fn is_device(&self) -> bool {
        false
    }

    /// Whether it stands for something outside that may be lost and come back, such as a microphone: a stage that fails is
    /// tried again, unless the file says otherwise (`on_fault`).
    fn comes_back(&self) -> bool {
        false
    }

    /// Makes the stage, ready to run.
    ///
    /// # Errors
    /// When something outside the pipeline is missing: a file, a device.
    fn build(&self) -> Result<Box<dyn Node>, StageFault>;

    /// What the stage is on a board: its type, a constant expression, and the tables and memory that these name.
    ///
    /// # Errors
    /// A [`DesignError`] where it cannot be on that board; by default on none.
    fn emit(&self, _site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        Err(DesignError::new("this kind is not supported in firmware"))
    }
}

/// What a stage costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-accumulate operations of one firing.
    pub macs: u64,
    /// Bytes that change while it runs, its output block not counted.
    pub state: usize,
    /// Bytes of constants.
    pub tables: usize,
}

/// A [`Design`] from its facts and a closure that makes the stage: enough for most stages that run on a host only.
pub struct Simple<F> {
    /// What it writes.
    pub output: Option<Port>,
    /// What it costs.
    pub cost: Cost,
    /// Makes the stage.
    pub make: F,
}

impl<F: Fn() -> Result<Box<dyn Node>, StageFault> + Send + Sync + 'static> Simple<F> {
    /// A boxed design, as [`Kind::design`] returns it.
    pub fn boxed(output: Option<Port>, cost: Cost, make: F) -> Box<dyn Design> {
        Box::new(Simple { output, cost, make })
    }
}

impl<F: Fn() -> Result<Box<dyn Node>, StageFault> + Send + Sync> Design for Simple<F> {
    fn output(&self) -> Option<Port> {
        self.output.clone()
    }

    fn cost(&self) -> Cost {
        self.cost
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        (self.make)()
    }
}

/// As [`Simple`], with a closure that writes the stage for boards besides.
pub struct Written<F, E> {
    /// What runs on the host.
    pub simple: Simple<F>,
    /// Writes the stage for a board.
    pub emit: E,
}

impl<F, E> Written<F, E>
where
    F: Fn() -> Result<Box<dyn Node>, StageFault> + Send + Sync + 'static,
    E: Fn(&firmware::EmitSite<'_>) -> Result<Code, DesignError> + Send + Sync + 'static,
{
    /// A boxed design, as [`Kind::design`] returns it.
    pub fn boxed(output: Option<Port>, cost: Cost, make: F, emit: E) -> Box<dyn Design> {
        Box::new(Written { simple: Simple { output, cost, make }, emit })
    }
}

impl<F, E> Design for Written<F, E>
where
    F: Fn() -> Result<Box<dyn Node>, StageFault> + Send + Sync,
    E: Fn(&firmware::EmitSite<'_>) -> Result<Code, DesignError> + Send + Sync,
{
    fn output(&self) -> Option<Port> {
        self.simple.output()
    }

    fn cost(&self) -> Cost {
        self.simple.cost()
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        self.simple.build()
    }

    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        (self.emit)(site)
    }
}

/// Why a kind cannot be designed as the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesignError {
    /// The parameter at fault, if one is; within it, where it is known, by a path such as `points.1.off`.
    pub key: Option<String>,
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The period in ticks that would do, where only the length of the source's block stands in the way.
    pub period: Option<u64>,
}

impl DesignError {
    /// A refusal of the stage as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        DesignError { key: None, message: message.into(), help: None, period: None }
    }

    /// A refusal of one parameter, or of what a path such as `points.1.off` leads to.
    pub fn of(key: &str, message: impl Into<String>) -> Self {
        DesignError { key: Some(key.to_owned()), ..DesignError::new(message) }
    }

    /// Adds what to do.
    pub fn help(self, help: impl Into<String>) -> Self {
        DesignError { help: Some(help.into()), ..self }
    }

    /// Adds the period that would do: the planner tries again with a source whose blocks divide it.
    pub fn fits(self, period: u64) -> Self {
        DesignError { period: Some(period), ..self }
    }
}

/// Where a stage stands: what a design may know beside its own parameters.
pub struct Site<'a> {
    /// The pipeline's name.
    pub pipeline: &'a str,
    /// The stage's name.
    pub name: &'a str,
    /// The folder that relative paths start from: the pipeline file's.
    pub dir: &'a Path,
    /// What each input carries.
    pub inputs: &'a [Port],
    /// The stages that the inputs come from.
    pub from: &'a [String],
    /// For a source: the block that the pipeline asks for, in ticks, where the file does not set one.
    pub block: Option<u64>,
    pub(crate) assets: &'a Assets,
    /// Bytes that the whole pipeline may take.
    pub(crate) most_bytes: u64,
    pub(crate) gathered: &'a Gathered,
}

/// What designs have to say beside their ports.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) notices: RefCell<Vec<String>>,
    /// For each notice the stage that gave it.
    pub(crate) noticed: RefCell<Vec<String>>,
    pub(crate) knobs: RefCell<Vec<Knob>>,
    /// Stages whose stream is happening now.
    pub(crate) live: RefCell<BTreeSet<String>>,
    /// Stages whose stream is a recording's that stands in for a device, with its name.
    pub(crate) stand_ins: RefCell<BTreeMap<String, String>>,
}

impl Site<'_> {
    /// The first input's port, checked for its element.
    ///
    /// # Errors
    /// When the element is none of `elements`.
    pub fn input(&self, elements: &[Element]) -> Result<&Port, DesignError> {
        let port = &self.inputs[0];
        if elements.contains(&port.element) {
            return Ok(port);
        }
        let expected: Vec<&str> = elements.iter().map(|element| element.name()).collect();
        Err(DesignError::of(
            "input",
            format!("`{}` writes {port}, expected {}", self.from[0], expected.join(" or ")),
        ))
    }

    /// The first input's port, checked for its element and its role.
    ///
    /// # Errors
    /// When the element is none of `elements` or the role none of `roles`.
    pub fn input_as(&self, elements: &[Element], roles: &[Role]) -> Result<&Port, DesignError> {
        let port = &self.inputs[0];
        if roles.contains(&port.role) {
            return self.input(elements);
        }
        let expected: Vec<&str> = roles.iter().map(Role::name).collect();
        Err(DesignError::of(
            "input",
            format!("`{}` writes {port}, expected {}", self.from[0], expected.join(" or ")),
        ))
    }

    /// Refuses a parameter that asks for more memory than the whole pipeline may take. A design that makes room for its
    /// stage asks first.
    ///
    /// # Errors
    /// When `bytes` are too many.
    pub fn room(&self, key: &str, bytes: u64) -> Result<(), DesignError> {
        if bytes <= self.most_bytes {
            return Ok(());
        }
        let megabytes = |bytes: u64| bytes / memory::MEGABYTE;
        let (found, most) = (megabytes(bytes), megabytes(self.most_bytes));
        let message = format!("needs {found} MB of memory, but `max_memory_mb` is {most}");
        Err(DesignError::of(key, message).help(memory::HELP))
    }

    /// The files that the pipeline names, on disk or in memory. Designs read what they need of them; sources and sinks of
    /// recordings work with the disk.
    pub fn assets(&self) -> &Assets {
        self.assets
    }

    /// A path of the file, relative to the file's folder.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.dir.join(path)
    }

    /// Something that the person who runs the pipeline should read before it starts.
    pub fn notice(&self, text: impl Into<String>) {
        self.gathered.notices.borrow_mut().push(text.into());
        self.gathered.noticed.borrow_mut().push(self.name.to_owned());
    }

    /// Says, for a source, that its stream is happening now: a microphone's, not a recording's.
    pub fn happens_now(&self) {
        self.gathered.live.borrow_mut().insert(self.name.to_owned());
    }

    /// Whether an input's stream, or this source's, is happening now, so that its events have a time of day.
    pub fn is_live(&self) -> bool {
        self.gathered.live.borrow().contains(self.name)
    }

    /// Says, for a source, that this recording stands in for the device that it asks for.
    pub fn stands_in(&self, recording: impl Into<String>) {
        self.gathered.stand_ins.borrow_mut().insert(self.name.to_owned(), recording.into());
    }

    /// The recording that stands in for the device that an input's stream should come from, if one does: events say so.
    pub fn stand_in(&self) -> Option<String> {
        self.gathered.stand_ins.borrow().get(self.name).cloned()
    }

    /// Offers a number of this stage that may be changed while the pipeline runs.
    pub fn offer(&self, knob: Knob) {
        self.gathered.knobs.borrow_mut().push(knob);
    }

    /// What the stages before this one offer to be changed while the pipeline runs.
    pub fn knobs(&self) -> Vec<Knob> {
        self.gathered.knobs.borrow().clone()
    }
}
