//! The kind `capture`.

use kws_engine::firmware::{self, Code, Start};
use kws_engine::{
    Cost, Design, DesignError, Element, Event, HostInput, HostOutput, Item, Kind, Port, Role, Site, Trace,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Capture, Watched};
use crate::resolved::{Emit, Resolved};

/// On an event of the second input, writes the last seconds of the first as one block: a clip to judge.
///
/// # Reads
/// First any blocks but events; second `events`.
///
/// # Writes
/// The same element, role and quantisation, shape `[blocks, …]`, oldest first; of one block, its own shape.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CaptureParams {
    /// Length of a clip, rounded up to whole blocks; 0 for the newest block alone.
    #[serde(default = "one_second")]
    #[schemars(range(min = 0, max = 600_000), extend("unit" = "ms"))]
    pub length_ms: f64,
    /// Time from the event to the end of its clip.
    #[serde(default)]
    #[schemars(range(min = 0, max = 600_000), extend("unit" = "ms"))]
    pub after_ms: f64,
    /// Label whose events make clips; by default any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

fn one_second() -> f64 {
    1000.0
}

type HostCapture<T> = Capture<T, Vec<T>, Vec<u8>, Vec<u64>>;

impl Kind for CaptureParams {
    const NAME: &'static str = "capture";
    const INPUTS: std::ops::RangeInclusive<usize> = 2..=2;
    const TRACE: Trace = Trace::Unseen;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input(&[Element::I16, Element::F32, Element::I8, Element::U8])?;
        let zero = input.quant.map_or(0, |quant| quant.zero_point);
        match input.element {
            Element::I16 => self.on(site, 0_i16),
            Element::I8 => self.on(site, zero as i8),
            Element::U8 => self.on(site, zero as u8),
            _ => self.on(site, 0.0_f32),
        }
    }
}

impl CaptureParams {
    fn on<T>(&self, site: &Site<'_>, zero: T) -> Result<Box<dyn Design>, DesignError>
    where
        T: Item + HostOutput + PartialEq,
        (T, Event): HostInput,
        HostCapture<T>: Emit,
    {
        let (input, events) = (&site.inputs[0], &site.inputs[1]);
        let watched = self.watched(events, &site.from[1])?;
        let blocks = |ms: f64| input.ticks(ms).div_ceil(input.period);
        let (blocks, waits) = (blocks(self.length_ms).max(1), blocks(self.after_ms));
        site.room("length_ms", blocks.saturating_mul(2 * input.bytes() as u64))?;
        site.room("after_ms", waits)?;
        let (blocks, waits) = (blocks as usize, waits as usize);
        let output = Port { delay: input.delay, ..input.clips(blocks) };
        let state = output.bytes() + waits + events.len() * size_of::<u64>() + 2 * size_of::<usize>();
        let (ring, fresh) = (vec![zero; output.len()], vec![0; events.len()]);
        let stage = Capture::new(watched, blocks, zero, ring, vec![0; waits], fresh);
        Ok(Resolved { output, cost: Cost { state, ..Cost::default() }, stage }.boxed())
    }

    /// The events that count.
    fn watched(&self, events: &Port, from: &str) -> Result<Watched, DesignError> {
        if events.element != Element::Event || events.role != Role::EVENTS {
            let message = format!("`{from}` writes {events}, expected events as the second input");
            return Err(
                DesignError::of("inputs", message).help("make the second input a `trigger` or a `wake_word`")
            );
        }
        let Some(label) = &self.label else { return Ok(Watched::Any) };
        let index = events.labels.iter().position(|known| known == label).ok_or_else(|| {
            let known = events.labels.join("`, `");
            DesignError::of("label", format!("found `{label}`, expected one of `{known}`"))
        })?;
        Ok(Watched::Label(index as u16))
    }
}

impl<T: Item + PartialEq + std::fmt::Debug> Emit for HostCapture<T> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let (item, zero) = (T::ELEMENT.name(), firmware::zero(T::ELEMENT));
        let mut code = Code::new(site);
        code.uses("kws_stages::Capture");
        code.uses("kws_stages::Watched");
        let ring = code.lend("ring", "the newest blocks.", item, self.ring.len(), zero);
        let waits =
            code.lend("waits", "which of the newest blocks came with an event.", "u8", self.waits.len(), "0");
        let (places, about) = (self.fresh.len(), "when the next event of each place is new.");
        let fresh =
            code.lend_as("fresh", about, format!("[u64; {places}]"), format!("[0; {places}]"), 8 * places);
        if self.zero != T::default() {
            code.start = Start::Reset;
        }
        let value = format!(
            "Capture::new(Watched::{:?}, {}, {:?}, {}, {}, {})",
            self.label, self.blocks, self.zero, ring.value, waits.value, fresh.value
        );
        Ok(code.is(format!("Capture<{item}, {}, {}, {}>", ring.of, waits.of, fresh.of), value))
    }
}
