//! What the firmware of every board has in common: the link with another place, the page of enrolled words, a serial line over
//! USB, devices that interrupts and the main loop both use, the lines that a main loop writes itself, and what the build writes.
#![no_std]

mod console;
mod generated;
mod shared;
mod uplink;
#[cfg(feature = "usb")]
mod usb;
mod words;

pub use console::Console;
pub use shared::Shared;
pub use uplink::{Line, Link, Place, Uplink};
#[cfg(feature = "usb")]
pub use usb::Usb;
pub use words::PAGE;
