//! Opens and reads a recording whose files are hostile: its port, its ticks, and its blocks as samples, as an array and
//! as events.
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
