//! What comes from a camera, as pictures of a stream.

use std::time::{Duration, Instant};

use kws_engine::{Flow, Stage, StageFault};
use kws_stages::vision::{Conversion, Size};

use crate::picture::{Fitter, Picture, decode};

/// How long a camera may be silent before it is given up.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(5);

/// A camera that is open.
pub(super) trait Device: Send {
    /// Waits a short while for the next frame, and puts its bytes in the place of those of the last.
    ///
    /// # Errors
    /// A text that says why there will be no more.
    fn next(&mut self, bytes: &mut Vec<u8>) -> Result<Taken, String>;
}

/// What came of waiting for a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// A frame, as the camera counts and times it.
    Frame {
        /// Counts all frames that the camera took, also those that nobody fetched.
        number: u32,
        /// Microseconds of the camera's clock.
        at: u64,
    },
    /// Nothing yet.
    NotYet,
}

/// What a camera's bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A JPEG for each frame.
    MotionJpeg,
    /// Two pixels in four bytes.
    Yuyv {
        /// Pixels of a row.
        width: usize,
        /// Rows.
        height: usize,
        /// Bytes of a row, those after its pixels counted.
        stride: usize,
    },
}

impl Format {
    /// A frame as a picture.
    fn picture(self, bytes: &[u8]) -> Result<Picture, String> {
        let Format::Yuyv { width, height, stride } = self else { return decode(bytes) };
        let (row, stride) = (2 * width, stride.max(2 * width));
        if bytes.len() < stride * (height - 1) + row {
            return Err(format!("it has {} bytes, expected {}", bytes.len(), stride * height));
        }
        let size = Size { height, width, channels: 3 };
        let mut pixels = vec![0; size.items()];
        for (from, to) in bytes.chunks(stride).zip(pixels.chunks_exact_mut(size.row())) {
            Conversion::YuyvToRgb.convert(&from[..row], to);
        }
        Ok(Picture { size, pixels })
    }
}

/// The stage.
pub(super) struct Watch<D> {
    device: D,
    format: Format,
    fitter: Fitter,
    period: u64,
    bytes: Vec<u8>,
    last: Option<Last>,
    /// A frame that came after a gap, which was told first.
    waiting: Option<u64>,
    heard: Instant,
}

/// The frame that came last.
#[derive(Clone, Copy)]
struct Last {
    number: u32,
    /// The camera's time.
    at: u64,
    /// The stream's.
    tick: u64,
}

impl<D: Device> Watch<D> {
    pub(super) fn new(device: D, format: Format, fitter: Fitter, period: u64) -> Self {
        let heard = Instant::now();
        Watch { device, format, fitter, period, bytes: Vec::new(), last: None, waiting: None, heard }
    }

    /// The tick of a frame, which follows the last as the camera's clock says, and how many frames are missing before.
    fn place(&mut self, number: u32, at: u64) -> (u64, u32) {
        let (tick, missing) = match self.last {
            None => (self.period, 0),
            Some(last) => {
                let since = at.saturating_sub(last.at).max(1);
                (last.tick + since, number.wrapping_sub(last.number).saturating_sub(1))
            }
        };
        self.last = Some(Last { number, at, tick });
        // A camera that began to count anew has lost nothing that it knows of.
        (tick, if missing > u32::from(u16::MAX) { 0 } else { missing })
    }

    fn show(&mut self, tick: u64, output: &mut [u8]) -> Flow {
        let shown = self.format.picture(&self.bytes).and_then(|picture| self.fitter.fit(&picture, output));
        match shown {
            Ok(()) => Flow::EmitAt(tick),
            // Cables and cheap cameras damage a frame now and then.
            Err(_) => Flow::Lost(self.period),
        }
    }
}

impl<D: Device> Stage for Watch<D> {
    type In = ();
    type Out = u8;

    fn process(&mut self, (): (), output: &mut [u8]) -> Result<Flow, StageFault> {
        if let Some(tick) = self.waiting.take() {
            return Ok(self.show(tick, output));
        }
        match self.device.next(&mut self.bytes).map_err(StageFault::because)? {
            Taken::NotYet if self.heard.elapsed() > SILENCE_TIMEOUT => Err(StageFault::because(format!(
                "no image from the camera for {} s",
                SILENCE_TIMEOUT.as_secs()
            ))),
            Taken::NotYet => Ok(Flow::Skip),
            Taken::Frame { number, at } => {
                self.heard = Instant::now();
                let (tick, missing) = self.place(number, at);
                if missing == 0 {
                    return Ok(self.show(tick, output));
                }
                self.waiting = Some(tick);
                Ok(Flow::Lost(u64::from(missing) * self.period))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: u64 = 100_000;
    const YUYV: Format = Format::Yuyv { width: 2, height: 1, stride: 4 };

    /// Plays a script, and is then unplugged.
    struct Script(std::vec::IntoIter<(Taken, Vec<u8>)>);

    impl Device for Script {
        fn next(&mut self, bytes: &mut Vec<u8>) -> Result<Taken, String> {
            let (taken, sent) = self.0.next().ok_or("the camera has disappeared; was it unplugged?")?;
            *bytes = sent;
            Ok(taken)
        }
    }

    fn frame(number: u32, at: u64, luma: u8) -> (Taken, Vec<u8>) {
        (Taken::Frame { number, at }, vec![luma, 128, luma, 128])
    }

    /// What each firing does, the first byte of what it wrote, and how the stream ended.
    fn watched(format: Format, script: Vec<(Taken, Vec<u8>)>) -> (Vec<(Flow, u8)>, String) {
        let fitter = Fitter::new(Size { height: 1, width: 2, channels: 1 }, Default::default());
        let mut watch = Watch::new(Script(script.into_iter()), format, fitter, PERIOD);
        let mut flows = Vec::new();
        loop {
            let mut output = [0; 2];
            match watch.process((), &mut output) {
                Ok(flow) => flows.push((flow, output[0])),
                Err(fault) => return (flows, fault.to_string()),
            }
        }
    }

    #[test]
    fn frames_bear_the_cameras_time() {
        let script = vec![
            frame(7, 5_000_000, 16),
            (Taken::NotYet, Vec::new()),
            frame(8, 5_104_000, 235),
            frame(9, 5_104_000, 235),
        ];
        let (flows, end) = watched(YUYV, script);
        let expected = [
            (Flow::EmitAt(100_000), 0),
            (Flow::Skip, 0),
            (Flow::EmitAt(204_000), 255),
            (Flow::EmitAt(204_001), 255),
        ];
        assert_eq!(flows, expected, "a clock that stands still does not make ticks stand still");
        assert_eq!(end, "the camera has disappeared; was it unplugged?");
    }

    #[test]
    fn frames_that_nobody_fetched_are_a_gap() {
        let (flows, _) =
            watched(YUYV, vec![frame(1, 100_000, 16), frame(4, 400_000, 235), frame(0, 500_000, 16)]);
        let expected = [
            (Flow::EmitAt(100_000), 0),
            (Flow::Lost(2 * PERIOD), 0),
            (Flow::EmitAt(400_000), 255),
            (Flow::EmitAt(500_000), 0),
        ];
        assert_eq!(flows, expected, "a count that begins anew is no gap of billions");
    }

    #[test]
    fn damaged_frames_are_gaps() {
        let short = (Taken::Frame { number: 2, at: 200_000 }, vec![0; 3]);
        let (flows, _) = watched(YUYV, vec![frame(1, 100_000, 16), short, frame(3, 300_000, 16)]);
        assert_eq!(flows[1].0, Flow::Lost(PERIOD));
        assert_eq!(flows[2].0, Flow::EmitAt(300_000));
        let (flows, _) = watched(Format::MotionJpeg, vec![frame(1, 100_000, 16)]);
        assert_eq!(flows[0].0, Flow::Lost(PERIOD), "no JPEG");
    }

    #[test]
    fn motion_jpeg_is_decoded() {
        let mut jpeg = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_pixel(8, 4, image::Luma([200]))
            .write_to(&mut jpeg, image::ImageFormat::Jpeg)
            .unwrap();
        let (flows, _) =
            watched(Format::MotionJpeg, vec![(Taken::Frame { number: 0, at: 0 }, jpeg.into_inner())]);
        assert_eq!(flows, [(Flow::EmitAt(PERIOD), 200)]);
    }

    #[test]
    fn what_follows_a_row_is_left_out() {
        let format = Format::Yuyv { width: 2, height: 2, stride: 8 };
        let bytes = [[235, 128, 235, 128], [1; 4], [16, 128, 16, 128]].concat();
        assert_eq!(format.picture(&bytes).unwrap().pixels, [[255; 6], [0; 6]].concat());
        assert!(format.picture(&bytes[..11]).is_err());
    }
}
