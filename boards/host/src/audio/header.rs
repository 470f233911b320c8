//! What a file's header may state, checked before the decoder reads it.

use std::fs::File;
use std::io::{Error, Read, Seek, SeekFrom};

/// The most channels that a WAV file may state, and the most that the decoder knows.
pub(super) const CHANNELS: u16 = 26;

/// How far the decoder looks for the beginning of a format.
const DEPTH: u64 = 1 << 20;

/// Chunks that may come before the format.
const CHUNKS: usize = 4096;

/// The number of channels of a WAV file that states more than [`CHANNELS`]. The decoder multiplies them by the bytes of
/// a sample in 16 bits, which overflows. Leaves the file at its beginning.
///
/// # Errors
/// Those of reading the file.
pub(super) fn too_many_channels(file: &mut File) -> Result<Option<u16>, Error> {
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut begin = Vec::new();
    file.take(DEPTH + 12).read_to_end(&mut begin)?;
    // The first byte alone rules nearly all places out, of up to a million.
    let is_wave = |at: &[u8]| at[0] == b'R' && at.starts_with(b"RIFF") && at.ends_with(b"WAVE");
    let waves = begin.windows(12).enumerate().filter(|(_, at)| is_wave(at));
    let mut most = None;
    for (at, _) in waves {
        most = most.max(channels(file, at as u64 + 12)?);
    }
    file.rewind()?;
    Ok(most.filter(|&channels| channels > CHANNELS))
}

/// The channels of the first `fmt ` chunk from a place in the file on, if there is one. A file that consists of empty chunks is
/// not read to its end.
fn channels(file: &mut File, mut at: u64) -> Result<Option<u16>, Error> {
    let mut chunk = [0; 12];
    for _ in 0..CHUNKS {
        file.seek(SeekFrom::Start(at))?;
        match file.read_exact(&mut chunk) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        let [.., a, b, c, d, _, _, low, high] = chunk;
        if chunk.starts_with(b"fmt ") {
            return Ok(Some(u16::from_le_bytes([low, high])));
        }
        at += 8 + u64::from(u32::from_le_bytes([a, b, c, d])).next_multiple_of(2);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A WAV header of one channel after `before`, changed to state so many channels.
    fn stating(channels: u16, before: &[u8]) -> Option<u16> {
        let mut bytes = [before, b"RIFF\x64\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0"].concat();
        bytes.extend(channels.to_le_bytes());
        bytes.extend([0; 64]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("header.wav");
        std::fs::write(&path, bytes).unwrap();
        let mut file = File::open(&path).unwrap();
        let found = too_many_channels(&mut file).unwrap();
        assert_eq!(file.stream_position().unwrap(), 0);
        found
    }

    #[test]
    fn channels_that_the_decoder_cannot_count_are_found() {
        assert_eq!([1, 2, 26].map(|channels| stating(channels, b"")), [None; 3]);
        assert_eq!(stating(32_769, b""), Some(32_769));
        assert_eq!(stating(27, b"RIFF and other noise in front"), Some(27));
    }

    #[test]
    fn a_file_that_breaks_off_or_is_no_wav_states_none() {
        assert_eq!(stating(1, b"RIFF\0\0\0\0WAVEdata\xff\xff\xff\xff"), None);
    }
}
