//! Decodes hostile bytes as a file of audio: samples or an error in words, in bounded time and memory.
#![no_main]

use kws_fuzz::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| kws_host::fuzzing::audio(&file("audio", bytes)));
