//! Bytes as samples.

use crate::wyoming::ClientError;

/// Rates in Hz that are taken.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;
/// Most channels that are taken.
const MAX_CHANNELS: u32 = 32;

/// How samples are written: integers, little-endian, interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// Frames in a second.
    pub(crate) rate: u32,
    /// Bytes of a sample, 1 to 4; those of 1 byte are signed too, as Python's `audioop` has them.
    pub(crate) width: u32,
    /// Samples of a frame.
    pub(crate) channels: u32,
}

impl Format {
    /// Checks a format.
    ///
    /// # Errors
    /// When it is none that is taken.
    pub(crate) fn checked(self) -> Result<Self, ClientError> {
        let Format { rate, width, channels } = self;
        let refused = |what: &str, found: u32, expected: &str| {
            let text = format!("audio with `{what}` {found}, expected {expected}");
            Err(ClientError::new("unsupported-format", text))
        };
        if !RATES.contains(&rate) {
            return refused("rate", rate, "4000 to 192000");
        }
        if !(1..=4).contains(&width) {
            return refused("width", width, "1 to 4 bytes");
        }
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return refused("channels", channels, "1 to 32");
        }
        Ok(self)
    }

    fn frame(self) -> usize {
        (self.width * self.channels) as usize
    }
}

/// Reads frames from bytes in any pieces.
pub(crate) struct Pcm {
    format: Format,
    /// The beginning of a frame whose end has not come.
    part: Vec<u8>,
}

impl Pcm {
    /// Frames of this format.
    pub(crate) fn new(format: Format) -> Self {
        Pcm { format, part: Vec::new() }
    }

    /// The format.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Adds the mean of the channels for every frame that is complete, full scale at ±1. Sums run in the order of the
    /// channels; one channel of 16 bits comes through exactly.
    pub(crate) fn read(&mut self, mut bytes: &[u8], into: &mut Vec<f32>) {
        let frame = self.format.frame();
        if !self.part.is_empty() {
            let missing = (frame - self.part.len()).min(bytes.len());
            self.part.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.part.len() < frame {
                return;
            }
            into.push(mean(self.format, &self.part));
            self.part.clear();
        }
        let frames = bytes.chunks_exact(frame);
        self.part.extend_from_slice(frames.remainder());
        match self.format {
            Format { width: 2, channels: 1, .. } => {
                into.extend(frames.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0));
            }
            format => into.extend(frames.map(|frame| mean(format, frame))),
        }
    }

    /// Drops the beginning of a frame that a payload ended with. Returns how many bytes it had.
    pub(crate) fn drop_part(&mut self) -> usize {
        let dropped = self.part.len();
        self.part.clear();
        dropped
    }
}

fn mean(format: Format, frame: &[u8]) -> f32 {
    let samples = frame.chunks_exact(format.width as usize);
    let sum: f32 = samples.map(sample).sum();
    sum / format.channels as f32
}

/// A little-endian integer of 1 to 4 bytes, full scale at ±1.
fn sample(bytes: &[u8]) -> f32 {
    let mut upper = [0; 4];
    upper[4 - bytes.len()..].copy_from_slice(bytes);
    (f64::from(i32::from_le_bytes(upper)) / 2_147_483_648.0) as f32
}

/// A sample of 16 bits from full scale at ±1, rounded to the nearest and limited.
pub(crate) fn to_i16(unit: f32) -> i16 {
    let scaled = unit * 32_768.0;
    // A cast cuts off toward 0 and saturates.
    (scaled + 0.5f32.copysign(scaled)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(width: u32, channels: u32, bytes: &[u8], pieces: usize) -> Vec<f32> {
        let mut pcm = Pcm::new(Format { rate: 16_000, width, channels });
        let mut into = Vec::new();
        bytes.chunks(pieces).for_each(|piece| pcm.read(piece, &mut into));
        into
    }

    #[test]
    fn sixteen_bits_come_through_exactly() {
        let bytes: Vec<u8> = (i16::MIN..=i16::MAX).flat_map(i16::to_le_bytes).collect();
        for pieces in [1, 3, 4096] {
            let samples = read(2, 1, &bytes, pieces).into_iter().map(to_i16);
            assert!(samples.eq(i16::MIN..=i16::MAX));
        }
    }

    #[test]
    fn widths_and_channels_are_read() {
        assert_eq!(read(1, 1, &[0x40, 0x80], 1), [0.5, -1.0]);
        assert_eq!(read(3, 1, &[0, 0, 0x40, 0, 0, 0xC0], 4), [0.5, -0.5]);
        assert_eq!(read(4, 1, &[0, 0, 0, 0x80], 3), [-1.0]);
        assert_eq!(read(2, 2, &[0, 0x40, 0, 0, 0, 0x40, 0, 0xC0], 5), [0.25, 0.0]);
    }

    #[test]
    fn a_part_of_a_frame_is_dropped() {
        let mut pcm = Pcm::new(Format { rate: 16_000, width: 2, channels: 1 });
        let mut into = Vec::new();
        pcm.read(&[0, 0x40, 7], &mut into);
        assert_eq!(pcm.drop_part(), 1);
        pcm.read(&[0, 0x20], &mut into);
        assert_eq!(into, [0.5, 0.25]);
    }

    #[test]
    fn formats_that_are_none_are_refused() {
        let checked = |rate, width, channels| Format { rate, width, channels }.checked().is_ok();
        assert!(checked(16_000, 2, 1) && checked(192_000, 4, 32));
        assert!(!checked(0, 2, 1) && !checked(u32::MAX, 2, 1));
        assert!(!checked(16_000, 0, 1) && !checked(16_000, 5, 1));
        assert!(!checked(16_000, 2, 0) && !checked(16_000, 2, u32::MAX));
    }
}
