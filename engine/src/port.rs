//! What an edge carries, known before any data moves.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clip::Clip;
use crate::item::Element;

/// The meaning of a block: `samples`, `mel`, `posterior`, … An open set: a stage states the role that it reads and
/// writes, and the planner compares them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Role(Cow<'static, str>);

impl Role {
    /// Audio samples as they were taken.
    pub const SAMPLES: Role = Role::new("samples");
    /// One window of samples, weighted for a Fourier transform.
    pub const FRAME: Role = Role::new("frame");
    /// A complex spectrum, real and imaginary parts interleaved.
    pub const SPECTRUM: Role = Role::new("spectrum");
    /// Energies or magnitudes in mel bands.
    pub const MEL: Role = Role::new("mel");
    /// Logarithms of energies in mel bands.
    pub const LOG_MEL: Role = Role::new("log_mel");
    /// Mel-frequency cepstral coefficients.
    pub const MFCC: Role = Role::new("mfcc");
    /// Features of no closer description.
    pub const FEATURES: Role = Role::new("features");
    /// One probability for each label.
    pub const POSTERIOR: Role = Role::new("posterior");
    /// A vector that lies near those of what sounds, or looks, alike.
    pub const EMBEDDING: Role = Role::new("embedding");
    /// Detections.
    pub const EVENTS: Role = Role::new("events");
    /// An image: height, width, channels.
    pub const IMAGE: Role = Role::new("image");

    /// A role of this name, in lower case with underscores.
    pub const fn new(name: &'static str) -> Self {
        Role(Cow::Borrowed(name))
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Affine quantisation: `real = scale × (stored − zero_point)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quant {
    /// Size of one step.
    pub scale: f32,
    /// The stored value that means 0.
    pub zero_point: i32,
}

impl fmt::Display for Quant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scale {} zero point {}", self.scale, self.zero_point)
    }
}

/// One step that made what a port carries: a stage's kind and all its parameters, defaults included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The stage's kind.
    pub kind: String,
    /// Its parameters.
    pub params: serde_json::Value,
    /// Whether it wrote but another form, or a part, of what it read.
    #[serde(default, rename = "conditioning", skip_serializing_if = "std::ops::Not::not")]
    pub is_conditioning: bool,
}

/// How often the blocks of a stream come, measured by its period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    /// One every period, unless some are lost.
    #[default]
    Dense,
    /// As dense, but for idle stretches: what a gate passes.
    Gated,
    /// Now and then: events, and what they cause.
    Sparse,
}

impl Density {
    fn is_dense(&self) -> bool {
        *self == Density::Dense
    }
}

/// The share of the time for which a gate counts as open.
const GATE_OPEN: f64 = 0.1;
/// Events in a second, at most and typically.
const EVENTS_AT_MOST: f64 = 1.0;
const EVENTS_TYPICAL: f64 = 1.0 / 60.0;

/// What an edge carries. A plain value: printed by `--check`, stored beside recordings, compared by the planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Port {
    /// Type of one item.
    pub element: Element,
    /// Extent of a block along each axis, slowest first; their product is the block's number of items.
    pub shape: Vec<usize>,
    /// What the items mean.
    pub role: Role,
    /// Ticks in a second.
    pub clock: u32,
    /// Ticks from one block to the next, when every firing emits.
    pub period: u64,
    /// Ticks between the newest thing that a block tells of and the tick that it is stamped with.
    pub delay: u64,
    /// How stored values map to real ones; `None` where they are the real ones.
    pub quant: Option<Quant>,
    /// Names of the labels, for posteriors and events.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Names of the operating points, for events.
    #[serde(default)]
    pub points: Vec<String>,
    /// The stages between the source and here, source excluded.
    #[serde(default)]
    pub made_by: Vec<Step>,
    /// The operating points that a classifier's model was calibrated to, for posteriors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibrated: Vec<OperatingPoint>,
    /// How often blocks come.
    #[serde(default, skip_serializing_if = "Density::is_dense")]
    pub density: Density,
    /// Where each block is a clip: the stream that it holds, whose blocks are along the first axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Clip>,
}

/// When a label counts as heard, as a model's maker chose it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatingPoint {
    /// Its name; points of several labels may share one.
    pub name: String,
    /// The label that it watches.
    pub label: String,
    /// Score at which a detection may begin.
    pub on: f64,
    /// Score below which a detection ends.
    #[serde(default)]
    pub off: Option<f64>,
    /// What other scores of `on` gave where the model was measured, the lowest score first; empty where nobody has
    /// measured it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<CurvePoint>,
}

/// What a threshold gave where a model was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Score at which a detection may begin.
    pub on: f64,
    /// Share of the spoken words, or of the images of the label, that it missed, 0 to 1.
    pub missed: f64,
    /// How often it accepted something else.
    #[serde(flatten)]
    pub accepted: Accepted,
}

/// How often a threshold accepted what is not the label's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Accepted {
    /// False accepts per hour of a stream; `faph` in a file.
    #[serde(rename = "faph")]
    PerHour(f64),
    /// Share of the images of other labels, 0 to 1; `accepted` in a file.
    #[serde(rename = "accepted")]
    OfOthers(f64),
}

impl Port {
    /// A source's port: no delay, no quantisation, no history. One block is `period` ticks.
    pub fn source(element: Element, shape: Vec<usize>, role: Role, clock: u32, period: u64) -> Self {
        Port {
            element,
            shape,
            role,
            clock,
            period,
            delay: 0,
            quant: None,
            labels: Vec::new(),
            points: Vec::new(),
            made_by: Vec::new(),
            calibrated: Vec::new(),
            density: Density::Dense,
            clip: None,
        }
    }

    /// The port of this port's blocks behind a gate.
    pub fn gated(&self) -> Self {
        let density = if self.density == Density::Dense { Density::Gated } else { self.density };
        Port { density, ..self.clone() }
    }

    /// The port of clips of so many of this port's blocks, which come now and then; that of the blocks themselves where
    /// a clip is one block.
    pub fn clips(&self, blocks: usize) -> Self {
        let mut port = Port { density: Density::Sparse, ..self.clone() };
        if blocks > 1 {
            port.shape.insert(0, blocks);
            port.clip = Some(Clip { blocks, period: self.period, tail: 0 });
        }
        port
    }

    /// The port of the stream that a clip holds.
    pub fn within_clip(&self) -> Option<Port> {
        let Clip { period, .. } = self.clip?;
        let shape = self.shape.get(1..)?.to_vec();
        Some(Port { shape, period, density: Density::Dense, clip: None, ..self.clone() })
    }

    /// The port of what is computed from this one block by block: clock, period, delay, labels and history stay, and
    /// quantisation is dropped.
    pub fn then(&self, element: Element, shape: Vec<usize>, role: Role) -> Self {
        Port { element, shape, role, quant: None, ..self.clone() }
    }

    /// Items in a block.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether a block has no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of a block.
    pub fn bytes(&self) -> usize {
        self.len() * self.element.bytes()
    }

    /// Bytes of a block as a link carries it, all that the protocol adds included.
    pub fn wire_bytes(&self) -> usize {
        kws_link::wire_bytes(self.bytes())
    }

    /// Blocks per second, when every firing emits.
    pub fn rate(&self) -> f64 {
        f64::from(self.clock) / self.period as f64
    }

    /// How many blocks come in a second at most, and typically: of a gated stream as if its gate was open a tenth of the time,
    /// of events and what they cause one a minute and at most one a second, of clips at most one after the other.
    pub fn blocks_per_second(&self) -> (f64, f64) {
        let clip = |clip: Clip| f64::from(self.clock) / (clip.blocks as u64 * clip.period).max(1) as f64;
        match self.density {
            Density::Dense => (self.rate(), self.rate()),
            Density::Gated => (self.rate(), self.rate() * GATE_OPEN),
            Density::Sparse => (self.clip.map_or(EVENTS_AT_MOST, clip), EVENTS_TYPICAL),
        }
    }

    /// Seconds of stream time at a tick.
    pub fn seconds(&self, tick: u64) -> f64 {
        tick as f64 / f64::from(self.clock)
    }

    /// Ticks that last `ms` milliseconds, to the nearest.
    pub fn ticks(&self, ms: f64) -> u64 {
        (ms * f64::from(self.clock) / 1000.0).round() as u64
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        write!(f, "{} {}[{}]", self.role, self.element, shape.join("×"))?;
        if let Some(quant) = self.quant {
            write!(f, " ({quant})")?;
        }
        if let Some(Clip { blocks, .. }) = self.clip {
            return write!(f, " in clips of {blocks} blocks");
        }
        write!(f, " every {} of {} ticks/s", self.period, self.clock)
    }
}
