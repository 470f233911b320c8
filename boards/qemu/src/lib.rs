//! What the firmware for emulated machines shares: their clock, an emulated microphone, measuring memory, telling figures.

#![no_std]

pub mod arguments;
pub mod array;
pub mod camera;
pub mod disturbance;
pub mod machine;
pub mod memory;
pub mod mic;
pub mod output;
pub mod page;
mod path;
pub mod random;
pub mod report;
pub mod run;
pub mod source;
pub mod tap;
pub mod uart;
pub mod uplink;
pub mod wav;
