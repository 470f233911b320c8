//! The kind `mel`.

use std::sync::Arc;

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Band, Mel, Strength};
use crate::resolved::{Emit, Resolved};

/// Energies of a spectrum in mel bands.
///
/// # Reads
/// `spectrum` f32 `[bins, 2]`.
///
/// # Writes
/// `mel` f32 `[bands]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MelParams {
    /// Number of bands.
    #[schemars(range(min = 1, max = 512))]
    pub bands: usize,
    /// Lower edge of the lowest band.
    #[schemars(range(min = 0.0), extend("unit" = "Hz"))]
    pub low_hz: f64,
    /// Upper edge of the highest band.
    #[schemars(range(min = 1.0), extend("unit" = "Hz"))]
    pub high_hz: f64,
    /// Quantity to sum.
    pub of: Strength,
    /// Mel scale and triangle weights.
    pub mel_scale: MelScale,
}

impl Default for MelParams {
    fn default() -> Self {
        MelParams {
            bands: 40,
            low_hz: 20.0,
            high_hz: 4000.0,
            of: Strength::default(),
            mel_scale: MelScale::default(),
        }
    }
}

/// A mel scale and the weights under its triangles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MelScale {
    /// 1127 ln(1 + f/700), triangles straight in mel and of height 1, as TensorFlow has them.
    #[default]
    Htk,
    /// Linear below 1 kHz, triangles straight in Hz and of equal area, as librosa has them.
    Slaney,
}

/// Slaney's scale is linear up to here, at 15 mel, and then has 27 mel to a factor of 6.4.
const SLANEY_KNEE_HZ: f64 = 1000.0;
const SLANEY_KNEE_MEL: f64 = 15.0;
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;

fn slaney_step() -> f64 {
    libm::log(6.4) / 27.0
}

impl MelScale {
    fn mel(self, hz: f64) -> f64 {
        match self {
            MelScale::Htk => 1127.0 * libm::log(1.0 + hz / 700.0),
            MelScale::Slaney if hz < SLANEY_KNEE_HZ => hz / SLANEY_HZ_PER_MEL,
            MelScale::Slaney => SLANEY_KNEE_MEL + libm::log(hz / SLANEY_KNEE_HZ) / slaney_step(),
        }
    }

    fn hz(self, mel: f64) -> f64 {
        match self {
            MelScale::Htk => 700.0 * (libm::exp(mel / 1127.0) - 1.0),
            MelScale::Slaney if mel < SLANEY_KNEE_MEL => mel * SLANEY_HZ_PER_MEL,
            MelScale::Slaney => SLANEY_KNEE_HZ * libm::exp((mel - SLANEY_KNEE_MEL) * slaney_step()),
        }
    }

    /// The axis on which triangles are straight.
    fn axis(self, hz: f64) -> f64 {
        match self {
            MelScale::Htk => self.mel(hz),
            MelScale::Slaney => hz,
        }
    }

    /// The corners of `bands` triangles, each sharing two with the next, on the axis.
    fn corners(self, bands: usize, low_hz: f64, high_hz: f64) -> Vec<f64> {
        let (low, high) = (self.mel(low_hz), self.mel(high_hz));
        let mel = |n: usize| low + (high - low) * n as f64 / (bands + 1) as f64;
        (0..bands + 2)
            .map(|n| match self {
                MelScale::Htk => mel(n),
                MelScale::Slaney => self.hz(mel(n)),
            })
            .collect()
    }

    /// The weight of what lies at `x` on the axis under a triangle.
    fn weight(self, corners: &[f64], x: f64) -> f64 {
        let [low, centre, high] = [corners[0], corners[1], corners[2]];
        let height = match self {
            MelScale::Htk => 1.0,
            MelScale::Slaney => 2.0 / (high - low),
        };
        height * ((x - low) / (centre - low)).min((high - x) / (high - centre)).max(0.0)
    }
}

/// Bands and their weights, empty bins left out.
struct Triangles {
    bands: Vec<Band>,
    weights: Vec<f32>,
}

pub(crate) type HostMel = Mel<Arc<[Band]>, Arc<[f32]>, Vec<f32>>;

impl Emit for HostMel {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        code.uses("kws_stages::audio::Band");
        code.uses("kws_stages::audio::Mel");
        code.uses("kws_stages::audio::Strength");
        code.item_uses.push("kws_stages::audio::Band".to_owned());
        let bands = code.table("bands", "Where in the spectrum each band lies.", "Band", &self.bands);
        let weights = code.table("weights", "Weights of the bins of each band.", "f32", &self.weights);
        let strengths = code.lend("strengths", "what is summed.", "f32", self.strengths.len(), "0.0");
        let of = format!("Mel<{}, {}, {}>", bands.of, weights.of, strengths.of);
        let parts = format!("{}, {}, {}", bands.value, weights.value, strengths.value);
        Ok(code.is(of, format!("Mel::new(Strength::{:?}, {parts})", self.of)))
    }
}

impl MelParams {
    /// The stage behind this port.
    pub(crate) fn resolve(&self, site: &Site<'_>, input: &Port) -> Result<Resolved<HostMel>, DesignError> {
        let bins = input.shape[0];
        self.check_edges(input)?;
        let Triangles { bands, weights } = self.triangles(bins, f64::from(input.clock));
        if let Some(empty) = bands.iter().position(|band| band.bins == 0) {
            let points = 2 * (bins - 1);
            site.notice(format!(
                "`{}`: band {empty} of {} lies between two bins of a {points}-point transform and is always 0; \
                 fewer `bands`, or a larger `size` of the transform, would mend it",
                site.name, self.bands
            ));
        }
        let start = bands.first().map_or(0, |band| band.first);
        let end = bands.iter().map(|band| band.first + band.bins).max().unwrap_or(start);
        let strengths = vec![0.0; usize::from(end - start)];
        let cost = Cost {
            macs: (2 * strengths.len() + weights.len()) as u64,
            state: strengths.len() * size_of::<f32>(),
            tables: weights.len() * size_of::<f32>() + bands.len() * size_of::<Band>(),
        };
        let output = input.then(Element::F32, vec![self.bands], Role::MEL);
        Ok(Resolved { output, cost, stage: Mel::new(self.of, bands.into(), weights.into(), strengths) })
    }

    fn check_edges(&self, input: &Port) -> Result<(), DesignError> {
        let half = f64::from(input.clock) / 2.0;
        if self.high_hz > half {
            return Err(DesignError::of(
                "high_hz",
                format!("found {} Hz, expected at most half of the rate, {half} Hz", self.high_hz),
            ));
        }
        if self.low_hz >= self.high_hz {
            return Err(DesignError::of(
                "low_hz",
                format!("found {} Hz, expected less than `high_hz`, {} Hz", self.low_hz, self.high_hz),
            ));
        }
        Ok(())
    }

    fn triangles(&self, bins: usize, rate: f64) -> Triangles {
        let corners = self.mel_scale.corners(self.bands, self.low_hz, self.high_hz);
        let points = (2 * (bins - 1)) as f64;
        let divisor = if self.of == Strength::Periodogram { points } else { 1.0 };
        // The bin at 0 Hz holds the mean of the frame, which no band is to hear.
        let axis: Vec<f64> = (1..bins).map(|bin| self.mel_scale.axis(rate * bin as f64 / points)).collect();
        let (mut bands, mut weights): (Vec<Band>, Vec<f32>) = (Vec::new(), Vec::new());
        for corners in corners.windows(3) {
            let under: Vec<f64> = axis.iter().map(|&x| self.mel_scale.weight(corners, x) / divisor).collect();
            let skipped = under.iter().take_while(|weight| **weight <= 0.0).count();
            let own = under.iter().skip(skipped).take_while(|weight| **weight > 0.0).map(|w| *w as f32);
            let before = weights.len();
            weights.extend(own);
            let count = weights.len() - before;
            // A band without bins takes the place of the one before it, so that bands stay in order.
            let first =
                if count > 0 { skipped as u16 + 1 } else { bands.last().map_or(1, |b: &Band| b.first) };
            bands.push(Band { first, bins: count as u16 });
        }
        Triangles { bands, weights }
    }
}

impl Kind for MelParams {
    const NAME: &'static str = "mel";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site
            .input_as(&[Element::F32], &[Role::SPECTRUM])
            .map_err(|error| error.help("put an `fft` before it"))?;
        Ok(self.resolve(site, input)?.boxed())
    }
}
