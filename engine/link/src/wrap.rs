//! Frames on a stream of bytes, which may hold text as well and may lose or change any of them.
//!
//! On the wire a frame is `00 COBS(frame, CRC-32) 00`. COBS leaves no zero byte within, so that a reader finds the next frame
//! after whatever it has missed. What stands between zeros and is no frame is text where all of it can be read, as the lines
//! that a program prints on the same wire, else garbage.

use crc::{CRC_32_ISO_HDLC, Crc, Table};

use crate::frame::{Broken, MAX_FRAME};

const CHECK: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);
const CHECK_BYTES: usize = 4;

/// The checksum by which a frame that was changed is known: CRC-32.
pub fn checksum(frame: &[u8]) -> u32 {
    CHECK.checksum(frame)
}

/// The most bytes of a frame on the wire.
pub const MAX_WRAPPED: usize = cobs::max_encoding_length(MAX_FRAME + CHECK_BYTES) + 2;

/// Puts frames on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Wrapper;

impl Wrapper {
    /// Writes a frame as it stands on the wire; how many bytes it takes.
    ///
    /// # Errors
    /// When `out` is too short: [`MAX_WRAPPED`] bytes are always enough.
    pub fn wrap(frame: &[u8], out: &mut [u8]) -> Result<usize, Broken> {
        let (first, rest) = out.split_first_mut().ok_or(Broken)?;
        *first = 0;
        let mut encoder = cobs::CobsEncoder::new(rest);
        encoder.push(frame).map_err(|_| Broken)?;
        encoder.push(&CHECK.checksum(frame).to_le_bytes()).map_err(|_| Broken)?;
        let len = encoder.finalize() + 1;
        *out.get_mut(len).ok_or(Broken)? = 0;
        Ok(len + 1)
    }
}

/// What stood between two zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwrapped<'a> {
    /// A frame whose checksum is right.
    Frame(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// Bytes that are neither, or what came of more than there is room for.
    Garbage(usize),
}

/// Finds frames on the wire. `N` bytes are the longest that it can hold: [`MAX_WRAPPED`] for all of them.
pub struct Unwrapper<const N: usize> {
    raw: [u8; N],
    len: usize,
    /// Whether more came than there is room for.
    over: usize,
    decoded: [u8; N],
}

impl<const N: usize> Unwrapper<N> {
    /// Before the first byte.
    pub const fn new() -> Self {
        Unwrapper { raw: [0; N], len: 0, over: 0, decoded: [0; N] }
    }

    /// Takes one byte; what it completes.
    pub fn push(&mut self, byte: u8) -> Option<Unwrapped<'_>> {
        if byte != 0 {
            match self.raw.get_mut(self.len) {
                Some(place) => {
                    *place = byte;
                    self.len += 1;
                }
                None => self.over += 1,
            }
            return None;
        }
        self.flush()
    }

    /// What has come since the last zero, where nothing has followed for long: the last line before a program went silent.
    pub fn flush(&mut self) -> Option<Unwrapped<'_>> {
        let (len, over) = (core::mem::take(&mut self.len), core::mem::take(&mut self.over));
        let raw = &self.raw[..len];
        if raw.is_empty() {
            return None;
        }
        // More than one frame: text, of which the beginning is kept, or garbage.
        if over == 0
            && let Ok(report) = cobs::decode(raw, &mut self.decoded)
            && let Some((frame, check)) = self.decoded[..report.frame_size()].split_last_chunk()
            && CHECK.checksum(frame) == u32::from_le_bytes(*check)
        {
            return Some(Unwrapped::Frame(frame));
        }
        Some(match readable(raw) {
            Some(text) => Unwrapped::Text(text),
            None => Unwrapped::Garbage(len + over),
        })
    }

    /// Forgets what has come since the last zero: the connection is another one.
    pub fn reset(&mut self) {
        (self.len, self.over) = (0, 0);
    }
}

impl<const N: usize> Default for Unwrapper<N> {
    fn default() -> Self {
        Unwrapper::new()
    }
}

/// The text that bytes are; a character that was cut off at the end is left out.
fn readable(bytes: &[u8]) -> Option<&str> {
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            core::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\x1b')).then_some(text)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::borrow::ToOwned;
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    fn unwrap(bytes: &[u8]) -> (Vec<Vec<u8>>, String, usize) {
        let mut unwrapper = Unwrapper::<MAX_WRAPPED>::new();
        let (mut frames, mut text, mut garbage) = (Vec::new(), String::new(), 0);
        let mut see = |unwrapped: Option<Unwrapped<'_>>| match unwrapped {
            Some(Unwrapped::Frame(frame)) => frames.push(frame.to_owned()),
            Some(Unwrapped::Text(line)) => text += line,
            Some(Unwrapped::Garbage(bytes)) => garbage += bytes,
            None => {}
        };
        bytes.iter().for_each(|byte| see(unwrapper.push(*byte)));
        see(unwrapper.flush());
        (frames, text, garbage)
    }

    fn wrapped(frame: &[u8]) -> Vec<u8> {
        let mut out = [0; MAX_WRAPPED];
        let len = Wrapper::wrap(frame, &mut out).unwrap();
        out[..len].to_owned()
    }

    #[test]
    fn text_between_frames_stays_readable() {
        let mut wire = b"boot\n".to_vec();
        wire.extend(wrapped(b"one"));
        wire.extend("schön\n".as_bytes());
        wire.extend(wrapped(&[0; MAX_FRAME]));
        wire.extend(b"panicked");
        let (frames, text, garbage) = unwrap(&wire);
        assert_eq!(frames, [b"one".to_vec(), std::vec![0; MAX_FRAME]]);
        assert_eq!((text.as_str(), garbage), ("boot\nschön\npanicked", 0));
    }

    #[test]
    fn every_length_comes_back() {
        for len in (1..600).chain(MAX_FRAME - 2..=MAX_FRAME) {
            let frame: Vec<u8> = (0..len).map(|n| (n % 256) as u8).collect();
            assert_eq!(unwrap(&wrapped(&frame)).0, [frame]);
        }
    }

    #[test]
    fn a_changed_bit_is_never_a_frame_and_the_next_frame_is_found() {
        let (first, second) = (wrapped(b"a frame of some length"), wrapped(b"the next"));
        for bit in 0..first.len() * 8 {
            let mut wire = first.clone();
            wire[bit / 8] ^= 1 << (bit % 8);
            wire.extend(&second);
            let frames = unwrap(&wire).0;
            assert_eq!(frames.last().unwrap(), b"the next", "bit {bit}");
            assert!(frames.iter().all(|frame| frame == b"the next" || frame == b"a frame of some length"));
        }
        for cut in 0..first.len() {
            let wire = [&first[..cut], &second[..]].concat();
            assert_eq!(unwrap(&wire).0.last().unwrap(), b"the next", "cut at {cut}");
        }
    }

    #[test]
    fn more_than_there_is_room_for_is_reported_and_passed_over() {
        let mut wire = std::vec![7; 3 * MAX_WRAPPED];
        wire.extend(wrapped(b"frame"));
        let (frames, text, garbage) = unwrap(&wire);
        assert_eq!((frames.len(), text.len(), garbage), (1, 0, 3 * MAX_WRAPPED));
    }
}
