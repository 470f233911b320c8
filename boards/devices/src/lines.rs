//! The kinds `print` and `jsonl`: where every place to run writes events.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use kws_engine::firmware::{Code, EmitSite, Item};
use kws_engine::{Cost, Design, DesignError, Element, Firing, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::on_board::OnBoard;

/// Prints each event as a readable line: time, label, operating point, score.
///
/// # Reads
/// Events, by one input or several; those of several are merged in the order of their ticks, and each line then
/// names the stage that wrote it. On standard output, in colour only where that is a terminal and `NO_COLOR` is not
/// set. Firmware writes the lines of `jsonl`: a board has no columns and colours.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "print"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PrintParams {}

/// Writes each event as one line of JSON.
///
/// # Reads
/// Events, by one input or several; those of several are merged in the order of their ticks.
///
/// # Lines
/// `{"time":1.240,"tick":19840,"stage":"trigger","label":"yes","point":"wake","score":0.9700,"start":0.800,"end":1.240}`,
/// the text of [`kws_engine::line`], where `time`, `start` and `end` are seconds of the stream with three digits, `tick` is exact, and `stage` is the
/// stage that wrote the event. The same recording gives the same bytes; an event of a live source, such as
/// `mic`, ends with its time of day in UTC, `"wall_time":"2026-11-28T12:50:47.123Z"`, and one of a recording that stands in for a missing
/// microphone or camera with its name, `"source":"recordings/yes_no.flac"`. Each line is written at once, so that a run that is
/// killed leaves whole lines; a line that a power cut left unfinished is removed when the file is continued. When its reader
/// goes away, the sink ends quietly. Firmware writes to `crate::Output`, a `core::fmt::Write` that is `Copy`; the parameters
/// are for files and mean nothing there.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "jsonl"
/// path = "events.jsonl"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct JsonlParams {
    /// Output file, relative to the pipeline's folder; "-" for standard output.
    #[serde(default = "standard_output")]
    #[schemars(extend("format" = "path"))]
    pub path: PathBuf,
    /// Continues a file that exists; otherwise it is overwritten.
    #[serde(default)]
    pub append: bool,
    /// With `append`: writes no line that is among the last 64 KiB of the file, which a place that starts again may come to once
    /// more.
    #[serde(default)]
    pub once: bool,
    /// Size from which on a new file is begun; the old one becomes `PATH.1`, that one `PATH.2`, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1024), extend("unit" = "bytes"))]
    pub max_bytes: Option<u64>,
    /// Old files to keep.
    #[serde(default = "default_keep")]
    #[schemars(range(min = 0, max = 1000), extend("unit" = "files"))]
    pub keep: u32,
}

fn default_keep() -> u32 {
    3
}

fn standard_output() -> PathBuf {
    PathBuf::from("-")
}

impl Kind for PrintParams {
    const NAME: &'static str = "print";
    const INPUTS: RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        events(site)
    }
}

impl Kind for JsonlParams {
    const NAME: &'static str = "jsonl";
    const INPUTS: RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        events(site)
    }
}

fn events(site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
    for (port, from) in site.inputs.iter().zip(site.from) {
        if port.element != Element::Event {
            let found = format!("`{from}` writes {port}, expected events");
            return Err(
                DesignError::of("input", found).help("put a `trigger` before it, or name one with `input`")
            );
        }
    }
    Ok(OnBoard::boxed(None, Cost::default(), lines))
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
