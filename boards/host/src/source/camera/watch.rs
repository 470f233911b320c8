//! What comes from a camera, as images of a stream.

use std::time::{Duration, Instant};

use kws_engine::{Design, Flow, Node, Port, Stage, StageFault, node};
use kws_stages::vision::{Conversion, Fit, Size};

use crate::images::{Fitter, Image, decode};

/// How long a camera may be silent before it is given up.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(5);
/// How far a camera's clock may be from this computer's after it was opened anew, before it counts as set.
const CLOCKS_DIFFER: Duration = Duration::from_secs(1);

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
    /// A frame as an image.
    fn image(self, bytes: &[u8]) -> Result<Image, String> {
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
        Ok(Image { size, pixels })
    }
}

/// Opens a camera: the device, and what its bytes mean.
pub(super) type Open<D> = Box<dyn FnMut() -> Result<(D, Format), String> + Send>;

/// A camera as a source, opened when the pipeline runs. One that is lost is opened again, unless the file says otherwise.
pub(super) struct CameraDesign<F> {
    pub(super) port: Port,
    /// The size of what it writes.
    pub(super) size: Size,
    pub(super) fit: Fit,
    /// Makes what opens it.
    pub(super) opener: F,
}

impl<D: Device + 'static, F: Fn() -> Open<D> + Send + Sync> Design for CameraDesign<F> {
    fn output(&self) -> Option<Port> {
        Some(self.port.clone())
    }

    fn comes_back(&self) -> bool {
        true
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Ok(node(Watch::new((self.opener)(), Fitter::new(self.size, self.fit), self.port.period)))
    }
}

/// The stage.
pub(super) struct Watch<D> {
    open: Open<D>,
    camera: Option<(D, Format)>,
    fitter: Fitter,
    period: u64,
    bytes: Vec<u8>,
    last: Option<Last>,
    /// A frame that came after a gap, which was reported first.
    waiting: Option<u64>,
    heard: Instant,
}

/// The frame that came last.
#[derive(Clone, Copy)]
struct Last {
    /// As the camera counts; none where it was opened anew since, and counts from elsewhere.
    number: Option<u32>,
    /// The camera's time.
    at: u64,
    /// This computer's.
    came: Instant,
    /// The stream's.
    tick: u64,
}

impl<D: Device> Watch<D> {
    pub(super) fn new(open: Open<D>, fitter: Fitter, period: u64) -> Self {
        let (bytes, heard) = (Vec::new(), Instant::now());
        Watch { open, camera: None, fitter, period, bytes, last: None, waiting: None, heard }
    }

    /// Opens the camera where it is not open.
    fn opened(&mut self) -> Result<&mut D, StageFault> {
        if self.camera.is_none() {
            self.camera = Some((self.open)().map_err(StageFault::because)?);
            self.heard = Instant::now();
        }
        Ok(&mut self.camera.as_mut().expect("it was opened above").0)
    }

    /// The camera is lost: it is closed, so that the driver lets go of it.
    fn lose(&mut self, why: String) -> StageFault {
        (self.camera, self.waiting) = (None, None);
        if let Some(last) = &mut self.last {
            last.number = None;
        }
        StageFault::because(why)
    }

    /// The tick of a frame, which follows the last as the camera's clock says, and how many frames are missing before.
    fn place(&mut self, number: u32, at: u64) -> (u64, u32) {
        let came = Instant::now();
        let (tick, missing) = match self.last {
            None => (self.period, 0),
            Some(last) => {
                let missing = last.number.map_or(0, |last| number.wrapping_sub(last).saturating_sub(1));
                (last.tick + last.since(at, came), missing)
            }
        };
        self.last = Some(Last { number: Some(number), at, came, tick });
        // A camera that began to count anew has lost nothing that it knows of.
        (tick, if missing > u32::from(u16::MAX) { 0 } else { missing })
    }

    fn show(&mut self, tick: u64, output: &mut [u8]) -> Flow {
        let format = self.camera.as_ref().map(|(_, format)| *format);
        let image = format.ok_or_else(String::new).and_then(|format| format.image(&self.bytes));
        match image.and_then(|image| self.fitter.fit(&image, output)) {
            Ok(()) => Flow::EmitAt(tick),
            // Cables and cheap cameras damage a frame now and then.
            Err(_) => Flow::Lost(self.period),
        }
    }
}

impl Last {
    /// Microseconds from the last frame to one of this camera's time: by the camera's clock, or, where that was set anew
    /// since, by this computer's.
    fn since(&self, at: u64, came: Instant) -> u64 {
        let ours = came.duration_since(self.came).as_micros() as u64;
        let theirs = at.saturating_sub(self.at);
        let believed = self.number.is_some() || theirs.abs_diff(ours) < CLOCKS_DIFFER.as_micros() as u64;
        if believed { theirs.max(1) } else { ours.max(1) }
    }
}

impl<D: Device> Stage for Watch<D> {
    type In = ();
    type Out = u8;

    fn start(&mut self) -> Result<(), StageFault> {
        self.opened().map(|_| ())
    }

    fn process(&mut self, (): (), output: &mut [u8]) -> Result<Flow, StageFault> {
        if let Some(tick) = self.waiting.take() {
            return Ok(self.show(tick, output));
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        let taken = self.opened()?.next(&mut bytes);
        self.bytes = bytes;
        match taken.map_err(|why| self.lose(why))? {
            Taken::NotYet if self.heard.elapsed() > SILENCE_TIMEOUT => {
                Err(self.lose(format!("no image from the camera for {} s", SILENCE_TIMEOUT.as_secs())))
            }
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

    /// Opens the camera again. Its frames go on in the time of the stream.
    fn recover(&mut self) -> Result<(), StageFault> {
        self.opened().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: u64 = 100_000;
    const SIZE: Size = Size { height: 1, width: 2, channels: 1 };
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

    fn fitter() -> Fitter {
        Fitter::new(SIZE, Fit::default())
    }

    /// Plays a script each time that the camera is opened.
    fn opening(scripts: Vec<Vec<(Taken, Vec<u8>)>>, format: Format) -> Open<Script> {
        let mut scripts = scripts.into_iter();
        Box::new(move || {
            let script = scripts.next().ok_or("no camera found")?;
            Ok((Script(script.into_iter()), format))
        })
    }

    fn frame(number: u32, at: u64, luma: u8) -> (Taken, Vec<u8>) {
        (Taken::Frame { number, at }, vec![luma, 128, luma, 128])
    }

    /// What each firing does, the first byte of what it wrote, and how the stream ended.
    fn watched(format: Format, script: Vec<(Taken, Vec<u8>)>) -> (Vec<(Flow, u8)>, String) {
        let mut watch = Watch::new(opening(vec![script], format), fitter(), PERIOD);
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
        assert_eq!(flows, expected, "a count that starts over is not a gap of billions");
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
        assert_eq!(format.image(&bytes).unwrap().pixels, [[255; 6], [0; 6]].concat());
        assert!(format.image(&bytes[..11]).is_err());
    }

    #[test]
    fn a_camera_that_is_lost_goes_on_in_the_time_of_the_stream() {
        let lost = vec![frame(7, 5_000_000, 16), frame(8, 5_100_000, 16)];
        let back = vec![frame(0, 5_900_000, 235), frame(1, 6_000_000, 235)];
        let mut watch = Watch::new(opening(vec![lost, back], YUYV), fitter(), PERIOD);
        let mut fire = || watch.process((), &mut [0; 2]).map_err(|fault| fault.to_string());
        assert_eq!([fire(), fire()], [Ok(Flow::EmitAt(100_000)), Ok(Flow::EmitAt(200_000))]);
        assert!(fire().unwrap_err().contains("was it unplugged?"));
        watch.recover().unwrap();
        let mut fire = || watch.process((), &mut [0; 2]).unwrap();
        // Its count starts over, the stream's time does not: by whose clock it goes on depends on how long this took.
        let Flow::EmitAt(back) = fire() else { panic!("no frame") };
        assert!(back > 200_000, "{back}");
        assert_eq!(fire(), Flow::EmitAt(back + 100_000));
        watch.process((), &mut [0; 2]).unwrap_err();
        assert_eq!(watch.recover().unwrap_err().to_string(), "no camera found");
    }

    #[test]
    fn a_clock_that_was_set_anew_is_not_believed() {
        let came = Instant::now();
        let last = |number| Last { number, at: 5_000_000, came, tick: 0 };
        let later = came + Duration::from_secs(3);
        assert_eq!(last(None).since(8_200_000, later), 3_200_000);
        assert_eq!(last(None).since(90_000, later), 3_000_000, "it began anew");
        assert_eq!(last(None).since(99_000_000_000, later), 3_000_000, "it is another's");
        assert_eq!(last(Some(1)).since(5_100_000, later), 100_000, "nobody has opened it anew");
    }

    /// Stands for the kind `camera`, with a device that plays scripts.
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Scripted {}

    impl kws_engine::Kind for Scripted {
        const NAME: &'static str = "scripted";
        const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

        fn design(self, _: &kws_engine::Site<'_>) -> Result<Box<dyn Design>, kws_engine::DesignError> {
            let port = Port::source(
                kws_engine::Element::U8,
                vec![1, 2, 1],
                kws_engine::Role::IMAGE,
                1_000_000,
                PERIOD,
            );
            let opener = || {
                let lost = vec![frame(0, 5_000_000, 16), frame(1, 5_100_000, 16)];
                opening(vec![lost, vec![frame(0, 5_300_000, 235)]], YUYV)
            };
            Ok(Box::new(CameraDesign { port, size: SIZE, fit: Fit::default(), opener }))
        }
    }

    /// The planner and the runner around it: nothing in the file says `on_fault`.
    #[test]
    fn a_pipeline_goes_on_when_its_camera_is_lost_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut registry = crate::registry();
        registry.add::<Scripted>();
        let text = "[[stage]]\nkind = \"scripted\"\n[[stage]]\nkind = \"record\"\npath = \"seen\"";
        let pipeline = kws_engine::Pipeline::parse(text, "p.toml", dir.path()).unwrap();
        let plan = kws_engine::Plan::new(&pipeline, &registry).unwrap();
        let mut running = plan.start(Default::default()).unwrap();
        let mut reports = Vec::new();
        // Lost, back after a gap, and lost for good.
        while reports.iter().filter(|report: &&String| report.contains("disappeared")).count() < 2 {
            let report = running.reports().recv_timeout(Duration::from_secs(60)).unwrap();
            reports.push(format!("{report:?}"));
            running.note(report);
        }
        running.stopper().stop();
        let outcome = running.wait();
        assert!(outcome.fault.is_none(), "{reports:?}");
        let port = crate::wrapper::read_port(&dir.path().join("seen.port.json")).unwrap();
        let files = crate::wrapper::Files::to_read(&dir.path().join("seen"));
        let mut seen = crate::wrapper::Recorded::<u8>::open(&port, &files).unwrap();
        let mut ticks = Vec::new();
        for _ in 0..seen.all() {
            let moment = seen.moment().unwrap();
            ticks.push((moment.tick.min(200_001), moment.lost > 0));
        }
        assert_eq!(ticks, [(100_000, false), (200_000, false), (200_001, true)], "{reports:?}");
    }
}
