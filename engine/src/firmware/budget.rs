//! What a pipeline takes of a board, known before anything is built for it.
//!
//! Memory and tables are counted, but for what devices keep for themselves, the buffers of their DMA above all; what the compiler decides is estimated: the stack, the code, and, from figures measured on
//! emulated cores, the instructions of a multiply-accumulate.

use std::fmt;

use serde::Serialize;

use super::cross::Crossing;
use super::lane::{Lanes, Placed, refused};
use super::write::fields;
use super::{Board, Work};
use crate::design::DesignError;
use crate::error::PlanError;
use crate::file::Pipeline;
use crate::node::Firing;
use crate::port::Density;

/// Bytes of a stage's place in the lane, its own numbers and references included.
const SLOT: usize = 96;
/// Bytes that travel with a block from lane to lane.
const PARCEL: usize = 24;
/// Bytes of stack beside the pipeline itself: 2.4 to 2.6 KB on each emulated machine.
const STACK: usize = 2560;
/// Bytes of code of the runtime and the lane: what firmware without stages takes on the emulated machines, reading a
/// recording included. Then those of a front end of reals or of integers, and of a model with what decides on it.
const CODE: usize = 20 * 1024;
const FRONT_END: usize = 8 * 1024;
const KERNELS: usize = 14 * 1024;

/// What a pipeline takes of a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Budget {
    /// The board's name.
    pub board: String,
    /// Its cycles in a second.
    pub clock_hz: u32,
    /// Each stage's share.
    pub stages: Vec<Share>,
    /// Bytes of RAM.
    pub ram: Ram,
    /// Bytes of flash.
    pub flash: Flash,
    /// Multiply-accumulate operations in a second of stream.
    pub macs_per_second: f64,
    /// Instructions in a second of stream, an estimate.
    pub instructions_per_second: f64,
    /// The part of the core's time that they take at one instruction a cycle.
    pub core_share: f64,
    /// What is done now and then only, on events: its multiply-accumulate operations, once each.
    #[serde(skip_serializing_if = "is_zero")]
    pub macs_per_event: f64,
    /// Their instructions, an estimate.
    #[serde(skip_serializing_if = "is_zero")]
    pub instructions_per_event: f64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(count: &f64) -> bool {
    *count == 0.0
}

/// What one stage takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// The stage.
    pub stage: String,
    /// Its kind.
    pub kind: String,
    /// Bytes of the block that it writes, and of those that it keeps of its inputs.
    pub blocks: usize,
    /// Bytes of its own memory.
    pub state: usize,
    /// Bytes of its tables.
    pub tables: usize,
    /// Multiply-accumulate operations in a second of stream.
    pub macs_per_second: f64,
    /// Instructions in a second of stream, an estimate.
    pub instructions_per_second: f64,
    /// Multiply-accumulate operations of one firing, where it fires on events only.
    #[serde(skip_serializing_if = "is_zero")]
    pub macs_per_event: f64,
    /// Their instructions, an estimate.
    #[serde(skip_serializing_if = "is_zero")]
    pub instructions_per_event: f64,
}

/// Bytes of RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ram {
    /// Blocks between stages.
    pub blocks: usize,
    /// The stages' own memory.
    pub state: usize,
    /// The stages themselves, an estimate.
    pub stages: usize,
    /// The stack, an estimate.
    pub stack: usize,
    /// What the board has.
    pub of: usize,
}

/// Bytes of flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Flash {
    /// Tables, weights and plans.
    pub tables: usize,
    /// Code, an estimate.
    pub code: usize,
    /// What the board has.
    pub of: usize,
}

impl Ram {
    /// All of it.
    pub const fn used(&self) -> usize {
        self.blocks + self.state + self.stages + self.stack
    }
}

impl Flash {
    /// All of it.
    pub const fn used(&self) -> usize {
        self.tables + self.code
    }
}

impl Budget {
    pub(super) fn new(lanes: &Lanes<'_>, board: &Board) -> Self {
        let lane = &lanes.stages;
        let stages: Vec<Share> = lane.iter().map(|placed| share(placed, lane, board)).collect();
        let sum = |part: fn(&Share) -> usize| stages.iter().map(part).sum::<usize>();
        let (blocks, state, tables) = (sum(|s| s.blocks), sum(|s| s.state), sum(|s| s.tables));
        let slots = lane.len() * SLOT;
        let rings = lanes.crossing.as_ref().map_or(0, |crossing| ring_bytes(lane, crossing));
        let ram = Ram { blocks: blocks + rings, state, stages: slots, stack: STACK, of: board.ram };
        let has =
            |work: Work| lane.iter().any(|placed| placed.code.work == work && placed.stage.cost.macs > 0);
        let front_end = has(Work::Float) || has(Work::Integer);
        let code = CODE + usize::from(has(Work::Model)) * KERNELS + usize::from(front_end) * FRONT_END;
        let macs_per_second = stages.iter().map(|share| share.macs_per_second).sum();
        let instructions_per_second = stages.iter().map(|share| share.instructions_per_second).sum();
        Budget {
            board: board.name.clone(),
            clock_hz: board.clock_hz,
            ram,
            flash: Flash { tables, code, of: board.flash },
            macs_per_second,
            instructions_per_second,
            core_share: instructions_per_second / f64::from(board.clock_hz.max(1)),
            macs_per_event: stages.iter().map(|share| share.macs_per_event).sum(),
            instructions_per_event: stages.iter().map(|share| share.instructions_per_event).sum(),
            stages,
        }
    }

    /// Refuses what does not fit into the board's memory, at the stage that takes the most of it.
    pub(super) fn check(&self, pipeline: &Pipeline, lane: &[Placed<'_>]) -> Result<(), PlanError> {
        let (ram, flash) = (&self.ram, &self.flash);
        let memory = |share: &Share| share.blocks + share.state;
        self.fits("RAM", ram.used(), ram.of, memory, pipeline, lane)?;
        self.fits("flash", flash.used(), flash.of, |share| share.tables, pipeline, lane)
    }

    /// Tells of a pipeline that takes more than all of the board's time, at the stage that takes the most of it.
    pub(super) fn late(&self, pipeline: &Pipeline, lane: &[Placed<'_>]) -> Option<PlanError> {
        let time = |share: &Share| share.instructions_per_second;
        let slowest = self.stages.iter().zip(lane).max_by(|(a, _), (b, _)| time(a).total_cmp(&time(b)));
        let (share, placed) = slowest.filter(|_| self.core_share > 1.0)?;
        let percent = |part: f64| 100.0 * part;
        let refusal = DesignError::new(format!(
            "the pipeline needs about {:.0} % of the time of `{}`; this stage takes the most, {:.0} %",
            percent(self.core_share),
            self.board,
            percent(time(share) / f64::from(self.clock_hz.max(1)))
        ));
        Some(refused(
            pipeline,
            placed.stage,
            refusal.help("let it fire less often, or choose a faster board"),
        ))
    }

    fn fits(
        &self,
        what: &str,
        used: usize,
        of: usize,
        part: impl Fn(&Share) -> usize,
        pipeline: &Pipeline,
        lane: &[Placed<'_>],
    ) -> Result<(), PlanError> {
        let largest = self.stages.iter().zip(lane).max_by_key(|(share, _)| part(share));
        let Some((share, placed)) = largest.filter(|_| used > of) else { return Ok(()) };
        let most = part(share);
        let refusal = DesignError::new(format!(
            "the pipeline needs {used} bytes of {what}, but `{}` has {of}; this stage \
             takes the most, {most}",
            self.board
        ));
        let help = "reduce its parameters, or choose a board with more";
        Err(refused(pipeline, placed.stage, refusal.help(help)))
    }
}

/// Bytes of the ring between two lanes, and of the block that the second one reads.
fn ring_bytes(lane: &[Placed<'_>], crossing: &Crossing) -> usize {
    let block = lane[crossing.from].stage.output.as_ref().map_or(0, |port| port.bytes());
    crossing.depth * (block + PARCEL) + block
}

/// What one stage takes.
fn share(placed: &Placed<'_>, lane: &[Placed<'_>], board: &Board) -> Share {
    let Placed { stage, code, .. } = placed;
    let first = placed.inputs.first().and_then(|&input| lane[input].stage.output.as_ref());
    let sparse = first.is_some_and(|port| port.density == Density::Sparse);
    let rate = stage.output.as_ref().or(first).map_or(0.0, |port| port.rate());
    let macs = stage.cost.macs as f64;
    let (macs_per_second, macs_per_event) = if sparse { (0.0, macs) } else { (macs * rate, 0.0) };
    let fields = fields(lane, placed);
    let bytes = |between: bool| -> usize {
        fields.iter().filter(|field| field.between == between).map(|field| field.bytes).sum()
    };
    // What a source has to do beside its block is its device's affair.
    let work = if placed.firing == Firing::Source { 0.0 } else { board.core.instructions.of(code.work) };
    Share {
        stage: stage.name.clone(),
        kind: stage.kind.clone(),
        blocks: bytes(true),
        state: bytes(false) + code.held,
        tables: code.items.iter().map(|item| item.bytes).sum::<usize>() + code.linked,
        macs_per_second,
        instructions_per_second: macs_per_second * work,
        macs_per_event,
        instructions_per_event: macs_per_event * work,
    }
}

impl fmt::Display for Budget {
    /// A line each for RAM, flash and time, and one for what an event takes, if anything waits for one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ram { blocks, state, stages, stack, of } = self.ram;
        writeln!(
            f,
            "RAM   {:>8} of {of} bytes: blocks {blocks}, state {state}, stages about {stages}, stack about {stack}",
            self.ram.used()
        )?;
        let Flash { tables, code, of } = self.flash;
        writeln!(f, "flash {:>8} of {of} bytes: tables {tables}, code about {code}", self.flash.used())?;
        write!(
            f,
            "time  {:>7.1} % of {} MHz: {:.2} million MACs a second, about {:.1} million instructions",
            100.0 * self.core_share,
            self.clock_hz / 1_000_000,
            self.macs_per_second / 1e6,
            self.instructions_per_second / 1e6
        )?;
        if self.macs_per_event == 0.0 {
            return Ok(());
        }
        write!(
            f,
            "\nevent {:>7.1} ms: {:.2} million MACs, about {:.1} million instructions",
            1000.0 * self.instructions_per_event / f64::from(self.clock_hz.max(1)),
            self.macs_per_event / 1e6,
            self.instructions_per_event / 1e6
        )
    }
}
