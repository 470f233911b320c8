//! The kind `smooth`.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, HostInput, Kind, Port, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Posterior, Scale, Smooth};
use crate::decide::posterior::posteriors;
use crate::resolved::{Emit, Resolved};

/// Averages each label's posterior over a time window.
///
/// # Reads
/// `posterior` f32 or i8 `[labels]`.
///
/// # Writes
/// `posterior` f32 `[labels]`, real values, a block for each that came.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SmoothParams {
    /// Length of the window, rounded to whole inferences, at least one.
    #[schemars(range(min = 0.0, max = 60_000.0), extend("unit" = "ms"))]
    pub window_ms: f64,
}

impl Default for SmoothParams {
    fn default() -> Self {
        SmoothParams { window_ms: 300.0 }
    }
}

impl<I: Posterior> Emit for Smooth<I, Vec<I>> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let (item, zero) = (I::ELEMENT.name(), firmware::zero(I::ELEMENT));
        let mut code = Code::new(site);
        code.uses("kws_stages::decide::Smooth");
        let scale = self.scale.expression(&mut code);
        let ring = code.lend("ring", "the newest posteriors.", item, self.ring.len(), zero);
        let value = format!("Smooth::new({}, {scale}, {})", self.blocks, ring.value);
        Ok(code.is(format!("Smooth<{item}, {}>", ring.of), value))
    }
}

impl SmoothParams {
    fn design_of<I>(&self, input: &Port, scale: Scale) -> Result<Box<dyn Design>, DesignError>
    where
        I: Posterior + HostInput,
    {
        let ticks = input.ticks(self.window_ms);
        let blocks = ((ticks + input.period / 2) / input.period).max(1);
        let blocks = u16::try_from(blocks).map_err(|_| {
            DesignError::of("window_ms", format!("found {blocks} inferences, expected at most {}", u16::MAX))
        })?;
        let ring = vec![I::default(); usize::from(blocks) * input.len()];
        let cost = Cost {
            macs: ring.len() as u64,
            state: ring.len() * I::ELEMENT.bytes() + 2 * size_of::<u16>(),
            tables: 0,
        };
        let output = input.then(Element::F32, input.shape.clone(), Role::POSTERIOR);
        Ok(Resolved { output, cost, stage: Smooth::<I, _>::new(blocks, scale, ring) }.boxed())
    }
}

impl Kind for SmoothParams {
    const NAME: &'static str = "smooth";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (input, scale) = posteriors(site)?;
        match input.element {
            Element::I8 => self.design_of::<i8>(input, scale),
            _ => self.design_of::<f32>(input, scale),
        }
    }
}
