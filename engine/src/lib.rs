//! The engine of kws: always-on sensing pipelines as synchronous dataflow.
//!
//! | noun | meaning |
//! |---|---|
//! | [`Item`] | element of a stream: `i8`, `u8`, `i16`, `f32`, [`Event`] |
//! | `Port` | what an edge carries: element, shape, role, clock, period, delay, quantisation |
//! | [`Block`] | consecutive items and the tick that completed them: what one firing reads |
//! | [`Stage`] | one step: reads a block, writes at most one block |
//! | source, sink | a stage that reads `()`, a stage that writes `()` |
//! | `Design` | a stage's parameters resolved against its input port, on the host |
//! | lane | an ordered list of stages run by one context: a thread, a loop, an interrupt |
//! | `Session` | a pipeline as a value, which the program around it drives |
//! | ring | lock-free queue of blocks; the only thing between two lanes |
//! | `Pipeline` | the graph that a TOML file names |
//!
//! **The one rule:** a firing consumes its whole input block and writes either nothing or one whole output block.
//! So within a lane there are no queues, one block's memory per edge; memory is known when the pipeline is planned;
//! a topological order *is* the schedule; and a stage is tested by one function call.
//!
//! With the feature `std` off, this crate is the vocabulary that firmware shares with the host: [`Item`], [`Block`],
//! [`Stage`], [`Event`]. With it on (the default) it also reads pipeline files, plans them and runs them as threads.
#![cfg_attr(not(feature = "std"), no_std)]

mod block;
mod clip;
mod event;
mod item;
pub mod lane;
pub mod line;
mod recovery;
mod stage;
pub mod tick;

pub use block::Block;
pub use clip::{Clip, EventsOfClip, OnClip};
pub use event::Event;
pub use item::{Element, Item};
pub use recovery::{Opened, Recovery, Restarting};
pub use stage::{Any, Flow, Never, Ports, Read, Stage, StageFault, Write};

#[cfg(feature = "std")]
mod assets;
#[cfg(feature = "std")]
mod buffer;
#[cfg(feature = "std")]
mod design;
#[cfg(feature = "std")]
mod error;
#[cfg(feature = "std")]
mod facts;
#[cfg(feature = "std")]
mod file;
#[cfg(feature = "std")]
pub mod firmware;
#[cfg(feature = "std")]
mod knob;
#[cfg(feature = "std")]
mod node;
#[cfg(feature = "std")]
mod plan;
#[cfg(feature = "std")]
mod port;
#[cfg(feature = "std")]
mod registry;
#[cfg(feature = "std")]
pub mod run;
#[cfg(feature = "std")]
mod session;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "std")]
pub use {
    assets::Assets,
    buffer::Buffer,
    design::{Cost, Design, DesignError, Kind, Simple, Site, Written},
    error::{Origin, PlanError, nearest},
    facts::{Devices, Effect, Rest, Scheme, Trace},
    file::{OnFault, Pipeline, PlaceSpec, Policy, Setting, StageSpec, schema, stage_keys},
    knob::Knob,
    node::{Firing, HostInput, HostOutput, Inputs, Node, Signature, around, node},
    plan::{Cut, Direction, Edge, LinkEdge, LinkPlan, Place, Plan, PlannedStage, RingPlan},
    port::{Accepted, CurvePoint, Density, OperatingPoint, Port, Quant, Role, Step},
    recovery::{Health, StageState},
    registry::{Entry, Registry},
    session::{Detection, Output, Session, SessionError},
};
