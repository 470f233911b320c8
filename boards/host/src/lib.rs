//! The computer as a board of kws: sound card, files, threads, and the command `kws-run`.

mod audio;
mod enrol;
#[cfg(fuzzing)]
pub mod fuzzing;
mod images;
pub mod sink;
pub mod source;
mod take;
mod terminal;
mod trace;
mod view;
pub mod wrapper;

use kws_engine::Registry;

pub mod command;

/// Every kind that a pipeline may name on this computer.
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    source::register(&mut registry);
    sink::register(&mut registry);
    terminal::register(&mut registry);
    wrapper::register(&mut registry);
    registry
}
