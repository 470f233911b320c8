//! The kind `gate`.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Event, HostInput, HostOutput, Item, Kind, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Gate};
use crate::decide::posterior::{Posterior, stored};
use crate::resolved::{Emit, Resolved};

/// Passes the first input on while the second input's posterior of a label is high.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GateParams {
    /// The label of the second input that opens the gate.
    pub label: String,
    /// Score from which on it is open.
    #[serde(default = "half")]
    #[schemars(range(min = 0, max = 1))]
    pub on: f64,
    /// The oldest posterior that counts.
    #[serde(default = "two_seconds")]
    #[schemars(range(min = 0, max = 3_600_000), extend("unit" = "ms"))]
    pub within_ms: f64,
}

fn half() -> f64 {
    0.5
}

fn two_seconds() -> f64 {
    2000.0
}

impl Kind for GateParams {
    const NAME: &'static str = "gate";
    const INPUTS: std::ops::RangeInclusive<usize> = 2..=2;
    const TRACELESS: bool = true;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (blocks, beside) = (&site.inputs[0], &site.inputs[1]);
        if beside.role != Role::POSTERIOR || !matches!(beside.element, Element::F32 | Element::I8) {
            let message =
                format!("`{}` writes {beside}, expected posteriors as the second input", site.from[1]);
            return Err(DesignError::of("inputs", message)
                .help("make the second input a `classifier`, a `smooth` or an `exposure`"));
        }
        let scale = stored(beside, &site.from[1])?;
        let label = beside.labels.iter().position(|label| *label == self.label).ok_or_else(|| {
            let known = beside.labels.join("`, `");
            DesignError::of("label", format!("found `{}`, expected one of `{known}`", self.label))
        })?;
        let condition = Condition {
            label: label as u16,
            on: self.on as f32,
            scale,
            within: blocks.ticks(self.within_ms),
            clocks: [blocks.clock, beside.clock],
        };
        Ok(match blocks.element {
            Element::I8 => gate::<i8>(site, condition),
            Element::U8 => gate::<u8>(site, condition),
            Element::I16 => gate::<i16>(site, condition),
            Element::F32 => gate::<f32>(site, condition),
            Element::Event => gate::<Event>(site, condition),
        })
    }
}

fn gate<T: Item + HostOutput>(site: &Site<'_>, condition: Condition) -> Box<dyn Design> {
    match site.inputs[1].element {
        Element::I8 => design::<T, i8>(site, condition),
        _ => design::<T, f32>(site, condition),
    }
}

fn design<T, I>(site: &Site<'_>, condition: Condition) -> Box<dyn Design>
where
    T: Item + HostOutput,
    I: Posterior,
    (T, I): HostInput,
{
    let output = site.inputs[0].clone();
    Resolved { output, cost: Cost::default(), stage: Gate::<T, I>::new(condition) }.boxed()
}

impl<T: Item, I: Posterior> Emit for Gate<T, I> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        code.uses("kws_stages::decide::Condition");
        code.uses("kws_stages::decide::Gate");
        let Condition { label, on, scale, within, clocks } = self.condition;
        let (scale, on) = (scale.expression(&mut code), firmware::real(on));
        let item = match T::ELEMENT {
            Element::Event => {
                code.uses("kws_engine::Event");
                "Event"
            }
            other => other.name(),
        };
        let value = format!(
            "Gate::new(Condition {{ label: {label}, on: {on}, scale: {scale}, within: {within}, clocks: {clocks:?} }})"
        );
        Ok(code.is(format!("Gate<{item}, {}>", I::ELEMENT.name()), value))
    }
}
