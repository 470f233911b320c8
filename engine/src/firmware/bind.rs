//! The names that mean hardware, as every board has them.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Code, EmitSite, Item};
use crate::design::{Design, DesignError, Kind};
use crate::item::Element;
use crate::node::{Firing, Node};
use crate::port::{Port, Role};
use crate::registry::Registry;
use crate::stage::StageFault;

/// Adds the kinds that every board binds: `mic`, given as `crate::Mic<BLOCK>`, `camera`, given as `crate::Camera<ITEMS>`
/// of the bytes of a picture, and `print` and `jsonl`, which write the host's JSON lines to `crate::Output`.
pub fn bind(registry: &mut Registry) {
    registry.add::<Mic>();
    registry.add::<Camera>();
    registry.add::<Print>();
    registry.add::<Jsonl>();
}

/// The board's microphone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Mic {
    /// Which microphone, on a computer; a board has one.
    #[serde(default)]
    device: Option<String>,
    /// Samples per second.
    #[serde(default = "rate")]
    #[schemars(range(min = 1000, max = 768_000), extend("unit" = "Hz"))]
    rate: u32,
    /// Samples in a block; by default what the pipeline needs, else 10 ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_048_576), extend("unit" = "samples"))]
    block: Option<u32>,
    /// A recording in its place, on a computer.
    #[serde(default)]
    fallback: Option<Fallback>,
}

/// A path, or `false`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Fallback {
    /// `false`: nothing.
    Switch(bool),
    /// A file or a folder.
    File(PathBuf),
}

fn rate() -> u32 {
    16_000
}

impl Kind for Mic {
    const NAME: &'static str = "mic";
    const INPUTS: RangeInclusive<usize> = 0..=0;

    fn design(self, site: &crate::Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let block = self.block.map(u64::from).or(site.block).unwrap_or(u64::from(self.rate) / 100);
        let port = Port::source(Element::I16, vec![block as usize], Role::SAMPLES, self.rate, block);
        let of = format!("crate::Mic<{block}>");
        Ok(Bound::boxed(Some(port), move |site| Code::given(site, &of)))
    }
}

/// The board's camera, which delivers pictures of the size and the colours that are wanted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Camera {
    /// Which camera, on a computer; a board has one.
    #[serde(default)]
    device: Option<String>,
    /// Pictures in a second.
    #[serde(default = "ten")]
    #[schemars(range(min = 0.1, max = 240), extend("unit" = "1/s"))]
    fps: f64,
    /// Width of the pictures.
    #[schemars(range(min = 1, max = 4096), extend("unit" = "pixels"))]
    width: usize,
    /// Height of the pictures.
    #[schemars(range(min = 1, max = 4096), extend("unit" = "pixels"))]
    height: usize,
    /// Colours of the pictures.
    #[serde(default)]
    colour: Palette,
    /// How a picture of another shape is made to fit, on a computer.
    #[serde(default)]
    fit: Option<String>,
    /// Pictures in its place, on a computer.
    #[serde(default)]
    fallback: Option<Fallback>,
}

/// The channels of a picture.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Palette {
    /// One channel.
    Grey,
    /// Red, green and blue.
    #[default]
    Rgb,
}

fn ten() -> f64 {
    10.0
}

/// Ticks in a second of pictures: microseconds.
const PICTURE_CLOCK: u32 = 1_000_000;

impl Kind for Camera {
    const NAME: &'static str = "camera";
    const INPUTS: RangeInclusive<usize> = 0..=0;

    fn design(self, _: &crate::Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let channels = match self.colour {
            Palette::Grey => 1,
            Palette::Rgb => 3,
        };
        let shape = vec![self.height, self.width, channels];
        let period = (f64::from(PICTURE_CLOCK) / self.fps).round() as u64;
        let port = Port::source(Element::U8, shape, Role::IMAGE, PICTURE_CLOCK, period.max(1));
        let of = format!("crate::Camera<{}>", port.len());
        Ok(Bound::boxed(Some(port), move |site| Code::given(site, &of)))
    }
}

/// Writes every event as a line of JSON, as `jsonl` does: a board has no columns and colours.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Print {}

/// Writes every event as a line of JSON.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Jsonl {
    /// The file, on a computer; a board has one output.
    #[serde(default)]
    path: Option<PathBuf>,
}

impl Kind for Print {
    const NAME: &'static str = "print";
    const INPUTS: RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &crate::Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        events(site)
    }
}

impl Kind for Jsonl {
    const NAME: &'static str = "jsonl";
    const INPUTS: RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &crate::Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        events(site)
    }
}

fn events(site: &crate::Site<'_>) -> Result<Box<dyn Design>, DesignError> {
    for (port, from) in site.inputs.iter().zip(site.from) {
        if port.element != Element::Event {
            let found = format!("`{from}` writes {port}, expected events");
            return Err(
                DesignError::of("input", found).help("put a `trigger` before it, or name one with `input`")
            );
        }
    }
    Ok(Bound::boxed(None, lines))
}

/// A device: it can be written for boards, but does not run here.
struct Bound<E> {
    output: Option<Port>,
    emit: E,
}

impl<E: Fn(&EmitSite<'_>) -> Code + 'static> Bound<E> {
    fn boxed(output: Option<Port>, emit: E) -> Box<dyn Design> {
        Box::new(Bound { output, emit })
    }
}

impl<E: Fn(&EmitSite<'_>) -> Code> Design for Bound<E> {
    fn output(&self) -> Option<Port> {
        self.output.clone()
    }

    fn is_device(&self) -> bool {
        true
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Err(StageFault::new("this is a device of a board; a computer has none"))
    }

    fn emit(&self, site: &EmitSite<'_>) -> Result<Code, DesignError> {
        Ok((self.emit)(site))
    }
}

/// The engine's own sink of lines, over the board's output.
fn lines(site: &EmitSite<'_>) -> Code {
    let mut code = Code::new(site);
    let output = code.give("output", "crate::Output");
    let inputs = site.inputs.len();
    let names: String = (site.inputs.iter().zip(site.from))
        .map(|(port, from)| {
            let (labels, points, clock) = (&port.labels, &port.points, port.clock);
            format!(
                "Names {{ stage: {from:?}, labels: &{labels:?}, points: &{points:?}, clock: {clock} }},\n"
            )
        })
        .collect();
    let text = |texts: &[String]| texts.iter().map(|text| text.len() + 8).sum::<usize>();
    let bytes = site.inputs.iter().map(|port| 28 + text(&port.labels) + text(&port.points)).sum();
    let names = code.item(Item {
        about: "What the events of each input mean.".to_owned(),
        name: "NAMES".to_owned(),
        of: format!("[Names<'static>; {inputs}]"),
        value: format!("[\n{names}]"),
        bytes,
    });
    code.item_uses.push("kws_engine::line::Names".to_owned());
    code.uses("kws_engine::line::Lines");
    code.fires(Firing::Each).is(
        format!("Lines<{}, {inputs}>", output.of),
        format!("Lines::new({}, {})", names.value, output.value),
    )
}
