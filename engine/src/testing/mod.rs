//! A kit for tests of stages and pipelines (feature `testing`).
//!
//! [`Rig`] plans stages behind a source of any port, runs them over items and returns the blocks that come out:
//!
//! ```
//! use kws_engine::testing::Rig;
//! use kws_engine::{Block, Cost, Design, DesignError, Element, Flow, Kind, Port, Role, Simple, Site, Stage, StageFault, node};
//!
//! /// Halves every sample.
//! #[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! struct Half {}
//!
//! impl Kind for Half {
//!     const NAME: &'static str = "half";
//!     fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
//!         let output = site.input(&[Element::I16])?.clone();
//!         Ok(Simple::boxed(Some(output), Cost::default(), || Ok(node(Half {}))))
//!     }
//! }
//!
//! impl Stage for Half {
//!     type In = i16;
//!     type Out = i16;
//!     fn process(&mut self, input: Block<'_, i16>, output: &mut [i16]) -> Result<Flow, StageFault> {
//!         output.iter_mut().zip(input.items).for_each(|(to, from)| *to = from / 2);
//!         Ok(Flow::Emit)
//!     }
//! }
//!
//! // Blocks of two samples at 16 kHz; seven ticks are lost before the second.
//! let port = Port::source(Element::I16, vec![2], Role::SAMPLES, 16_000, 2);
//! let add = |registry: &mut kws_engine::Registry| drop(registry.add::<Half>());
//! let rig = Rig::new(add, &port, "[[stage]]\nkind = 'half'")?.gap(1, 7);
//! assert_eq!(rig.run::<i16, i16>(&[2, 4, 6, 8]), [(2, vec![1, 2]), (11, vec![3, 4])]);
//! # Ok::<(), kws_engine::PlanError>(())
//! ```
//!
//! For a whole pipeline, put a [`Script`] in the place of its source and a [`Capture`] in that of a sink:
//! [`Plan::start_with`](crate::Plan::start_with), [`run_here`](crate::Plan::run_here) and
//! [`session_with`](crate::Plan::session_with) show every stage before the start, and take another in its place. A
//! [`ManualClock`] stands for the time of a paced run; [`ended`], [`until`] and [`still`] wait for a run, and fail where it
//! hangs. [`Stalling`] makes lanes meet in another order in every run.

mod capture;
mod latch;
mod random;
mod rig;
mod script;
mod stalling;
mod watch;

pub use crate::run::ManualClock;
pub use capture::{Capture, CaptureSink, Seen, blocks};
pub use latch::Latch;
pub use random::Random;
pub use rig::{Rig, register};
pub use script::{Script, ScriptSource};
pub use stalling::Stalling;
pub use watch::{ended, ended_with, still, until};
