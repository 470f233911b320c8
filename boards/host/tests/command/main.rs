//! The program `kws-run` as a person or a script meets it: what it writes where, and how it ends.

// A test that cannot go on fails.
#![allow(clippy::unwrap_used)]

mod bench;
#[cfg(feature = "mqtt")]
mod broker;
#[cfg(unix)]
mod cascade;
mod docs;
mod dut;
mod figures;
#[cfg(feature = "mqtt")]
mod home;
mod images;
mod interrupting;
#[cfg(unix)]
mod killed;
mod live;
mod push_to_talk;
mod recording;
mod running;
mod sensitivity;
mod service;
mod showing;
mod takes;
mod tracing;
mod usage;
mod view;
