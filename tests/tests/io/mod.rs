//! Pipelines in a temporary folder, and a sink that collects what comes out of them.
#![allow(dead_code)] // every test binary uses its own part

use std::path::{Path, PathBuf};

use kws_engine::run::{Outcome, RunOptions};
use kws_engine::testing::{self, Capture, Seen, ended};
use kws_engine::{
    Block, Cost, Design, DesignError, Element, Event, Flow, Item, Kind, Pipeline, Plan, PlanError, Registry,
    Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A block as it came: tick, whether the stage was reset just before, items.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Came<T> {
    pub(crate) at: u64,
    pub(crate) reset: bool,
    pub(crate) items: Vec<T>,
}

/// Items of every element that came by the stage `catch`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Collected {
    pub(crate) i16: Vec<Came<i16>>,
    pub(crate) i8: Vec<Came<i8>>,
    pub(crate) u8: Vec<Came<u8>>,
    pub(crate) f32: Vec<Came<f32>>,
    pub(crate) events: Vec<Came<Event>>,
}

impl Collected {
    /// All samples, one after the other.
    pub(crate) fn samples(&self) -> Vec<i16> {
        self.i16.iter().flat_map(|came| came.items.clone()).collect()
    }

    /// All singles, one after the other.
    pub(crate) fn singles(&self) -> Vec<f32> {
        self.f32.iter().flat_map(|came| came.items.clone()).collect()
    }

    pub(crate) fn ticks(&self) -> Vec<u64> {
        self.i16.iter().map(|came| came.at).collect()
    }
}

/// What came to a sink, block by block.
fn came<T: Item>(capture: &Capture<T>) -> Vec<Came<T>> {
    let mut reset = false;
    let mut came = Vec::new();
    for seen in capture.take() {
        match seen {
            Seen::Block(at, items) => came.push(Came { at, reset: std::mem::take(&mut reset), items }),
            Seen::Reset => reset = true,
            Seen::Finish => {}
        }
    }
    came
}

pub(crate) fn registry() -> Registry {
    let mut registry = kws_host::registry();
    testing::register(&mut registry);
    registry.add::<PositiveParams>();
    registry
}

pub(crate) fn plan_with(dir: &Path, toml: &str, registry: &Registry) -> Result<Plan, PlanError> {
    Plan::new(&Pipeline::parse(toml, "test.toml", dir)?, registry)
}

pub(crate) fn plan(dir: &Path, toml: &str) -> Result<Plan, PlanError> {
    plan_with(dir, toml, &registry())
}

/// Whether this computer has a device of a kind.
pub(crate) fn has_device(kind: &str) -> bool {
    let devices = kws_host::registry().kind(kind).and_then(kws_engine::Entry::devices);
    devices.is_some_and(|devices| {
        devices.found.is_ok_and(|found| found.iter().any(|device| !device.contains("not usable now")))
    })
}

/// The message of a pipeline that cannot be planned.
pub(crate) fn refusal(dir: &Path, toml: &str) -> String {
    match plan(dir, toml) {
        Ok(_) => panic!("planned, but should not have been:\n{toml}"),
        Err(error) => error.to_string(),
    }
}

/// Runs a plan to its end, and collects what came by the stage `catch`.
pub(crate) fn run_plan(plan: &Plan) -> (Collected, Outcome) {
    let (i16s, i8s, u8s) = (Capture::<i16>::new(), Capture::<i8>::new(), Capture::<u8>::new());
    let (f32s, events) = (Capture::<f32>::new(), Capture::<Event>::new());
    let running = plan.start_with(RunOptions::default(), |stage, made| {
        if stage.name != "catch" {
            return made;
        }
        match made.signature().reads[0] {
            Element::I16 => i16s.sink(),
            Element::I8 => i8s.sink(),
            Element::U8 => u8s.sink(),
            Element::F32 => f32s.sink(),
            Element::Event => events.sink(),
        }
    });
    let outcome = ended(running.unwrap());
    let collected = Collected {
        i16: came(&i16s),
        i8: came(&i8s),
        u8: came(&u8s),
        f32: came(&f32s),
        events: came(&events),
    };
    (collected, outcome)
}

/// Plans and runs.
pub(crate) fn run(dir: &Path, toml: &str) -> (Collected, Outcome) {
    run_plan(&plan(dir, toml).unwrap_or_else(|error| panic!("{error}")))
}

/// Runs to an end without a fault.
pub(crate) fn run_well(dir: &Path, toml: &str) -> Collected {
    let (collected, outcome) = run(dir, toml);
    assert_eq!(outcome.fault, None);
    collected
}

/// Runs to a fault.
pub(crate) fn run_to_fault(dir: &Path, toml: &str) -> (Collected, String) {
    let (collected, outcome) = run(dir, toml);
    let fault = outcome.fault.unwrap_or_else(|| panic!("no fault in\n{toml}"));
    (collected, fault.to_string())
}

/// A noise that is the same everywhere.
pub(crate) fn noise(count: usize) -> Vec<i16> {
    let mut state = 1u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as i16
        })
        .collect()
}

/// Writes 16-bit samples, interleaved, as a WAV file.
pub(crate) fn write_wav(path: &Path, rate: u32, channels: u16, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
}

/// A recording of `tests/vectors/audio`.
pub(crate) fn vector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/audio").join(name)
}

/// Writes an event for every block whose first sample is positive; two places, the second one taken on even labels.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct PositiveParams {}

struct Positive(u64);

impl Kind for PositiveParams {
    const NAME: &'static str = "positive";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input(&[Element::I16])?;
        let mut port = input.then(Element::Event, vec![2], kws_engine::Role::EVENTS);
        port.labels = vec!["low".to_owned(), "high".to_owned()];
        port.points = vec!["wake".to_owned()];
        let period = port.period;
        Ok(Simple::boxed(Some(port), Cost::default(), move || Ok(node(Positive(period)))))
    }
}

impl Stage for Positive {
    type In = i16;
    type Out = Event;

    fn process(&mut self, block: Block<'_, i16>, events: &mut [Event]) -> Result<Flow, StageFault> {
        events.fill(Event::NONE);
        if block[0] <= 0 {
            return Ok(Flow::Skip);
        }
        let label = u16::from(block[0] > 16_384);
        let score = f32::from(block[0]) / 32_768.0;
        events[usize::from(label)] =
            Event { label, point: 0, score, start: block.at - self.0, end: block.at };
        Ok(Flow::Emit)
    }
}
