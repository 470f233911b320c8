//! What the firmware for emulated machines shares: counting instructions, measuring memory, telling the result.

#![no_std]

pub mod machine;
pub mod memory;
pub mod random;
pub mod report;
