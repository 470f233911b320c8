//! Corpora from end to end, on clips that are made here.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod align;
mod bad_images;
mod bad_input;
mod check;
mod commands;
mod fetch;
mod images;
mod import;
mod layouts;
mod names;
mod server;
mod sound;
mod synth;
mod unpack;
