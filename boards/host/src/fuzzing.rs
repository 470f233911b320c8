//! What the fuzz targets reach: each function reads hostile bytes as this crate does. Only there when fuzzing.

use std::path::Path;

use crate::audio::{Channel, Decoder, Heard};
use crate::source::show;
use crate::wrapper::{Files, Kept, OfAny, Recorded, of_any, read_port};

/// A device hears a payload by MQTT, under any name and with any label.
pub fn mqtt(name: &str, label: &str, payload: &str) {
    crate::sink::hear(name, label, payload);
}

/// Samples after which a stream is long enough.
const ENOUGH: usize = 1 << 20;

/// Decodes a file of audio.
pub fn audio(path: &Path) {
    let Ok(mut decoder) = Decoder::open(path, Channel::default()) else { return };
    let (rate, length) = (decoder.rate(), decoder.length());
    assert!(rate > 0 && length.is_none_or(|seconds| seconds >= 0.0));
    let mut samples = Vec::new();
    let mut heard = 0;
    while heard < ENOUGH {
        samples.clear();
        match decoder.next(&mut samples) {
            Ok(Heard::Samples { .. }) => heard += samples.len().max(1),
            Ok(Heard::End) | Err(_) => return,
        }
    }
}

/// Reads a YUV4MPEG2 video.
pub fn video(path: &Path) {
    show(path);
}

/// Reads a recording by its stem.
pub fn recording(stem: &Path) {
    let files = Files::to_read(stem);
    let Ok(port) = read_port(&files.port()) else { return };
    of_any(port.element, Recording { files: &files, port: &port });
}

struct Recording<'a> {
    files: &'a Files,
    port: &'a kws_engine::Port,
}

impl OfAny for Recording<'_> {
    type Done = ();

    fn of<T: Kept>(self) {
        let Ok(mut recorded) = Recorded::<T>::open(self.port, self.files) else { return };
        // As the engine makes it, within the memory that a pipeline may have.
        if self.port.bytes() > ENOUGH {
            return;
        }
        let mut block = vec![T::default(); self.port.len()];
        while !recorded.is_over() {
            let Ok(_) = recorded.moment() else { return };
            let Ok(()) = recorded.block(&mut block) else { return };
        }
    }
}
