//! The kind `micro_frontend`.

use std::sync::Arc;

use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Quant, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Analyser, CHANNELS, Feature, MACS, MicroFrontend, RATE, Reference, Tables, WINDOW};
use crate::resolved::Resolved;

/// Integer log-mel features with noise reduction and gain control, as TFLite Micro and microWakeWord compute them.
///
/// # Reads
/// `samples` i16 at 16 kHz, in blocks of which a whole number makes a hop.
///
/// # Writes
/// `features` i8 or i16 `[40]`. Frame k covers the samples from k·hop up to k·hop + 480, and is emitted when the
/// stream has come to the next multiple of the hop, whatever the source's block. After a gap, counting starts over
/// with the first sample that follows it, and the noise estimate with silence.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MicroFrontendParams {
    /// Time from the start of one frame of 30 ms to the start of the next: 20 for micro_speech, 10 for microWakeWord.
    #[schemars(range(min = 1, max = 30), extend("unit" = "ms"))]
    pub hop_ms: usize,
    /// Encoding of the features.
    pub encoding: Encoding,
    /// Implementation to reproduce where published front ends differ.
    pub reference: Reference,
}

impl Default for MicroFrontendParams {
    fn default() -> Self {
        Self { hop_ms: 20, encoding: Encoding::Quantised, reference: Reference::CLibrary }
    }
}

/// Encoding of the features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// As i8, the way the models read them.
    Quantised,
    /// As i16, 64 times a natural logarithm.
    Raw,
}

impl MicroFrontendParams {
    fn design_as<F: Feature>(&self, input: &Port) -> Result<Box<dyn Design>, DesignError> {
        let hop = self.hop_ms * RATE as usize / 1000;
        self.check_samples(input, hop as u64)?;
        let reach = WINDOW.div_ceil(hop) * hop;
        let quant = Quant { scale: F::SCALE, zero_point: F::ZERO_POINT };
        let output = Port {
            period: hop as u64,
            delay: input.delay + (reach - WINDOW) as u64,
            quant: Some(quant),
            ..input.then(F::ELEMENT, vec![CHANNELS], Role::FEATURES)
        };
        let cost = Cost {
            macs: MACS,
            state: size_of::<Analyser<()>>() + reach * size_of::<i16>() + 2 * size_of::<usize>(),
            tables: size_of::<Tables>(),
        };
        let tables = Arc::new(Tables::new(self.reference));
        let stage = MicroFrontend::<_, _, F>::new(hop, tables, vec![0; reach]);
        Ok(Resolved { output, cost, stage }.boxed())
    }

    fn check_samples(&self, input: &Port, hop: u64) -> Result<(), DesignError> {
        if input.clock != RATE || input.len() as u64 != input.period {
            let (found, items, period) = (input.clock, input.len(), input.period);
            return Err(DesignError::of(
                "input",
                format!("found {items} items every {period} of {found} ticks/s, expected one sample at each of {RATE}"),
            )
            .help(format!("make the source deliver one channel at {RATE} Hz")));
        }
        if hop.is_multiple_of(input.period) {
            return Ok(());
        }
        Err(DesignError::of(
            "hop_ms",
            format!("found {hop} samples, expected a multiple of the source's block of {}", input.period),
        )
        .help("choose a `block` of the source that divides the hop")
        .fits(hop))
    }
}

impl Kind for MicroFrontendParams {
    const NAME: &'static str = "micro_frontend";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input_as(&[Element::I16], &[Role::SAMPLES])?;
        match self.encoding {
            Encoding::Quantised => self.design_as::<i8>(input),
            Encoding::Raw => self.design_as::<i16>(input),
        }
    }
}
