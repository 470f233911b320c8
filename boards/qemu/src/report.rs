//! Tells the figures of a run as lines of `name value`, and ends the run.

use semihosting::{println, process};

use crate::memory;

/// Prints a figure.
pub fn figure(name: &str, value: u64) {
    println!("{name} {value}");
}

/// Prints what memory the image takes, compares the hash of its outputs with the host's, and ends the emulator: with
/// success only where both are the same.
pub fn end(found: u32, expected: u32) -> ! {
    figure("flash", memory::flash() as u64);
    figure("variables", memory::variables() as u64);
    figure("stack", memory::stack() as u64);
    figure("outputs", found.into());
    if found != expected {
        println!("outputs differ from the host's, whose hash is {expected}");
        process::exit(1);
    }
    process::exit(0);
}

/// Says where the firmware panicked; without the message, whose formatting would take flash.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        println!("panicked at {}:{}", place.file(), place.line());
    }
    process::exit(101);
}
