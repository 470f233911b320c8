//! The emulated camera: the images that the host's had shown, as fast as they are worked off.

use kws_engine::{Flow, Stage, StageFault};

use crate::arguments::Pace;
use crate::array::Array;
use crate::disturbance::Disturbances;
use crate::machine::Clock;
use crate::source::Source;

/// What `camera` is on these machines: a recording of the host, whose images have `N` bytes.
///
/// Images, ticks and gaps are those that were recorded. So files are decoded on the host alone, and what is compared
/// begins with the same pixels.
pub struct Camera<const N: usize> {
    recording: Recording,
    /// Tick of the image after the gap that was reported.
    after_gap: Option<u64>,
}

/// A recorded edge of images.
pub struct Recording {
    images: Array,
    /// Tick of each image, and ticks lost before it.
    ticks: Array,
}

impl<const N: usize> Source for Camera<N> {
    const ARGUMENT: &'static str = "camera";
    const RATE: u32 = 1_000_000;
    type Recording = Recording;

    fn open(path: &str) -> Result<Recording, &'static str> {
        let images = Array::open([path, ".npy"], "'|u1'", N)?;
        let ticks = Array::open([path, ".ticks.npy"], "'<u8'", 2)?;
        if images.left() != ticks.left() {
            return Err("it has as many images as ticks only where the recording came to its end");
        }
        Ok(Recording { images, ticks })
    }

    fn check(pace: Pace, disturbances: &Disturbances) -> Result<(), &'static str> {
        match pace == Pace::Free && disturbances.is_empty() {
            true => Ok(()),
            false => Err("the emulated camera is neither `paced` nor disturbed"),
        }
    }

    fn play(recording: Recording, _: Pace, _: Disturbances) -> (Self, Clock) {
        (Camera { recording, after_gap: None }, Clock::start())
    }
}

impl<const N: usize> Camera<N> {
    fn show(&mut self, tick: u64, image: &mut [u8]) -> Result<Flow, StageFault> {
        let broken = StageFault::new("the recording is truncated");
        self.recording.images.read(image).ok_or(broken)?;
        Ok(Flow::EmitAt(tick))
    }
}

impl<const N: usize> Stage for Camera<N> {
    type In = ();
    type Out = u8;

    fn process(&mut self, (): (), image: &mut [u8]) -> Result<Flow, StageFault> {
        if let Some(tick) = self.after_gap.take() {
            return self.show(tick, image);
        }
        let mut row = [0; 16];
        if self.recording.ticks.read(&mut row).is_none() {
            return Ok(Flow::End);
        }
        let [tick, lost] =
            [0, 8].map(|at| row[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)));
        if lost > 0 {
            self.after_gap = Some(tick);
            return Ok(Flow::Lost(lost));
        }
        self.show(tick, image)
    }
}
