//! Reads hostile bytes as a YUV4MPEG2 video.
#![no_main]

use kws_fuzz::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| kws_host::fuzzing::video(&file("video.y4m", bytes)));
