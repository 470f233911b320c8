#![cfg_attr(test, allow(clippy::unwrap_used))]
//! What the programs of kws are as services: reported to systemd ([`Supervisor`]), read by Prometheus ([`exposition`]).

pub mod exposition;
mod journal;
mod supervisor;

pub use journal::is_journal;
pub use supervisor::Supervisor;
