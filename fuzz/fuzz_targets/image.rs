//! Decodes hostile bytes as an image: one of the size that its pixels have, or an error.
#![no_main]

use kws_stages::vision::file::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(image) = decode(bytes) {
        assert_eq!(image.pixels.len(), image.size.items());
    }
});
