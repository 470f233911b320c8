//! The kind `adc_mic`.

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, DesignError, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::on_board::{OnBoard, default_rate, samples};

/// Reads an analogue microphone through the board's analogue-to-digital converter.
///
/// The firmware hands it over as `crate::AdcMic<BLOCK>`: the end of the ring that the converter's interrupt fills.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AdcMicParams {
    /// Samples per second, which the firmware's timer must keep.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1000, max = 768_000), extend("unit" = "Hz"))]
    rate: u32,
    /// Samples per block; by default what the pipeline needs, otherwise 10 ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_048_576), extend("unit" = "samples"))]
    block: Option<u32>,
}

impl Kind for AdcMicParams {
    const NAME: &'static str = "adc_mic";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = samples(self.rate, self.block, site);
        let of = format!("crate::AdcMic<{}>", port.len());
        Ok(OnBoard::boxed(Some(port), Cost::default(), move |site| Code::given(site, &of)))
    }
}
