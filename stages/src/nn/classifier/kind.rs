//! The kind `classifier`: parameters, checks and ports.

use std::path::{Path, PathBuf};

use kws_engine::{Cost, Design, Element, Kind, Node, Port, Quant, Refusal, Role, Simple, Site, node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Classifier, Feature};
use crate::nn::kernels::{KernelSet, Kernels};
use crate::nn::{Card, Element as ModelElement, Model, Tensor};
use crate::{Quantise, Quantiser, Rounding};

/// How far, relatively, the scale of quantised features may be from the model's: TensorFlow's own micro_speech was
/// calibrated to 0.1017 and is fed with steps of 26/255.
const SCALE_TOLERANCE: f32 = 0.005;

/// Runs an int8 `.tflite` model on each block of features and writes one posterior for each label.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The model, a `.tflite` file; a relative path starts at the pipeline file's folder.
    #[schemars(extend("format" = "path"))]
    pub model: PathBuf,
    /// Names of the model's outputs, in order; by default those of the `model.toml` beside the model.
    #[serde(default)]
    pub labels: Option<Vec<String>>,
    /// How real features are rounded to the model's integers.
    #[serde(default)]
    pub rounding: Rounding,
}

impl Kind for Params {
    const NAME: &'static str = "classifier";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, Refusal> {
        let port = site.input(&[Element::F32, Element::I8])?;
        let path = site.path(&self.model);
        let model = open(&path)?;
        let card = Card::beside(&path).map_err(|error| Refusal::of("model", error))?;
        card.accepts(port).map_err(|difference| {
            Refusal::of("input", format!("the model's front end differs: {difference}"))
                .help("give the pipeline the front end that `model.toml` states, or use another model")
        })?;
        let (input, output) = ends(&model)?;
        fits(input, port, &site.from[0])?;
        let labels = labels(self.labels, card.labels, output.count())?;
        let quantise =
            Quantise(Quantiser { scale: input.scale, zero_point: input.zero_point, rounding: self.rounding });
        let offset = if output.element == ModelElement::U8 { i8::MIN } else { 0 };
        let quant = Quant { scale: output.scale, zero_point: output.zero_point + i32::from(offset) };
        let written = Port {
            quant: Some(quant),
            labels,
            ..port.then(Element::I8, vec![output.count()], Role::POSTERIOR)
        };
        let cost = Cost {
            macs: model.macs(),
            state: model.arena_bytes(),
            tables: model.plan().bytes.len() + 4 * model.plan().words.len(),
        };
        let element = port.element;
        Ok(Simple::boxed(Some(written), cost, move || {
            Ok(match element {
                Element::I8 => build::<i8>(&model, quantise, offset),
                _ => build::<f32>(&model, quantise, offset),
            })
        }))
    }
}

fn build<F: Feature>(model: &Model, quantise: Quantise, offset: i8) -> Box<dyn Node> {
    match model.kernels() {
        KernelSet::Plain(plain) => with::<F, _>(model, plain, quantise, offset),
        #[cfg(target_arch = "x86_64")]
        KernelSet::Avx2(avx2) => with::<F, _>(model, avx2, quantise, offset),
        #[cfg(target_arch = "x86_64")]
        KernelSet::Vnni(vnni) => with::<F, _>(model, vnni, quantise, offset),
        #[cfg(target_arch = "x86_64")]
        KernelSet::AvxVnni(vnni) => with::<F, _>(model, vnni, quantise, offset),
        #[cfg(target_arch = "aarch64")]
        KernelSet::Neon(neon) => with::<F, _>(model, neon, quantise, offset),
        #[cfg(target_arch = "aarch64")]
        KernelSet::NeonDot(neon) => with::<F, _>(model, neon, quantise, offset),
    }
}

fn with<F: Feature, K: Kernels>(model: &Model, kernels: K, quantise: Quantise, offset: i8) -> Box<dyn Node> {
    let classifier = Classifier::new(model.plan().clone(), kernels, model.arena(), quantise, offset);
    node::<Classifier<F, _, _, _, _, _>>(classifier)
}

fn open(path: &Path) -> Result<Model, Refusal> {
    let bytes = std::fs::read(path)
        .map_err(|error| Refusal::of("model", format!("cannot read `{}`: {error}", path.display())))?;
    Model::open(&bytes)
        .map_err(|error| Refusal::of("model", format!("cannot run `{}`: {error}", path.display())))
}

/// The model's one input and one output, both of them bytes.
fn ends(model: &Model) -> Result<(&Tensor, &Tensor), Refusal> {
    let ([input], [output]) = (model.inputs(), model.outputs()) else {
        let (inputs, outputs) = (model.inputs().len(), model.outputs().len());
        let message = format!("found a model of {inputs} inputs and {outputs} outputs, expected one of each");
        return Err(Refusal::of("model", message));
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
        return Err(Refusal::of("model", message).help("convert it with full integer quantisation"));
    }
    Ok((input, output))
}

/// Checks shape and quantisation of the features against the model's input.
fn fits(input: &Tensor, port: &Port, from: &str) -> Result<(), Refusal> {
    let long = |dims: &[usize]| -> Vec<usize> { dims.iter().copied().filter(|dim| *dim != 1).collect() };
    let (stated, given) = (long(&input.dims), long(&port.shape));
    let flat = stated.len() == 1 || given.len() == 1;
    if port.len() != input.count() || (!flat && stated != given) {
        let message = format!("`{from}` writes {port}, expected {:?} as the model's input", input.dims);
        return Err(Refusal::of("input", message).help("`stack` gathers frames into a window"));
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
        return Err(Refusal::of("input", message).help("give the classifier real features (`f32`)"));
    }
    Ok(())
}

/// One label for each output: the pipeline's, or the card's.
fn labels(stated: Option<Vec<String>>, card: Vec<String>, outputs: usize) -> Result<Vec<String>, Refusal> {
    let labels = stated.unwrap_or(card);
    if labels.is_empty() {
        let message = format!("found no labels, expected {outputs} names");
        return Err(Refusal::of("labels", message)
            .help("set `labels`, or state them in `model.toml` beside the model"));
    }
    if labels.len() != outputs {
        let message = format!("found {} labels, expected {outputs}, the model's outputs", labels.len());
        return Err(Refusal::of("labels", message));
    }
    Ok(labels)
}
