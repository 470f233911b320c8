#![doc = include_str!("../README.md")]

mod actions;
mod audio;
mod catalogue;
mod connection;
#[cfg(fuzzing)]
pub mod fuzzing;
mod journal;
mod metrics;
mod plans;
mod server;
mod stream;
mod view;
mod wyoming;
#[cfg(feature = "zeroconf")]
mod zeroconf;

pub mod command;
pub mod load;
#[cfg(feature = "nats")]
pub mod place;

pub use server::{Address, Options, Server, ServerError};
