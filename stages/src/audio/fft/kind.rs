//! The kind `fft`.

use std::sync::Arc;

use kws_engine::firmware::{self, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Role, Site};
use realfft::RealToComplex;
use realfft::num_complex::Complex32;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fft, HostPortable, Transform};
use crate::resolved::{Emit, Resolved};

/// Complex spectrum of each frame.
///
/// # Reads
/// `frame` f32 `[length]`.
///
/// # Writes
/// `spectrum` f32 `[size / 2 + 1, 2]`: real and imaginary part of each bin, from 0 Hz to half the rate. The frame is
/// padded with zeros to `size`; the transform is not normalised.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FftParams {
    /// Points of the transform; by default the next power of two that fits a frame.
    #[schemars(range(min = 4, max = 65_536), extend("unit" = "points"))]
    pub size: Option<usize>,
    /// Implementation.
    pub transform: TransformChoice,
}

/// How a Fourier transform is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransformChoice {
    /// The same bits on every machine, boards included; powers of two up to 4096.
    #[default]
    Portable,
    /// With whatever vector instructions the processor has: any even size, not on boards, and the last bits depend on the
    /// processor.
    Fast,
}

/// The transform that uses the processor's vector instructions, `realfft`.
#[derive(Clone)]
pub struct Fast {
    plan: Arc<dyn RealToComplex<f32>>,
    points: Vec<f32>,
    bins: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Fast {
    /// The transform of `size` points; `size` is even.
    pub fn new(size: usize) -> Self {
        let plan = kws_spectral::forward(size);
        let (points, bins) = (plan.make_input_vec(), plan.make_output_vec());
        Fast { scratch: plan.make_scratch_vec(), plan, points, bins }
    }
}

impl Transform for Fast {
    fn size(&self) -> usize {
        self.points.len()
    }

    fn forward(&mut self, frame: &[f32], spectrum: &mut [f32]) {
        let (given, padding) = self.points.split_at_mut(frame.len());
        given.copy_from_slice(frame);
        padding.fill(0.0);
        self.plan
            .process_with_scratch(&mut self.points, &mut self.bins, &mut self.scratch)
            .expect("the planner of the transform made its buffers");
        for (out, bin) in spectrum.chunks_exact_mut(2).zip(&self.bins) {
            out.copy_from_slice(&[bin.re, bin.im]);
        }
    }
}

/// Either transform, as a pipeline file chooses.
#[derive(Clone)]
pub enum HostTransform {
    /// The one of boards.
    Portable(HostPortable),
    /// The host's own.
    Fast(Fast),
}

impl Transform for HostTransform {
    fn size(&self) -> usize {
        match self {
            HostTransform::Portable(transform) => transform.size(),
            HostTransform::Fast(transform) => transform.size(),
        }
    }

    fn forward(&mut self, frame: &[f32], spectrum: &mut [f32]) {
        match self {
            HostTransform::Portable(transform) => transform.forward(frame, spectrum),
            HostTransform::Fast(transform) => transform.forward(frame, spectrum),
        }
    }
}

pub(crate) type HostFft = Fft<HostTransform>;

impl Emit for HostFft {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let HostTransform::Portable(transform) = &self.transform else {
            return Err(DesignError::of("transform", "found `fast`, which firmware does not support")
                .help("set `transform = \"portable\"`, or remove it"));
        };
        let mut code = Code::new(site);
        code.uses("kws_stages::audio::Fft");
        code.uses("kws_stages::audio::Portable");
        let about = "What the steps of the transform turn points by.";
        let twiddles = code.table("twiddles", about, "f32", &transform.of_boards());
        let value = format!("Fft::new(Portable::new({}, {}))", transform.size(), twiddles.value);
        Ok(code.is(format!("Fft<Portable<{}>>", twiddles.of), value))
    }
}

impl FftParams {
    /// The stage behind this port.
    pub(crate) fn resolve(&self, input: &Port) -> Result<Resolved<HostFft>, DesignError> {
        let length = input.len();
        let size = self.size.unwrap_or(length.next_power_of_two().max(4));
        if size < length {
            return Err(DesignError::of(
                "size",
                format!("found {size}, expected at least the frame's length of {length}"),
            ));
        }
        let transform = self.transform(size)?;
        let output = input.then(Element::F32, vec![size / 2 + 1, 2], Role::SPECTRUM);
        let (state, tables) = match &transform {
            HostTransform::Portable(portable) => (0, size_of_val(&*portable.of_boards())),
            HostTransform::Fast(fast) => {
                (4 * size + 8 * (fast.bins.len() + fast.scratch.len()), size * size_of::<f32>())
            }
        };
        // A complex transform of half the size, and as much again to part the two halves.
        let macs = size as u64 * u64::from(size.ilog2());
        let cost = Cost { macs, state, tables };
        Ok(Resolved { output, cost, stage: Fft::new(transform) })
    }

    fn transform(&self, size: usize) -> Result<HostTransform, DesignError> {
        match self.transform {
            TransformChoice::Portable => {
                HostPortable::new(size).map(HostTransform::Portable).ok_or_else(|| {
                    DesignError::of(
                        "size",
                        format!("found {size} points, expected a power of two from 4 to 4096"),
                    )
                    .help("set `transform = \"fast\"` for other sizes")
                })
            }
            TransformChoice::Fast if !size.is_multiple_of(2) => {
                Err(DesignError::of("size", format!("found {size} points, expected an even number")))
            }
            TransformChoice::Fast => Ok(HostTransform::Fast(Fast::new(size))),
        }
    }
}

impl Kind for FftParams {
    const NAME: &'static str = "fft";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let input = site
            .input_as(&[Element::F32], &[Role::FRAME])
            .map_err(|error| error.help("put a `window` before it, which cuts samples into frames"))?;
        Ok(self.resolve(input)?.boxed())
    }
}
