//! The kind `window`.

use std::f64::consts::TAU;
use std::sync::Arc;

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Role, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Sample, Window};
use crate::resolved::{Emit, Resolved};

/// Overlapping frames of samples, weighted for a Fourier transform.
///
/// # Reads
/// `samples`: i16 (a step is 1/32768) or f32, in blocks of which a whole number makes a hop.
///
/// # Writes
/// `frame` f32 `[length]`. Frame k covers the samples from k·hop up to k·hop + length, and is emitted when the stream
/// has come to the next multiple of the hop, whatever the source's block. After a gap, counting starts over with the
/// first sample that follows it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WindowParams {
    /// Length of a frame.
    #[schemars(range(min = 0.1, max = 10_000.0), extend("unit" = "ms"))]
    pub length_ms: f64,
    /// Length of a frame in samples, instead of `length_ms`.
    #[schemars(range(min = 1, max = 65_536), extend("unit" = "samples"))]
    pub length: Option<usize>,
    /// Time from the start of one frame to the start of the next.
    #[schemars(range(min = 0.1, max = 10_000.0), extend("unit" = "ms"))]
    pub hop_ms: f64,
    /// Samples from the start of one frame to the start of the next, instead of `hop_ms`.
    #[schemars(range(min = 1, max = 65_536), extend("unit" = "samples"))]
    pub hop: Option<usize>,
    /// Window function.
    pub taper: Taper,
    /// Whether the window function is periodic, or symmetric and ends on the frame's last sample.
    pub form: TaperForm,
    /// Fraction of the previous sample to subtract from each sample; 0.97 is common, 0 for none.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub pre_emphasis: f64,
}

const LENGTH_MS: f64 = 30.0;
const HOP_MS: f64 = 20.0;

impl Default for WindowParams {
    fn default() -> Self {
        WindowParams {
            length_ms: LENGTH_MS,
            length: None,
            hop_ms: HOP_MS,
            hop: None,
            taper: Taper::default(),
            form: TaperForm::default(),
            pre_emphasis: 0.0,
        }
    }
}

/// Window function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Taper {
    /// Raised cosine, down to 0.
    #[default]
    Hann,
    /// Raised cosine on a pedestal of 0.08.
    Hamming,
    /// No weighting.
    Rectangle,
}

/// Where a taper ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaperForm {
    /// One sample after the frame, as for a Fourier transform: TensorFlow, torchaudio, librosa.
    #[default]
    Periodic,
    /// On the frame's last sample: NumPy, `tf.signal` with `periodic=False`.
    Symmetric,
}

impl Taper {
    /// The weights of a frame of `length` samples.
    fn weights(self, form: TaperForm, length: usize) -> Vec<f64> {
        let period = match form {
            TaperForm::Periodic => length,
            TaperForm::Symmetric => (length - 1).max(1),
        };
        let cosine = |n: usize| libm::cos(TAU * n as f64 / period as f64);
        let weight = |n| match self {
            Taper::Hann => 0.5 - 0.5 * cosine(n),
            Taper::Hamming => 0.54 - 0.46 * cosine(n),
            Taper::Rectangle => 1.0,
        };
        (0..length).map(weight).collect()
    }
}

pub(crate) type HostWindow<I> = Window<I, Vec<I>, Arc<[f32]>>;

impl<I: Sample> Emit for HostWindow<I> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let (item, hop, part) = (I::ELEMENT.name(), self.hop, self.pre_emphasis);
        let mut code = Code::new(site);
        code.uses("kws_stages::audio::Window");
        let weights =
            code.table("weights", "What each sample of a frame is weighed with.", "f32", &self.weights);
        let zero = format!("{:?}", I::ZERO);
        let history = code.lend("history", "the newest samples.", item, self.history.len(), &zero);
        let value = format!("Window::new({hop}, {part:?}, {}, {})", weights.value, history.value);
        Ok(code.is(format!("Window<{item}, {}, {}>", history.of, weights.of), value))
    }
}

impl WindowParams {
    /// The stage behind this port, for samples of type `I`.
    pub(crate) fn resolve<I: Sample>(&self, input: &Port) -> Result<Resolved<HostWindow<I>>, DesignError> {
        let length = extent(input, ("length_ms", self.length_ms, LENGTH_MS), ("length", self.length))?;
        let hop = extent(input, ("hop_ms", self.hop_ms, HOP_MS), ("hop", self.hop))?;
        self.check_hop(input, hop as u64)?;
        let reach = length.div_ceil(hop) * hop;
        let weights: Arc<[f32]> =
            self.taper.weights(self.form, length).into_iter().map(|weight| weight as f32 * I::STEP).collect();
        let output = Port {
            period: hop as u64,
            delay: input.delay + (reach - length) as u64,
            ..input.then(Element::F32, vec![length], Role::FRAME)
        };
        let per_sample = if self.pre_emphasis == 0.0 { 1 } else { 2 };
        let cost = Cost {
            macs: (length * per_sample) as u64,
            state: reach * I::ELEMENT.bytes() + I::ELEMENT.bytes() + size_of::<usize>(),
            tables: length * size_of::<f32>(),
        };
        let stage = Window::new(hop, self.pre_emphasis as f32, weights, vec![I::ZERO; reach]);
        Ok(Resolved { output, cost, stage })
    }

    fn check_hop(&self, input: &Port, hop: u64) -> Result<(), DesignError> {
        if input.len() as u64 != input.period {
            return Err(DesignError::of(
                "input",
                format!(
                    "found {} items every {} ticks, expected one sample a tick",
                    input.len(),
                    input.period
                ),
            )
            .help("make the source deliver one channel"));
        }
        if hop.is_multiple_of(input.period) {
            return Ok(());
        }
        let key = if self.hop.is_some() { "hop" } else { "hop_ms" };
        Err(DesignError::of(
            key,
            format!("found {hop} samples, expected a multiple of the source's block of {}", input.period),
        )
        .help("choose a `block` of the source that divides the hop")
        .fits(hop))
    }
}

/// A time given in milliseconds or in samples, in samples.
fn extent(
    input: &Port,
    (ms_key, ms, default_ms): (&str, f64, f64),
    (key, samples): (&str, Option<usize>),
) -> Result<usize, DesignError> {
    let from_ms = input.ticks(ms) as usize;
    match samples {
        Some(samples) if ms != default_ms && from_ms != samples => Err(DesignError::of(
            key,
            format!(
                "found {samples} samples and `{ms_key}` = {ms}, which is {from_ms} samples; expected one of them"
            ),
        )
        .help(format!("remove `{key}` or `{ms_key}`"))),
        Some(samples) => Ok(samples),
        None if from_ms == 0 => Err(DesignError::of(
            ms_key,
            format!("found {ms} ms, expected at least one of {} samples a second", input.clock),
        )),
        None => Ok(from_ms),
    }
}

impl Kind for WindowParams {
    const NAME: &'static str = "window";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site.input_as(&[Element::I16, Element::F32], &[Role::SAMPLES])?;
        Ok(match input.element {
            Element::I16 => self.resolve::<i16>(input)?.boxed(),
            _ => self.resolve::<f32>(input)?.boxed(),
        })
    }
}
