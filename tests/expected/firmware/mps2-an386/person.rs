// Written by the build from `pipelines/person.toml` for `mps2-an386`.

use kws_engine::{Event, Flow};
use kws_engine::line::Lines;
use kws_engine::tick::{Gap, Latest, News, Slot, TickError};
use kws_stages::{Quantise, Quantiser, Rounding};
use kws_stages::decide::{Condition, Gate, Moment, Run, Scale, Smooth, Trigger, Watch};
use kws_stages::nn::Arena;
use kws_stages::nn::classifier::Classifier;
use kws_stages::nn::kernels::{self, only::*};
use kws_stages::nn::op::Op;
use kws_stages::vision::{Area, Exposure, Limits, Motion, Normalise, Scaling, Size, Watchfulness};

/// What changes while the pipeline runs. All of it is zero at first, so that it takes no flash.
pub struct Memory {
    /// What `camera` writes: image u8[240×320×3] every 500000 of 1000000 ticks/s.
    camera_out: [u8; 230400],
    /// `resize`: a row of sums.
    resize_sums: [u16; 960],
    /// What `resize` writes: image u8[96×96×3] every 500000 of 1000000 ticks/s.
    resize_out: [u8; 27648],
    /// What `exposure` writes: posterior f32[3] every 500000 of 1000000 ticks/s.
    exposure_out: [f32; 3],
    /// `light`: what is under way.
    light_runs: [Run; 2],
    /// What `light` writes: events event[2] every 500000 of 1000000 ticks/s.
    light_out: [Event; 2],
    /// The latest of `exposure` that `lit` reads.
    lit_of_exposure: Latest<f32, 3>,
    /// What `lit` writes: image u8[96×96×3] every 500000 of 1000000 ticks/s.
    lit_out: [u8; 27648],
    /// `motion`: means of the cells.
    motion_before: [u8; 144],
    /// What `motion` writes: image u8[96×96×3] every 500000 of 1000000 ticks/s.
    motion_out: [u8; 27648],
    /// What `normalise` writes: image i8[96×96×3] (scale 0.003921569 zero point -128) every 500000 of 1000000 ticks/s.
    normalise_out: [i8; 27648],
    /// `classifier`: its variables, and space to work in.
    classifier_arena: Arena<37200>,
    /// What `classifier` writes: posterior i8[2] (scale 0.00390625 zero point -128) every 500000 of 1000000 ticks/s.
    classifier_out: [i8; 2],
    /// `smooth`: the newest posteriors.
    smooth_ring: [i8; 4],
    /// What `smooth` writes: posterior f32[2] every 500000 of 1000000 ticks/s.
    smooth_out: [f32; 2],
    /// `person`: what is under way.
    person_runs: [Run; 2],
    /// What `person` writes: events event[2] every 500000 of 1000000 ticks/s.
    person_out: [Event; 2],
}

#[allow(clippy::new_without_default, reason = "memory is a static")]
impl Memory {
    /// Before the first tick.
    pub const fn new() -> Self {
        Memory {
            camera_out: [0; 230400],
            resize_sums: [0; 960],
            resize_out: [0; 27648],
            exposure_out: [0.0; 3],
            light_runs: [Run::IDLE; 2],
            light_out: [Event::ZEROS; 2],
            lit_of_exposure: Latest::new(0.0),
            lit_out: [0; 27648],
            motion_before: [0; 144],
            motion_out: [0; 27648],
            normalise_out: [0; 27648],
            classifier_arena: Arena::new(),
            classifier_out: [0; 2],
            smooth_ring: [0; 4],
            smooth_out: [0.0; 2],
            person_runs: [Run::IDLE; 2],
            person_out: [Event::ZEROS; 2],
        }
    }
}

/// The stages in the order in which they fire, and the blocks between them.
#[allow(clippy::type_complexity, reason = "a stage's type says what it is made of")]
pub struct Pipeline<'m> {
    camera: Slot<crate::Camera<230400>>,
    resize: Slot<Area<u16, &'m mut [u16; 960]>>,
    exposure: Slot<Exposure>,
    light: Slot<Trigger<f32, &'static [Watch; 2], &'m mut [Run; 2]>>,
    lit: Slot<Gate<u8, f32>>,
    motion: Slot<Motion<&'m mut [u8; 144]>>,
    normalise: Slot<Normalise<&'static [i8; 256]>>,
    classifier: Slot<Classifier<
        i8,
        Only<kernels::Dsp, { CONV | DEPTHWISE | FULLY_CONNECTED | POOL | SOFTMAX }>,
        &'static [Op],
        &'static [i8],
        &'static [i32],
        &'m mut Arena<37200>,
    >>,
    smooth: Slot<Smooth<i8, &'m mut [i8; 4]>>,
    person: Slot<Trigger<f32, &'static [Watch; 2], &'m mut [Run; 2]>>,
    print: Slot<Lines<crate::Output, 2>>,
    camera_out: &'m mut [u8; 230400],
    resize_out: &'m mut [u8; 27648],
    exposure_out: &'m mut [f32; 3],
    light_out: &'m mut [Event; 2],
    lit_of_exposure: &'m mut Latest<f32, 3>,
    lit_out: &'m mut [u8; 27648],
    motion_out: &'m mut [u8; 27648],
    normalise_out: &'m mut [i8; 27648],
    classifier_out: &'m mut [i8; 2],
    smooth_out: &'m mut [f32; 2],
    person_out: &'m mut [Event; 2],
}

impl<'m> Pipeline<'m> {
    /// The lane before its first tick, with its memory and the devices that it works with.
    pub const fn new(memory: &'m mut Memory, camera: crate::Camera<230400>, output: crate::Output) -> Self {
        Pipeline {
            camera: Slot::rising("camera", camera),
            resize: Slot::new(
                "resize",
                Area::new(
                    Scaling { from: Size { height: 240, width: 320, channels: 3 }, height: 96, width: 96 },
                    &mut memory.resize_sums,
                ),
            ),
            exposure: Slot::new(
                "exposure",
                Exposure(Limits { dark: 663552, bright: 6386688, clipped: 16588 }),
            ),
            light: Slot::new(
                "light",
                Trigger::new(
                    Moment::Onset,
                    Scale { step: 1.0, zero_point: 0 },
                    &light::WATCHES,
                    &mut memory.light_runs,
                ),
            ),
            lit: Slot::new(
                "lit",
                Gate::new(Condition {
                    label: 2,
                    on: 0.5,
                    scale: Scale { step: 1.0, zero_point: 0 },
                    within: 2000000,
                    clocks: [1000000, 1000000],
                }),
            ),
            motion: Slot::new(
                "motion",
                Motion::new(
                    Size { height: 96, width: 96, channels: 3 },
                    Watchfulness { cell: 8, difference: 12, cells: 2, hold: 1000000, every: 5000000 },
                    &mut memory.motion_before,
                ),
            ),
            normalise: Slot::new("normalise", Normalise(&normalise::INTEGERS)),
            classifier: Slot::new(
                "classifier",
                Classifier::new(
                    classifier::PLAN,
                    Only(kernels::Dsp),
                    &mut memory.classifier_arena,
                    Quantise(Quantiser { scale: 0.003921569, zero_point: -128, rounding: Rounding::Nearest }),
                    0,
                ),
            ),
            smooth: Slot::new(
                "smooth",
                Smooth::new(2, Scale { step: 0.00390625, zero_point: -128 }, &mut memory.smooth_ring),
            ),
            person: Slot::new(
                "person",
                Trigger::new(
                    Moment::Change,
                    Scale { step: 1.0, zero_point: 0 },
                    &person::WATCHES,
                    &mut memory.person_runs,
                ),
            ),
            print: Slot::new("print", Lines::new(&print::NAMES, output)),
            camera_out: &mut memory.camera_out,
            resize_out: &mut memory.resize_out,
            exposure_out: &mut memory.exposure_out,
            light_out: &mut memory.light_out,
            lit_of_exposure: &mut memory.lit_of_exposure,
            lit_out: &mut memory.lit_out,
            motion_out: &mut memory.motion_out,
            normalise_out: &mut memory.normalise_out,
            classifier_out: &mut memory.classifier_out,
            smooth_out: &mut memory.smooth_out,
            person_out: &mut memory.person_out,
        }
    }

    /// Gives what zeros are not its first value: called once, before the first tick.
    pub fn start(&mut self) {
    }

    /// Fires `camera`, and then all that its block makes fire: 500000 ticks of the stream, or, where it says
    /// [`Flow::Skip`], none yet.
    ///
    /// # Errors
    /// The first stage that cannot go on.
    pub fn tick(&mut self) -> Result<Flow, TickError> {
        let camera = self.camera.draw(500000, self.camera_out)?;
        self.pass(camera)
    }

    /// Ends the stream: sinks complete what they have begun.
    ///
    /// # Errors
    /// The first stage that cannot.
    pub fn finish(&mut self) -> Result<(), TickError> {
        let camera = self.camera.end()?;
        self.pass(camera).map(|_| ())
    }

    /// Passes on what `camera` tells.
    fn pass(&mut self, camera: News) -> Result<Flow, TickError> {
        let resize = self.resize.fire(camera, self.camera_out, self.resize_out)?;
        let exposure = self.exposure.fire(resize, self.resize_out, self.exposure_out)?;
        let light = self.light.fire(exposure, self.exposure_out, self.light_out)?;
        let lit = self.lit.join((resize, &self.resize_out[..]), (exposure, &self.exposure_out[..], self.lit_of_exposure), self.lit_out)?;
        let motion = self.motion.fire(lit, self.lit_out, self.motion_out)?;
        let normalise = self.normalise.fire(motion, self.motion_out, self.normalise_out)?;
        let classifier = self.classifier.fire(normalise, self.normalise_out, self.classifier_out)?;
        let smooth = self.smooth.fire(classifier, self.classifier_out, self.smooth_out)?;
        let person = self.person.fire(smooth, self.smooth_out, self.person_out)?;
        let print = self.print.merge([(person, &self.person_out[..]), (light, &self.light_out[..])])?;
        Ok(if print.is_end() { Flow::End } else { camera.flow() })
    }

    /// Tells what was lost since it was last asked.
    pub fn gaps(&mut self, mut tell: impl FnMut(Gap)) {
        self.camera.gap(&mut tell);
        self.resize.gap(&mut tell);
        self.exposure.gap(&mut tell);
        self.light.gap(&mut tell);
        self.lit.gap(&mut tell);
        self.motion.gap(&mut tell);
        self.normalise.gap(&mut tell);
        self.classifier.gap(&mut tell);
        self.smooth.gap(&mut tell);
        self.person.gap(&mut tell);
        self.print.gap(&mut tell);
    }
}

/// Tables of `light`.
#[allow(unused_imports, clippy::legacy_numeric_constants, reason = "names of all that a table may hold")]
pub mod light {
    use kws_stages::decide::Watch;

    /// What each place of the output watches for.
    pub static WATCHES: [Watch; 2] = [
        Watch { label: 0, point: 0, on: 0.5, off: 0.375, min_count: 2, hold: 0, refractory: 0 },
        Watch { label: 1, point: 0, on: 0.5, off: 0.375, min_count: 2, hold: 0, refractory: 0 },
    ];
}

/// Tables of `normalise`.
pub mod normalise {
    /// The integer of each pixel value.
    pub static INTEGERS: [i8; 256] = [
        -128, -127, -126, -125, -124, -123, -122, -121, -120, -119, -118, -117, -116, -115, -114, -113, -112,
        -111, -110, -109, -108, -107, -106, -105, -104, -103, -102, -101, -100, -99, -98, -97, -96, -95, -94,
        -93, -92, -91, -90, -89, -88, -87, -86, -85, -84, -83, -82, -81, -80, -79, -78, -77, -76, -75, -74,
        -73, -72, -71, -70, -69, -68, -67, -66, -65, -64, -63, -62, -61, -60, -59, -58, -57, -56, -55, -54,
        -53, -52, -51, -50, -49, -48, -47, -46, -45, -44, -43, -42, -41, -40, -39, -38, -37, -36, -35, -34,
        -33, -32, -31, -30, -29, -28, -27, -26, -25, -24, -23, -22, -21, -20, -19, -18, -17, -16, -15, -14,
        -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
        14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
        39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
        64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88,
        89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110,
        111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
    ];
}

/// Tables of `classifier`.
#[allow(unused_imports, clippy::legacy_numeric_constants, reason = "names of all that a table may hold")]
pub mod classifier {
    use core::f32::INFINITY as inf;
    use kws_stages::nn::fixed::Factor;
    use kws_stages::nn::op::{Arithmetic::*, Function::*, Layout::*, Pooling::*, Rounding::*, Source::*, *};
    use kws_stages::nn::plan::Plan;

    /// Operations of one run.
    pub static OPS: [Op; 18] = [
        Op::Conv(Conv {
        // and 369 lines more, checksum d1dd69f975cc4266

    /// Operations that give variables their first values.
    pub static START: [Op; 0] = [];

    /// Weights and tables.
    pub static BYTES: [i8; 0] = [];

    /// Biases, factors and packed weights.
    pub static WORDS: [i32; 17584] = [
        61381, 13694, 248365358, 390451399, -1242629176, -2125455148, 2147343925, 567558403, 1105356,
        // and 1860 lines more, checksum f95f17547ddd9f8d

    /// The model's plan.
    pub static PLAN: Plan<&'static [Op], &'static [i8], &'static [i32]> = Plan {
        ops: &OPS,
        start: &START,
        bytes: &BYTES,
        words: &WORDS,
        input: Span { at: 0, len: 27648 },
        output: Span { at: 16, len: 2 },
        variables: 0,
        arena: 37200,
    };
}

/// Tables of `person`.
#[allow(unused_imports, clippy::legacy_numeric_constants, reason = "names of all that a table may hold")]
pub mod person {
    use kws_stages::decide::Watch;

    /// What each place of the output watches for.
    pub static WATCHES: [Watch; 2] = [
        Watch { label: 1, point: 0, on: 0.64, off: 0.48, min_count: 1, hold: 0, refractory: 0 },
        Watch { label: 0, point: 1, on: 0.62, off: 0.465, min_count: 1, hold: 0, refractory: 0 },
    ];
}

/// Tables of `print`.
#[allow(unused_imports, clippy::legacy_numeric_constants, reason = "names of all that a table may hold")]
pub mod print {
    use kws_engine::line::Names;

    /// What the events of each input mean.
    pub static NAMES: [Names<'static>; 2] = [
        Names { stage: "person", labels: &["nobody", "person"], points: &["seen", "gone"], clock: 1000000 },
        Names { stage: "light", labels: &["dark", "bright", "good"], points: &["blind"], clock: 1000000 },
    ];
}
