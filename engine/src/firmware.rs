//! Firmware: a planned pipeline as Rust source for a board.
//!
//! A board's build script is one call. It reads the pipeline that `PIPELINE` names, plans it with the same planner as
//! the host, lets every stage [emit](crate::Design::emit) its [`Code`], and writes `$OUT_DIR/pipeline.rs`:
//!
//! ```no_run
//! # fn register(_: &mut kws_engine::Registry) {}
//! use kws_engine::{Registry, firmware};
//!
//! fn main() -> Result<(), firmware::BuildError> {
//!     let mut registry = Registry::new();
//!     register(&mut registry); // kws_stages::register
//!     // kws_devices::bind: `mic`, `print`, `jsonl` as the firmware has them
//!     firmware::build(&firmware::Board::read("../boards.toml", "mps2-an386")?, &registry)
//! }
//! ```
//!
//! # What is written
//!
//! ```text
//! pub struct Memory { … }                 what changes while it runs, all of it lent; zeros at first
//! pub struct Pipeline<'m> { … }           the stages, each in its `Slot`, and a block's memory for each edge
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
//! [`Code::given`]. The kinds of kws for devices are those of `kws-devices`: there `mic` is given as `crate::Mic<BLOCK>`, a
//! source of `BLOCK` samples, and `print` and `jsonl` write lines to `crate::Output`, a `core::fmt::Write` that is
//! `Copy`. A board's own kinds do the same, and a stage of anybody's crate is written like those of kws: see [`Code`].
//!
//! # Lanes
//!
//! On a computer a source and each sink has a lane of its own, since it may wait for a device. A board has one lane, the
//! main loop, unless the file says otherwise: stages of which `lane` names another stand in a second one, for an
//! interrupt of lower priority or a second core. One stage's blocks pass to it, over one lock-free [`Ring`] of `depth`
//! blocks, which does with a block that finds no room what `on_full` says:
//!
//! ```text
//! static RING: StaticCell<pipeline::Ring>
//! let (to, from) = RING.init(pipeline::Ring::new()).split();
//! Pipeline::new(&mut Memory, to, devices…)         in the main loop
//! Second::new(&mut SecondMemory, from, devices…)   in the interrupt: tick() until it says Flow::Skip
//! ```
//!
//! What a device's interrupt or DMA fills is no lane: its ring is the device's own, and `mic` reads it.
//!
//! # What a board cannot do
//!
//! A stage that does not emit itself, a second source, a merge that writes, a stage that changes the clock, three
//! lanes: each is an error that names the line of the file, and so is more RAM or flash than the board has, see
//! [`Budget`]. Too little time is a warning, not an error, since it is an estimate.
//!
//! [`Ring`]: crate::tick::Ring

mod board;
mod budget;
mod build;
mod code;
mod cross;
mod emit_site;
mod format;
mod lane;
mod uplink;
mod words;
mod write;

pub use board::{Board, Core, Instructions, Power};
pub use budget::{Budget, Flash, Ram, Share};
pub use build::{BuildError, Firmware, build, build_as};
pub use code::{Code, Given, Item, Lent, Part, Start, Work};
pub use emit_site::EmitSite;
pub use words::{constant_name, real, zero};
