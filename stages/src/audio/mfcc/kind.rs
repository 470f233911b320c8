//! The kind `mfcc`.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mfcc, MfccLengths};
use crate::audio::dct::{DctParams, HostDct};
use crate::audio::fft::{FftParams, HostFft};
use crate::audio::log::LogParams;
use crate::audio::mel::{HostMel, MelParams};
use crate::audio::sample::Sample;
use crate::audio::window::{HostWindow, WindowParams};
use crate::resolved::{Emit, Resolved};

/// Mel-frequency cepstral coefficients of samples: `window`, `fft`, `mel`, `log` and `dct` in one.
///
/// # Reads
/// `samples` i16 or f32, as `window`.
///
/// # Writes
/// `mfcc` f32 `[coefficients]`, a block each hop, as `dct`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct MfccParams {
    /// Frames.
    #[serde(flatten)]
    pub window: WindowParams,
    /// Spectrum.
    #[serde(flatten)]
    pub fft: FftParams,
    /// Mel bands.
    #[serde(flatten)]
    pub mel: MelParams,
    /// Logarithm.
    #[serde(flatten)]
    pub log: LogParams,
    /// Coefficients.
    #[serde(flatten)]
    pub dct: DctParams,
}

type HostMfcc<I> = Mfcc<HostWindow<I>, HostFft, HostMel, HostDct, Vec<f32>>;

impl<I: Sample> Emit for HostMfcc<I> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        code.uses("kws_stages::audio::Mfcc");
        code.uses("kws_stages::audio::MfccLengths");
        let window = code.absorb(self.window.emit(&site.part("window"))?);
        let fft = code.absorb(self.fft.emit(&site.part("fft"))?);
        let mel = code.absorb(self.mel.emit(&site.part("mel"))?);
        let log = code.absorb(self.log.emit(&site.part("log"))?);
        let dct = code.absorb(self.dct.emit(&site.part("dct"))?);
        let scratch = code.lend("scratch", "blocks between its steps.", "f32", self.scratch.len(), "0.0");
        let of = format!("Mfcc<{}, {}, {}, {}, {}>", window.of, fft.of, mel.of, dct.of, scratch.of);
        let parts = [window, fft, mel, log, dct].map(|part| part.value).join(", ");
        Ok(code.is(of, format!("Mfcc::new({parts}, {:?}, {})", self.lengths, scratch.value)))
    }
}

impl MfccParams {
    fn resolve<I: Sample>(
        &self,
        site: &Site<'_>,
        input: &Port,
    ) -> Result<Resolved<HostMfcc<I>>, DesignError> {
        let window = self.window.resolve::<I>(input)?;
        let fft = self.fft.resolve(&window.output)?;
        let mel = self.mel.resolve(site, &fft.output)?;
        let log = self.log.resolve(&mel.output)?;
        let dct = self.dct.resolve(&log.output)?;
        let lengths =
            MfccLengths { frame: window.output.len(), spectrum: fft.output.len(), bands: mel.output.len() };
        let costs = [window.cost, fft.cost, mel.cost, log.cost, dct.cost];
        let cost = Cost {
            macs: costs.iter().map(|cost| cost.macs).sum(),
            state: costs.iter().map(|cost| cost.state).sum::<usize>() + lengths.scratch() * size_of::<f32>(),
            tables: costs.iter().map(|cost| cost.tables).sum(),
        };
        let scratch = vec![0.0; lengths.scratch()];
        let stage = Mfcc::new(window.stage, fft.stage, mel.stage, log.stage, dct.stage, lengths, scratch);
        Ok(Resolved { output: dct.output, cost, stage })
    }
}

impl Kind for MfccParams {
    const NAME: &'static str = "mfcc";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input_as(&[Element::I16, Element::F32], &[Role::SAMPLES])?;
        Ok(match input.element {
            Element::I16 => self.resolve::<i16>(site, input)?.boxed(),
            _ => self.resolve::<f32>(site, input)?.boxed(),
        })
    }
}
