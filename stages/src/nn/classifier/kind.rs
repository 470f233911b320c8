//! The kind `classifier`: parameters, checks and ports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kws_engine::firmware::{self, Code};
use kws_engine::{
    Cost, Design, DesignError, Element, Kind, Node, OperatingPoint, Port, Quant, Role, Site, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Classifier, Feature, FrameClassifier, Pace};
use crate::nn::kernels::{KernelSet, Kernels};
use crate::nn::op::Op;
use crate::nn::plan::Plan;
use crate::nn::{
    AlignedBytes, Element as ModelElement, Manifest, Model, ModelError, ModelInfo, Streaming, Tensor, tapped,
};
use crate::{Quantise, Quantiser, Rounding};

/// How far, relatively, the scale of quantised features may be from the model's: TensorFlow's own micro_speech was
/// calibrated to 0.1017 and is fed with steps of 26/255.
const SCALE_TOLERANCE: f32 = 0.005;

/// Runs an int8 `.tflite` model on each block of features and writes one posterior for each label.
///
/// # Reads
/// f32, quantised here as the model wants it; or i8 in the model's own quantisation. As many items as the model's
/// input, of any role.
///
/// # Writes
/// `posterior` i8 `[labels]`, in the quantisation of the model's output, for each block. A model with u8 outputs is
/// written as i8, by `offset`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The model: a `.tflite` file, or the `.json` manifest of a microWakeWord model, relative to the folder of the
    /// pipeline file.
    #[schemars(extend("format" = "path"))]
    pub model: PathBuf,
    /// Labels of the model's outputs, in order; by default those in the `model.toml` next to the model.
    #[serde(default)]
    pub labels: Option<Vec<String>>,
    /// Writes an inner tensor of the model instead of its output: its name in the file, or its number. What comes behind it
    /// in the model is not computed. Without `labels`, what is written is an `embedding`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// How to round `f32` features to the model's integers.
    #[serde(default)]
    pub rounding: Rounding,
    /// Streaming inference: reads single frames, without a `stack` before it, and computes only the new ones; the
    /// results are the same as from whole windows. Needs a model whose layers are `VALID` along time.
    #[serde(default)]
    pub streaming: bool,
    /// Frames between inferences, with `streaming`; by default the fewest that the model's strides allow.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65_536), extend("unit" = "frames"))]
    pub hop: Option<usize>,
}

impl Kind for Params {
    const NAME: &'static str = "classifier";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.input(&[Element::F32, Element::I8])?;
        let named = site.path(&self.model);
        let manifest = Manifest::is_named(&named).then(|| manifest(&named, port, site)).transpose()?;
        let path = manifest.as_ref().map_or_else(|| named.clone(), |of| named.with_file_name(&of.model));
        let file: Arc<[u8]> = site.assets().read(&path).map_err(|error| unread(&path, &error))?.into();
        let file = self.tap(&path, file)?;
        let model = self.open(&path, &file, site)?;
        let card =
            ModelInfo::beside(&path, site.assets()).map_err(|error| DesignError::of("model", error))?;
        let accepted = match model.streaming() {
            Some(streaming) => card.accepts_frames(port, streaming.window),
            None => card.accepts(port),
        };
        accepted.map_err(|difference| {
            DesignError::of(
                "input",
                format!("the pipeline's front end differs from the model's: {difference}"),
            )
            .help("use the front end that `model.toml` states, or another model")
        })?;
        let (input, output) = ends(&model)?;
        let pace = match (model.streaming(), &manifest) {
            (Some(streaming), _) => Some(Pace {
                frame: streaming.frame as u32,
                missing: streaming.missing() as u32,
                silent: streaming.silent() as u32,
            }),
            (None, Some(_)) => Some(Pace { frame: port.len() as u32, missing: 0, silent: 0 }),
            (None, None) => None,
        };
        fits(input, port, &site.from[0], pace)?;
        let stated = manifest.map_or(card.labels, |manifest| vec![manifest.wake_word]);
        let (labels, points, role) = match (&self.output, &self.labels) {
            (Some(_), None) => (Vec::new(), Vec::new(), Role::EMBEDDING),
            (Some(_), Some(_)) => (labels(self.labels, stated, output.count())?, Vec::new(), Role::POSTERIOR),
            (None, _) => (labels(self.labels, stated, output.count())?, card.points, Role::POSTERIOR),
        };
        let quantise =
            Quantise(Quantiser { scale: input.scale, zero_point: input.zero_point, rounding: self.rounding });
        let offset = if output.element == ModelElement::U8 { i8::MIN } else { 0 };
        let quant = Quant { scale: output.scale, zero_point: output.zero_point + i32::from(offset) };
        let frames = pace.map_or(1, |_| input.count() / port.len());
        let output = Port {
            period: port.period * frames as u64,
            quant: Some(quant),
            calibrated: known(points, &labels)?,
            labels,
            ..port.then(Element::I8, vec![output.count()], role)
        };
        let frames = self.streaming.then_some((port.len(), self.hop));
        let features = port.element;
        let plan = shared(&model);
        Ok(Box::new(Resolved { output, features, quantise, offset, pace, model, plan, path, file, frames }))
    }
}

impl Params {
    /// The file as it is run.
    fn tap(&self, path: &Path, file: Arc<[u8]>) -> Result<Arc<[u8]>, DesignError> {
        let Some(output) = &self.output else { return Ok(file) };
        let tapped = tapped(&file, output).map_err(|error| {
            DesignError::of("output", format!("cannot take `{output}` from `{}`: {error}", path.display()))
        })?;
        Ok(tapped.into())
    }

    fn open(&self, path: &Path, bytes: &[u8], site: &Site<'_>) -> Result<Model, DesignError> {
        if !self.streaming {
            if self.hop.is_some() {
                return Err(DesignError::of("hop", "found `hop` without `streaming = true`")
                    .help("without streaming, the `hop` of the `stack` sets the pace"));
            }
            return Model::open(bytes).map_err(|error| damaged(path, &error));
        }
        let frame = &site.inputs[0];
        Model::open_streaming(bytes, frame.len(), self.hop).map_err(|error| {
            // What cannot run on whole windows either is the file's fault.
            if let Err(error) = Model::open(bytes) {
                return damaged(path, &error);
            }
            let message = format!("cannot stream `{}`: {error}", path.display());
            let help = match frame.made_by.last() {
                Some(step) if step.kind == "stack" => {
                    "remove the `stack`: with `streaming = true` the classifier \
                    reads single frames and keeps what it needs of those before"
                }
                _ => "remove `streaming` and collect the window with a `stack`",
            };
            // What streams with its own hop is a matter of the given one.
            let hop = self.hop.is_some() && Model::open_streaming(bytes, frame.len(), None).is_ok();
            let help = if hop { "remove `hop`, or choose another" } else { help };
            DesignError::of(if hop { "hop" } else { "streaming" }, message).help(help)
        })
    }
}

fn unread(path: &Path, error: &std::io::Error) -> DesignError {
    let name = path.display();
    match error.kind() {
        std::io::ErrorKind::IsADirectory => {
            DesignError::of("model", format!("`{name}` is a folder, expected a `.tflite` file"))
        }
        std::io::ErrorKind::NotFound => DesignError::of("model", format!("cannot read `{name}`: {error}")).help(
            "a path in a pipeline file is relative to that file; `kws-lab model list` shows published models that \
             `kws-lab model fetch NAME --output FOLDER` brings",
        ),
        _ => DesignError::of("model", format!("cannot read `{name}`: {error}")),
    }
}

fn damaged(path: &Path, error: &ModelError) -> DesignError {
    DesignError::of("model", format!("cannot run `{}`: {error}", path.display()))
}

/// A classifier's model and what it writes.
pub(super) struct Resolved {
    output: Port,
    pub(super) features: Element,
    pub(super) quantise: Quantise,
    pub(super) offset: i8,
    /// When it runs, where it reads single frames.
    pub(super) pace: Option<Pace>,
    model: Model,
    /// The model's plan, whose constants all classifiers of this design share.
    plan: Shared,
    /// The model's file, and what it holds.
    pub(super) path: PathBuf,
    pub(super) file: Arc<[u8]>,
    /// Features of a frame and frames of a hop, where it computes only the new frames.
    pub(super) frames: Option<(usize, Option<usize>)>,
}

impl Design for Resolved {
    fn output(&self) -> Option<Port> {
        Some(self.output.clone())
    }

    fn cost(&self) -> Cost {
        Cost {
            macs: self.model.macs(),
            state: self.model.arena_bytes(),
            tables: self.model.plan().bytes.len() + 4 * self.model.plan().words.len(),
        }
    }

    fn remark(&self) -> Option<String> {
        let macs = self.model.macs();
        let (bytes, kernels) = (self.model.arena_bytes(), self.model.kernels().name());
        let arena = format!("an arena of {bytes} bytes with the {kernels} kernels");
        let Some(&Streaming { window, hop, whole_macs, .. }) = self.model.streaming() else {
            return Some(arena);
        };
        let times = whole_macs as f64 / macs.max(1) as f64;
        Some(format!(
            "{arena}; {macs} MACs for {hop} new of {window} frames; recomputing the window would take {whole_macs}, \
             {times:.1} times as many"
        ))
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        Ok(match self.features {
            Element::I8 => self.on::<i8>(),
            _ => self.on::<f32>(),
        })
    }

    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        self.code(site)
    }
}

impl Resolved {
    fn on<F: Feature>(&self) -> Box<dyn Node> {
        match self.model.kernels() {
            KernelSet::Plain(plain) => self.with::<F, _>(plain),
            KernelSet::Dsp(dsp) => self.with::<F, _>(dsp),
            KernelSet::Helium(helium) => self.with::<F, _>(helium),
            #[cfg(target_arch = "x86_64")]
            KernelSet::Avx2(avx2) => self.with::<F, _>(avx2),
            #[cfg(target_arch = "x86_64")]
            KernelSet::AvxVnni(vnni) => self.with::<F, _>(vnni),
            #[cfg(target_arch = "x86_64")]
            KernelSet::Vnni(vnni) => self.with::<F, _>(vnni),
            #[cfg(target_arch = "aarch64")]
            KernelSet::Neon(neon) => self.with::<F, _>(neon),
            #[cfg(target_arch = "aarch64")]
            KernelSet::NeonDot(neon) => self.with::<F, _>(neon),
            #[cfg(target_arch = "wasm32")]
            KernelSet::Simd128(simd) => self.with::<F, _>(simd),
        }
    }

    fn with<F: Feature, K: Kernels>(&self, kernels: K) -> Box<dyn Node> {
        let plan = self.plan.clone();
        let classifier = Classifier::new(plan, kernels, self.model.arena(), self.quantise, self.offset);
        match self.pace {
            Some(pace) => node::<FrameClassifier<F, _, _, _, _, _>>(FrameClassifier::new(classifier, pace)),
            None => node::<Classifier<F, _, _, _, _, _>>(classifier),
        }
    }
}

/// A plan of which each clone shares operations and constants.
type Shared = Plan<Arc<[Op]>, AlignedBytes, Arc<[i32]>>;

fn shared(model: &Model) -> Shared {
    let Plan { ops, start, bytes, words, input, output, variables, arena } = model.plan();
    Plan {
        ops: ops.as_slice().into(),
        start: start.as_slice().into(),
        bytes: bytes.clone(),
        words: words.as_slice().into(),
        input: *input,
        output: *output,
        variables: *variables,
        arena: *arena,
    }
}

/// The manifest of a microWakeWord model, whose front end must be before it.
fn manifest(path: &Path, port: &Port, site: &Site<'_>) -> Result<Manifest, DesignError> {
    let from = &site.from[0];
    let manifest = Manifest::of(path, site.assets()).map_err(|error| {
        DesignError::of("model", error).help(
            "microWakeWord models are not part of this project: `kws-lab model list` shows those that `kws-lab model fetch \
             NAME --output FOLDER` brings; of any other put the `.json` and the `.tflite` beside each other, and name the \
             `.json`",
        )
    })?;
    let hop = manifest.step_ms;
    let made = port.made_by.last().filter(|step| step.kind == "micro_frontend");
    if made.is_some_and(|step| step.params.get("hop_ms").is_some_and(|ms| *ms == hop)) {
        return Ok(manifest);
    }
    let message =
        format!("`{from}` writes {port}, expected features of `micro_frontend` with `hop_ms = {hop}`");
    Err(DesignError::of("input", message)
        .help("its manifest requires this; several models can share one front end"))
}

/// The model's one input and one output, both of them bytes.
fn ends(model: &Model) -> Result<(&Tensor, &Tensor), DesignError> {
    let ([input], [output]) = (model.inputs(), model.outputs()) else {
        let (inputs, outputs) = (model.inputs().len(), model.outputs().len());
        let message = format!("found a model of {inputs} inputs and {outputs} outputs, expected one of each");
        return Err(DesignError::of("model", message));
    };
    let bytes = input.element == ModelElement::I8
        && matches!(output.element, ModelElement::I8 | ModelElement::U8)
        && input.scale > 0.0
        && output.scale > 0.0;
    if !bytes {
        let message = format!(
            "found a model from {:?} to {:?}, expected I8 to I8 or U8",
            input.element, output.element
        );
        return Err(DesignError::of("model", message).help("convert it with full integer quantisation"));
    }
    Ok((input, output))
}

/// Checks shape and quantisation of the features against the model's input, of which single frames are a part.
fn fits(input: &Tensor, port: &Port, from: &str, pace: Option<Pace>) -> Result<(), DesignError> {
    let long = |dims: &[usize]| -> Vec<usize> { dims.iter().copied().filter(|dim| *dim != 1).collect() };
    let (stated, given) = (long(&input.dims), long(&port.shape));
    let flat = stated.len() == 1 || given.len() == 1;
    let fits = match pace {
        Some(_) => input.count().is_multiple_of(port.len()),
        None => port.len() == input.count() && (flat || stated == given),
    };
    if !fits {
        let message = format!("`{from}` writes {port}, expected {:?} as the model's input", input.dims);
        return Err(DesignError::of("input", message).help("`stack` collects frames into a window"));
    }
    if port.element == Element::F32 {
        return Ok(());
    }
    let same = port.quant.is_some_and(|quant| {
        quant.zero_point == input.zero_point
            && (quant.scale - input.scale).abs() <= SCALE_TOLERANCE * input.scale
    });
    if !same {
        let quant = Quant { scale: input.scale, zero_point: input.zero_point };
        let message = format!("`{from}` writes {port}, expected {quant} as the model's input");
        return Err(DesignError::of("input", message).help("give the classifier `f32` features"));
    }
    Ok(())
}

/// The card's operating points, each of a label that the classifier has.
fn known(points: Vec<OperatingPoint>, labels: &[String]) -> Result<Vec<OperatingPoint>, DesignError> {
    match points.iter().find(|point| !labels.contains(&point.label)) {
        None => Ok(points),
        Some(point) => {
            let labels = labels.join("`, `");
            let message = format!(
                "`model.toml` has a point `{}` of unknown label `{}`, expected one of `{labels}`",
                point.name, point.label
            );
            Err(DesignError::of("model", message))
        }
    }
}

/// One label for each output: the pipeline's, or the card's.
fn labels(
    stated: Option<Vec<String>>,
    card: Vec<String>,
    outputs: usize,
) -> Result<Vec<String>, DesignError> {
    let labels = stated.unwrap_or(card);
    if labels.is_empty() {
        let message = format!("found no labels, expected {outputs} names");
        return Err(DesignError::of("labels", message)
            .help("set `labels`, or list them in `model.toml` next to the model"));
    }
    if labels.len() != outputs {
        let message = format!("found {} labels, expected {outputs}, the model's outputs", labels.len());
        return Err(DesignError::of("labels", message));
    }
    Ok(labels)
}
