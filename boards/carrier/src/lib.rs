//! Carries the links between places of a pipeline: what a computer has between a run's [`LinkEnd`] and the wire.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let registry = kws_engine::Registry::new();
//! # let pipeline = kws_engine::Pipeline::read("cascade.toml".as_ref())?;
//! # let plan = kws_engine::Plan::new(&pipeline, &registry)?;
//! use kws_carrier::Address;
//!
//! let address: Address = "serial:/dev/ttyACM0".parse()?;
//! let carried = |link: &kws_engine::LinkPlan| {
//!     let (address, link) = (address.clone(), link.clone());
//!     Ok(move |end| address.carry(&link, end, None, |news| eprintln!("{news}")))
//! };
//! plan.start_linked(Default::default(), |_, node| node, carried)?;
//! # Ok(())
//! # }
//! ```
//!
//! [`LinkEnd`]: kws_engine::run::LinkEnd

mod address;
mod again;
mod carry;
mod connection;
mod delivery;
mod handover;
mod memory;
mod moving;
#[cfg(feature = "nats")]
mod nats;
mod passed;
#[cfg(unix)]
mod serial;
mod server;
mod socket;
#[cfg(feature = "nats")]
pub mod stream;
#[cfg(feature = "nats")]
#[doc(hidden)]
pub mod testing;
mod warm;
mod wire;

pub use address::{Address, AddressError};
pub use carry::{News, carry};
pub use memory::memory;
pub use server::Server;
pub use warm::{Busy, WarmUp, cycle};
pub use wire::{Connected, Wire};
