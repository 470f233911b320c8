//! The kind `gate`.

use kws_engine::firmware::{self, Code};
use kws_engine::{
    Cost, Density, Design, DesignError, Element, Event, HostInput, HostOutput, Item, Kind, Port, Role, Site,
    Trace,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, EarlyGate, Gate, Opener};
use crate::decide::posterior::{Scale, stored};
use crate::resolved::{Emit, Resolved};

/// Passes the first input while the second input's posterior of a label is high, or for some time after its event.
///
/// # Reads
/// First any blocks, of any element and role; second `posterior` f32 or i8 `[labels]`, or `events`.
///
/// # Writes
/// The blocks of the first input that pass, unchanged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GateParams {
    /// Label of the second input that opens the gate.
    pub label: String,
    /// Posterior that opens the gate.
    #[serde(default = "half")]
    #[schemars(range(min = 0, max = 1))]
    pub on: f64,
    /// Maximum age of a posterior.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 0, max = 3_600_000), extend("unit" = "ms"))]
    pub within_ms: f64,
    /// Time that the gate stays open after an event, if the second input is events; by default 5 s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 3_600_000), extend("unit" = "ms"))]
    pub opens_for_ms: Option<f64>,
    /// Also passes what came this long before the gate opened; delays everything by this time.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0, max = 60_000), extend("unit" = "ms"))]
    pub before_ms: f64,
}

fn half() -> f64 {
    0.5
}

fn two_seconds() -> f64 {
    2000.0
}

fn is_zero(ms: &f64) -> bool {
    *ms == 0.0
}

/// How long an event opens a gate where the file does not say.
const OPENS_FOR_MS: f64 = 5000.0;

impl Kind for GateParams {
    const NAME: &'static str = "gate";
    const INPUTS: std::ops::RangeInclusive<usize> = 2..=2;
    const TRACE: Trace = Trace::Unseen;
    const WHOLE_CLIPS: bool = true;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (blocks, beside) = (&site.inputs[0], &site.inputs[1]);
        let (scale, within_ms) = self.opener(beside, &site.from[1])?;
        let label = beside.labels.iter().position(|label| *label == self.label).ok_or_else(|| {
            let known = beside.labels.join("`, `");
            DesignError::of("label", format!("found `{}`, expected one of `{known}`", self.label))
        })?;
        let condition = Condition {
            label: label as u16,
            on: self.on as f32,
            scale,
            within: blocks.ticks(within_ms),
            clocks: [blocks.clock, beside.clock],
        };
        if self.before_ms > 0.0 && blocks.density == Density::Sparse {
            let message = format!(
                "`{}` writes blocks now and then, which a delay would hold back until others come",
                site.from[0]
            );
            return Err(
                DesignError::of("before_ms", message).help("remove it, or put the gate before that stage")
            );
        }
        let delay = blocks.ticks(self.before_ms).div_ceil(blocks.period);
        site.room("before_ms", delay.saturating_mul(blocks.bytes() as u64))?;
        Ok(match blocks.element {
            Element::I8 => gate::<i8>(site, condition, delay),
            Element::U8 => gate::<u8>(site, condition, delay),
            Element::I16 => gate::<i16>(site, condition, delay),
            Element::F32 => gate::<f32>(site, condition, delay),
            Element::Event => gate::<Event>(site, condition, delay),
        })
    }
}

impl GateParams {
    /// How the second input is stored, and how long it counts.
    fn opener(&self, beside: &Port, from: &str) -> Result<(Scale, f64), DesignError> {
        if beside.element == Element::Event {
            return Ok((Scale::REAL, self.opens_for_ms.unwrap_or(OPENS_FOR_MS)));
        }
        if beside.role != Role::POSTERIOR || !matches!(beside.element, Element::F32 | Element::I8) {
            let message =
                format!("`{from}` writes {beside}, expected posteriors or events as the second input");
            return Err(DesignError::of("inputs", message).help(
                "make the second input a `classifier`, a `smooth`, an `exposure`, a `trigger` or a `wake_word`",
            ));
        }
        if self.opens_for_ms.is_some() {
            let message = format!("`{from}` writes {beside}, expected events as the second input");
            return Err(DesignError::of("opens_for_ms", message)
                .help("make the second input a `trigger` or a `wake_word`, or set `within_ms`, the maximum age of a posterior"));
        }
        Ok((stored(beside, from)?, self.within_ms))
    }
}

fn gate<T: Item + HostInput + HostOutput>(
    site: &Site<'_>,
    condition: Condition,
    delay: u64,
) -> Box<dyn Design> {
    match site.inputs[1].element {
        Element::I8 => design::<T, i8>(site, condition, delay),
        Element::Event => design::<T, Event>(site, condition, delay),
        _ => design::<T, f32>(site, condition, delay),
    }
}

fn design<T, I>(site: &Site<'_>, condition: Condition, delay: u64) -> Box<dyn Design>
where
    T: Item + HostOutput,
    I: Opener,
    (T, I): HostInput,
{
    let (mut output, gate) = (site.inputs[0].gated(), Gate::<T, I>::new(condition));
    if delay == 0 {
        return Resolved { output, cost: Cost::default(), stage: gate }.boxed();
    }
    output.delay += delay * output.period;
    let blocks = delay as usize;
    let ring = vec![T::default(); blocks * output.len()];
    let cost = Cost { state: blocks * output.bytes() + 3 * size_of::<usize>(), ..Cost::default() };
    Resolved { output, cost, stage: EarlyGate::new(gate, blocks, ring) }.boxed()
}

/// The type of an item, which the code then uses.
fn item<T: Item>(code: &mut Code) -> &'static str {
    match T::ELEMENT {
        Element::Event => {
            code.uses("kws_engine::Event");
            "Event"
        }
        other => other.name(),
    }
}

/// A gate's type and an expression of it.
fn code<T: Item, I: Opener>(gate: &Gate<T, I>, code: &mut Code) -> (String, String) {
    code.uses("kws_stages::decide::Condition");
    code.uses("kws_stages::decide::Gate");
    let Condition { label, on, scale, within, clocks } = gate.condition;
    let (scale, on) = (scale.expression(code), firmware::real(on));
    let (blocks, beside) = (item::<T>(code), item::<I>(code));
    let value = format!(
        "Gate::new(Condition {{ label: {label}, on: {on}, scale: {scale}, within: {within}, clocks: {clocks:?} }})"
    );
    (format!("Gate<{blocks}, {beside}>"), value)
}

impl<T: Item, I: Opener> Emit for Gate<T, I> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut all = Code::new(site);
        let (of, value) = code(self, &mut all);
        Ok(all.is(of, value))
    }
}

impl<T: Item, I: Opener> Emit for EarlyGate<T, I, Vec<T>> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut all = Code::new(site);
        all.uses("kws_stages::decide::EarlyGate");
        let (_, gate) = code(&self.gate, &mut all);
        let (blocks, beside) = (item::<T>(&mut all), item::<I>(&mut all));
        let (len, zero) = (self.ring.len(), firmware::zero(T::ELEMENT));
        let of = format!("[{blocks}; {len}]");
        let bytes = len * T::ELEMENT.bytes();
        let ring = all.lend_as("ring", "the newest blocks.", of, format!("[{zero}; {len}]"), bytes);
        let of = format!("EarlyGate<{blocks}, {beside}, {}>", ring.of);
        Ok(all.is(of, format!("EarlyGate::new({gate}, {}, {})", self.blocks, ring.value)))
    }
}
