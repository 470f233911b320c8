//! The kind `wake_word`.

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Density, Design, DesignError, Element, Kind, Port, Quant, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sliding, VoicedWakeWord, WARM_UP, WakePace, WakeWord};
use crate::nn::Manifest;
use crate::resolved::{Emit, Resolved};

/// Detects the word of a microWakeWord model, as ESPHome does; a second input is a voice activity model, which must
/// agree.
///
/// # Reads
/// `posterior` i8 `[1]` in 256ths above −128, from a `classifier` whose model is a microWakeWord manifest; and as an
/// optional second input the same from the voice activity model.
///
/// # Writes
/// `events` `[1]`, a block for each detection. Its score is the mean, and it starts with the oldest probability of the
/// window.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WakeWordParams {
    /// Threshold of the mean probability; by default the manifest's.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub cutoff: Option<f64>,
    /// Number of probabilities to average; by default the manifest's.
    #[schemars(range(min = 1, max = 1000), extend("unit" = "inferences"))]
    pub sliding_window: Option<usize>,
    /// Frames of features before the first detection, and between detections.
    #[schemars(range(min = 0, max = 100_000), extend("unit" = "frames"))]
    pub warm_up: u32,
}

impl Default for WakeWordParams {
    fn default() -> Self {
        WakeWordParams { cutoff: None, sliding_window: None, warm_up: WARM_UP }
    }
}

/// How microWakeWord's models store a probability, once it is a signed byte.
const QUANT: Quant = Quant { scale: 1.0 / 256.0, zero_point: -128 };

impl Kind for WakeWordParams {
    const NAME: &'static str = "wake_word";
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=2;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let word = manifest(site, 0)?;
        let port = &site.inputs[0];
        let cutoff = self.cutoff.map_or(word.cutoff(), |cutoff| (cutoff * 255.0) as u8);
        let window = self.sliding_window.unwrap_or(word.sliding_window);
        let voice = match site.inputs.get(1) {
            Some(other) if other.period != port.period => {
                let (from, period) = (&site.from[1], other.period);
                let message = format!(
                    "`{from}` writes every {period} ticks, expected every {}, as `{}`",
                    port.period, site.from[0]
                );
                return Err(DesignError::of("inputs", message));
            }
            Some(_) => Some(manifest(site, 1)?),
            None => None,
        };
        let step = port.ticks(word.step_ms as f64).max(1);
        let pace = WakePace {
            stride: (port.period / step).max(1) as u32,
            period: port.period,
            warm_up: self.warm_up,
        };
        let output = Port {
            labels: vec![word.wake_word],
            points: vec!["default".to_owned()],
            density: Density::Sparse,
            ..port.then(Element::Event, vec![1], Role::EVENTS)
        };
        let others = voice.as_ref().map_or(0, |voice| voice.sliding_window);
        let cost = Cost { macs: (window + others) as u64, state: window + others + 32, tables: 0 };
        let voice = voice.map(|voice| Sliding::new(voice.cutoff(), vec![0u8; voice.sliding_window]));
        let voiced = voice.is_some();
        let stage = WakeWord::new(Sliding::new(cutoff, vec![0u8; window]), voice, pace);
        Ok(if voiced {
            Resolved { output, cost, stage: VoicedWakeWord(stage) }.boxed()
        } else {
            Resolved { output, cost, stage }.boxed()
        })
    }
}

impl Sliding<Vec<u8>> {
    /// The window as an expression, over memory of this name.
    fn expression(&self, code: &mut Code, name: &str) -> String {
        let ring = code.lend(name, "the newest probabilities.", "u8", self.ring.len(), "0");
        format!("Sliding::new({}, {})", self.cutoff, ring.value)
    }
}

impl Emit for WakeWord<Vec<u8>> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site).works(firmware::Work::Integer);
        for name in ["Sliding", "WakePace", "WakeWord"] {
            code.uses(&format!("kws_stages::decide::{name}"));
        }
        let word = self.word.expression(&mut code, "word");
        let voice = match &self.voice {
            Some(voice) => format!("Some({})", voice.expression(&mut code, "voice")),
            None => "None".to_owned(),
        };
        Ok(code.is("WakeWord<&'m mut [u8]>", format!("WakeWord::new({word}, {voice}, {:?})", self.pace)))
    }
}

impl Emit for VoicedWakeWord<Vec<u8>> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let mut code = Code::new(site);
        code.uses("kws_stages::decide::VoicedWakeWord");
        let stage = code.absorb(self.0.emit(site)?);
        Ok(code.is(format!("VoicedWakeWord<{}>", "&'m mut [u8]"), format!("VoicedWakeWord({})", stage.value)))
    }
}

/// The manifest of the classifier that an input comes from.
fn manifest(site: &Site<'_>, input: usize) -> Result<Manifest, DesignError> {
    let (port, from) = (&site.inputs[input], &site.from[input]);
    let model = port.made_by.last().and_then(|step| step.params.get("model")?.as_str());
    let path = model.map(|model| site.path(model)).filter(|path| Manifest::is_named(path));
    let bytes = port.element == Element::I8 && port.len() == 1 && port.quant == Some(QUANT);
    let Some(path) = path.filter(|_| bytes) else {
        let message = format!("`{from}` writes {port}, expected one probability in 256ths");
        return Err(DesignError::of("input", message)
            .help("read a `classifier` whose `model` is the `.json` manifest of a microWakeWord model"));
    };
    Manifest::of(&path, site.assets()).map_err(|error| DesignError::of("input", error))
}
