//! The kind `log`.

use kws_engine::firmware::{self, Code, real};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Base, Log};
use crate::resolved::{Emit, Resolved};

/// Logarithms of energies: clip(gain · log(max(x, floor) + offset) + shift).
///
/// # Reads
/// `mel` f32, any shape.
///
/// # Writes
/// `log_mel` f32, the same shape.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LogParams {
    /// Base of the logarithm.
    pub base: Base,
    /// Added before the logarithm.
    #[schemars(range(min = 0.0))]
    pub offset: f64,
    /// Minimum value; smaller ones are raised to it.
    #[schemars(range(min = 0.0))]
    pub floor: f64,
    /// Factor of the logarithm.
    pub gain: f64,
    /// Added after `gain`.
    pub shift: f64,
    /// Minimum output; by default none.
    pub clip_low: Option<f64>,
    /// Maximum output; by default none.
    pub clip_high: Option<f64>,
}

impl Default for LogParams {
    fn default() -> Self {
        LogParams {
            base: Base::default(),
            offset: 1e-6,
            floor: 0.0,
            gain: 1.0,
            shift: 0.0,
            clip_low: None,
            clip_high: None,
        }
    }
}

impl Emit for Log {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let Log { base, offset, floor, gain, shift, clip_low, clip_high } = *self;
        let mut code = Code::new(site);
        code.uses("kws_stages::audio::Base");
        code.uses("kws_stages::audio::Log");
        let [offset, floor, gain] = [offset, floor, gain].map(real);
        let [shift, low, high] = [shift, clip_low, clip_high].map(real);
        let value = format!(
            "Log {{ base: Base::{base:?}, offset: {offset}, floor: {floor}, gain: {gain}, shift: {shift}, \
             clip_low: {low}, clip_high: {high} }}"
        );
        Ok(code.is("Log", value))
    }
}

impl LogParams {
    /// The stage behind this port.
    pub(crate) fn resolve(&self, input: &Port) -> Result<Resolved<Log>, DesignError> {
        // As the stage computes it: what is too small for a single is 0.
        if self.floor as f32 + self.offset as f32 <= 0.0 {
            return Err(DesignError::of(
                "offset",
                format!(
                    "found {} with `floor` = {}, expected one of them above 0: silence has no logarithm",
                    self.offset, self.floor
                ),
            )
            .help("remove it to use 1e-6"));
        }
        let low = self.clip_low.map_or(f32::NEG_INFINITY, |low| low as f32);
        let high = self.clip_high.map_or(f32::INFINITY, |high| high as f32);
        if low >= high {
            return Err(DesignError::of(
                "clip_low",
                format!("found {low}, expected less than `clip_high`, {high}"),
            ));
        }
        let stage = Log {
            base: self.base,
            offset: self.offset as f32,
            floor: self.floor as f32,
            gain: self.gain as f32,
            shift: self.shift as f32,
            clip_low: low,
            clip_high: high,
        };
        // A polynomial of about ten terms for each value.
        let cost = Cost { macs: 10 * input.len() as u64, ..Cost::default() };
        Ok(Resolved { output: input.then(Element::F32, input.shape.clone(), Role::LOG_MEL), cost, stage })
    }
}

impl Kind for LogParams {
    const NAME: &'static str = "log";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site
            .input_as(&[Element::F32], &[Role::MEL])
            .map_err(|error| error.help("put a `mel` before it"))?;
        Ok(self.resolve(input)?.boxed())
    }
}
