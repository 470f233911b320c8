//! Opens and reads a recording whose three files are hostile: a line each with the bytes of the port and of the ticks in
//! front, as lengths. As seeds, files that are cut and mended go further than random ones.
#![no_main]

use kws_fuzz::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|parts: (&[u8], &[u8], &[u8], &[u8])| {
    let (port, ticks, samples, lines) = parts;
    file("edge.ticks.npy", ticks);
    file("edge.wav", samples);
    file("edge.npy", samples);
    file("edge.jsonl", lines);
    let port = file("edge.port.json", port);
    kws_host::fuzzing::recording(&port.with_file_name("edge"));
});
