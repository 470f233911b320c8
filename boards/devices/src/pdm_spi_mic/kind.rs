//! The kind `pdm_spi_mic`.

use kws_engine::firmware::Code;
use kws_engine::{Cost, Design, DesignError, Kind, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::on_board::{OnBoard, default_rate, samples};
use crate::pdm::BITS_PER_SAMPLE;

/// Reads a PDM microphone clocked by an SPI bus.
///
/// The firmware hands the bus over as `crate::PdmBus`, at 64 bits to a sample: 1.024 MHz for 16 kHz.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PdmSpiMicParams {
    /// Samples per second: a 64th of the bus's clock.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 8000, max = 64_000), extend("unit" = "Hz"))]
    rate: u32,
    /// Samples per block; by default what the pipeline needs, otherwise 10 ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_048_576), extend("unit" = "samples"))]
    block: Option<u32>,
    /// Order of the CIC stage: a higher one keeps more of the modulator's noise out and takes more time.
    #[serde(default = "default_order")]
    #[schemars(range(min = 3, max = 5))]
    order: u32,
    /// Each step doubles the samples: such microphones are quiet.
    #[serde(default = "default_gain")]
    #[schemars(range(min = 0, max = 8))]
    gain: u32,
}

fn default_order() -> u32 {
    5
}

fn default_gain() -> u32 {
    3
}

impl Kind for PdmSpiMicParams {
    const NAME: &'static str = "pdm_spi_mic";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let Self { order, gain, .. } = self;
        let port = samples(self.rate, self.block, site);
        // The sums of the CIC stage are additions, the combs as well; the filter has 63 taps.
        let additions = order as usize * (BITS_PER_SAMPLE + 2);
        let cost = Cost { macs: (port.len() * (additions + 63)) as u64, state: 320, tables: 126 };
        Ok(OnBoard::boxed(Some(port), cost, move |site| {
            let mut code = Code::given(site, "crate::PdmBus");
            code.uses("kws_devices::PdmSpiMic");
            let (of, value) = (
                format!("PdmSpiMic<{}, {order}>", code.of),
                format!("PdmSpiMic::new({}, {gain})", code.value),
            );
            code.is(of, value)
        }))
    }
}
