//! The kind `dct`.

use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::Arc;

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Dct;
use crate::resolved::{Emit, Resolved};

/// Cepstral coefficients of logarithmic mel energies.
///
/// # Reads
/// `log_mel` f32 `[bands]`.
///
/// # Writes
/// `mfcc` f32 `[coefficients]`, the one of the mean first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DctParams {
    /// Number of coefficients, from the first.
    #[schemars(range(min = 1, max = 512))]
    pub coefficients: usize,
    /// Scaling of the coefficients.
    pub scaling: DctScaling,
}

impl Default for DctParams {
    fn default() -> Self {
        DctParams { coefficients: 10, scaling: DctScaling::default() }
    }
}

/// How cepstral coefficients are scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DctScaling {
    /// Each times √(2/bands).
    #[default]
    Tensorflow,
    /// The same, and the first divided by √2: lengths are kept.
    Orthonormal,
}

impl DctScaling {
    fn matrix(self, bands: usize, coefficients: usize) -> Arc<[f32]> {
        let weight = |band: usize, coefficient: usize| {
            let angle = PI * coefficient as f64 * (band as f64 + 0.5) / bands as f64;
            let scale = match (self, coefficient) {
                (DctScaling::Orthonormal, 0) => FRAC_1_SQRT_2,
                _ => 1.0,
            };
            (libm::cos(angle) * libm::sqrt(2.0 / bands as f64) * scale) as f32
        };
        (0..bands).flat_map(|band| (0..coefficients).map(move |c| weight(band, c))).collect()
    }
}

pub(crate) type HostDct = Dct<Arc<[f32]>>;

impl Emit for HostDct {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        code.uses("kws_stages::audio::Dct");
        let matrix = code.table("matrix", "A row of weights for each band.", "f32", &self.matrix);
        Ok(code.is(format!("Dct<{}>", matrix.of), format!("Dct::new({})", matrix.value)))
    }
}

impl DctParams {
    /// The stage behind this port.
    pub(crate) fn resolve(&self, input: &Port) -> Result<Resolved<HostDct>, DesignError> {
        let bands = input.len();
        if self.coefficients > bands {
            return Err(DesignError::of(
                "coefficients",
                format!("found {}, expected at most the number of bands, {bands}", self.coefficients),
            ));
        }
        let matrix = self.scaling.matrix(bands, self.coefficients);
        let cost = Cost { macs: matrix.len() as u64, state: 0, tables: matrix.len() * size_of::<f32>() };
        let output = input.then(Element::F32, vec![self.coefficients], Role::MFCC);
        Ok(Resolved { output, cost, stage: Dct::new(matrix) })
    }
}

impl Kind for DctParams {
    const NAME: &'static str = "dct";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site
            .input_as(&[Element::F32], &[Role::LOG_MEL])
            .map_err(|error| error.help("put a `log` before it"))?;
        Ok(self.resolve(input)?.boxed())
    }
}
