//! The kind `lfbe`.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Lfbe;
use crate::audio::fft::{FftParams, HostFft, TransformChoice};
use crate::audio::log::{Base, LogParams};
use crate::audio::mel::{HostMel, MelParams, MelScale, Strength};
use crate::audio::sample::Sample;
use crate::audio::window::{HostWindow, Taper, TaperForm, WindowParams};
use crate::resolved::{Emit, Resolved};

/// Log filter-bank energies for MLPerf Tiny's streaming wakeword: `window`, `fft`, `mel` and `log` in one.
///
/// # Reads
/// `samples` i16 or f32, as `window`.
///
/// # Writes
/// `log_mel` f32 `[bands]`, a block each hop.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LfbeParams {
    /// Length of a frame.
    #[schemars(range(min = 0.1, max = 10_000.0), extend("unit" = "ms"))]
    pub length_ms: f64,
    /// Time from the start of one frame to the start of the next.
    #[schemars(range(min = 0.1, max = 10_000.0), extend("unit" = "ms"))]
    pub hop_ms: f64,
    /// Fraction of the previous sample to subtract from each sample; 0 for none.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub pre_emphasis: f64,
    /// Number of bands.
    #[schemars(range(min = 1, max = 512))]
    pub bands: usize,
    /// Lower edge of the lowest band.
    #[schemars(range(min = 0.0), extend("unit" = "Hz"))]
    pub low_hz: f64,
    /// Upper edge of the highest band.
    #[schemars(range(min = 1.0), extend("unit" = "Hz"))]
    pub high_hz: f64,
    /// How the Fourier transform is computed.
    pub transform: TransformChoice,
}

impl Default for LfbeParams {
    fn default() -> Self {
        LfbeParams {
            length_ms: 64.0,
            hop_ms: 32.0,
            pre_emphasis: 1.0 - 1.0 / 32.0,
            bands: 40,
            low_hz: 0.0,
            high_hz: 8000.0,
            transform: TransformChoice::default(),
        }
    }
}

/// Decibels that become 0, and those from there on that become 1.
const LEAST: f64 = -52.0;
const RANGE: f64 = 64.0;
/// What less energy counts as.
const FLOOR: f64 = 1e-30;

type HostLfbe<I> = Lfbe<HostWindow<I>, HostFft, HostMel, Vec<f32>>;

impl<I: Sample> Emit for HostLfbe<I> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        code.uses("kws_stages::audio::Lfbe");
        let window = code.absorb(self.window.emit(&site.part("window"))?);
        let fft = code.absorb(self.fft.emit(&site.part("fft"))?);
        let mel = code.absorb(self.mel.emit(&site.part("mel"))?);
        let log = code.absorb(self.log.emit(&site.part("log"))?);
        let scratch = code.lend("scratch", "blocks between its steps.", "f32", self.scratch.len(), "0.0");
        let of = format!("Lfbe<{}, {}, {}, {}>", window.of, fft.of, mel.of, scratch.of);
        let parts = [window, fft, mel, log].map(|part| part.value).join(", ");
        let value = format!("Lfbe::new({parts}, {}, {}, {})", self.frame, self.spectrum, scratch.value);
        Ok(code.is(of, value))
    }
}

impl LfbeParams {
    fn resolve<I: Sample>(
        &self,
        site: &Site<'_>,
        input: &Port,
    ) -> Result<Resolved<HostLfbe<I>>, DesignError> {
        let Self { length_ms, hop_ms, pre_emphasis, bands, low_hz, high_hz, transform } = *self;
        let (taper, form) = (Taper::Hamming, TaperForm::Symmetric);
        let window = WindowParams { length_ms, length: None, hop_ms, hop: None, taper, form, pre_emphasis };
        let window = window.resolve::<I>(input)?;
        let fft = FftParams { size: None, transform }.resolve(&window.output)?;
        let (of, mel_scale) = (Strength::Periodogram, MelScale::Htk);
        let mel = MelParams { bands, low_hz, high_hz, of, mel_scale }.resolve(site, &fft.output)?;
        let log = LogParams {
            base: Base::Decibel,
            offset: 0.0,
            floor: FLOOR,
            gain: 1.0 / RANGE,
            shift: -LEAST / RANGE,
            clip_low: Some(0.0),
            clip_high: Some(1.0),
        };
        let log = log.resolve(&mel.output)?;
        let (frame, spectrum) = (window.output.len().max(bands), fft.output.len());
        let scratch = vec![0.0; frame + spectrum];
        let costs = [window.cost, fft.cost, mel.cost, log.cost];
        let cost = Cost {
            macs: costs.iter().map(|cost| cost.macs).sum(),
            state: costs.iter().map(|cost| cost.state).sum::<usize>() + size_of_val(scratch.as_slice()),
            tables: costs.iter().map(|cost| cost.tables).sum(),
        };
        let length = window.output.len();
        let stage = Lfbe::new(window.stage, fft.stage, mel.stage, log.stage, length, spectrum, scratch);
        Ok(Resolved { output: log.output, cost, stage })
    }
}

impl Kind for LfbeParams {
    const NAME: &'static str = "lfbe";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input_as(&[Element::I16, Element::F32], &[Role::SAMPLES])?;
        Ok(match input.element {
            Element::I16 => self.resolve::<i16>(site, input)?.boxed(),
            _ => self.resolve::<f32>(site, input)?.boxed(),
        })
    }
}
