//! Firmware: a planned pipeline as Rust source for a board.
//!
//! A board's build script is one call. It reads the pipeline that `PIPELINE` names, plans it with the same planner as
//! the host, lets every stage [emit](crate::Design::emit) its [`Code`], and writes `$OUT_DIR/pipeline.rs`:
//!
//! ```no_run
//! # fn register(_: &mut kws_engine::Registry) {}
//! use kws_engine::{Registry, firmware};
//!
//! fn main() -> Result<(), firmware::Failure> {
//!     let mut registry = Registry::new();
//!     register(&mut registry); // kws_stages::register
//!     firmware::bind(&mut registry); // `mic`, `print`, `jsonl` as the firmware has them
//!     firmware::build(&firmware::Board::read("../boards.toml", "mps2-an386")?, &registry)
//! }
//! ```
//!
//! # What is written
//!
//! ```text
//! pub struct Memory { … }                 what changes while it runs, all of it lent; zeros at first
//! pub struct Pipeline<'m> { … }           the stages, each in its `Seat`, and a block's memory for each edge
//! Pipeline::new(&mut Memory, devices…)    const: nothing is computed on the board
//! Pipeline::start()                       first values of what zeros are not: a model's variables
//! Pipeline::tick() -> Flow                one firing of the source and all that follows, in a straight line
//! Pipeline::gaps(|gap| …)                 what was lost since it was last asked
//! Pipeline::finish()                      after the last tick: completes what sinks have begun
//! mod window { pub static WEIGHTS … }     tables, weights, a model's plan: in flash
//! ```
//!
//! No allocator, no dynamic dispatch, no `unsafe`. What a tick does beside calling stages is [`crate::tick`], which holds
//! for boards what a lane holds for threads: stamps, gaps, joins, merges and ends are the host's.
//!
//! # Devices
//!
//! What means hardware is *given*: a parameter of `Pipeline::new`, of a type of the firmware's crate, see
//! [`Code::given`]. [`bind`] registers the kinds that every board has so: `mic` is given as `crate::Mic<BLOCK>`, a
//! source of `BLOCK` samples, and `print` and `jsonl` write lines to `crate::Output`, a `core::fmt::Write` that is
//! `Copy`.

mod bind;
mod board;
mod budget;
mod build;
mod code;
mod cross;
mod format;
mod lane;
mod write;

pub use bind::bind;
pub use board::{Board, Core};
pub use budget::{Budget, Flash, Ram, Share};
pub use build::{Failure, Firmware, build};
pub use code::{Code, Given, Item, Lent, Part, Site, Start, Work, constant_name, real, zero};
