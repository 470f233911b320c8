//! The folder of a finished model: `model.tflite`, `model.toml`, `card.md`, `train.toml`, `float.bpk`.

mod card;
mod export;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};
use kws_stages::nn::{Element, Model};

pub use card::{Card, Point};
pub use export::export;

use crate::corpus::Vocabulary;
use crate::features::FrontEnd;
use crate::nets::{Network, values};
use crate::train::{Config, load};

/// A model ready to be measured.
pub struct Bundle {
    /// Where it lies.
    pub folder: PathBuf,
    /// `model.toml`.
    pub card: Card,
    /// The labels.
    pub vocabulary: Vocabulary,
    /// The float network that the model was rounded from, where the folder has `float.bpk` and `train.toml`.
    pub float: Option<Network>,
    model: Model,
    arena: Vec<i8>,
}

impl Bundle {
    /// Opens a model's folder.
    ///
    /// # Errors
    /// When a file is absent or malformed, or labels and outputs differ in number.
    pub fn open(folder: &Path) -> Result<Self> {
        let card = Card::read(folder)?;
        let path = folder.join("model.tflite");
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let model = Model::open(&bytes).with_context(|| format!("cannot run `{}`", path.display()))?;
        let ([input], [output]) = (model.inputs(), model.outputs()) else {
            anyhow::bail!("`{}` has several inputs or outputs, expected one of each", path.display());
        };
        ensure!(
            input.element == Element::I8 && output.element == Element::I8,
            "`{}` takes {:?} and gives {:?}, expected I8 and I8",
            path.display(),
            input.element,
            output.element
        );
        ensure!(
            output.count() == card.labels.len(),
            "`{}` has {} outputs and `model.toml` {} labels",
            path.display(),
            output.count(),
            card.labels.len()
        );
        let vocabulary = Vocabulary::new(card.labels.clone())?;
        let float = float(folder, &card)?;
        Ok(Self { folder: folder.to_owned(), vocabulary, card, float, arena: model.arena(), model })
    }

    /// The front end that the card states.
    ///
    /// # Errors
    /// When its stages cannot be built.
    pub fn front_end(&self) -> Result<FrontEnd> {
        FrontEnd::new(&self.card.front_end)
    }

    /// The model, for its shapes and cost.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Probabilities of the labels for real features, through the integer runtime.
    pub fn classify(&mut self, features: &[f32]) -> Vec<f32> {
        let input = &self.model.inputs()[0];
        let affine = crate::quantise::Affine { scale: input.scale, zero_point: input.zero_point };
        let to = self.model.plan().input_mut(&mut self.arena);
        for (to, &real) in to.iter_mut().zip(features) {
            *to = affine.quantise(real);
        }
        self.model.run(&mut self.arena);
        let output = &self.model.outputs()[0];
        let affine = crate::quantise::Affine { scale: output.scale, zero_point: output.zero_point };
        self.model.plan().output(&self.arena).iter().map(|&q| affine.real(q)).collect()
    }

    /// Probabilities of the labels for real features, by the float network.
    #[must_use]
    pub fn classify_float(&self, features: &[f32]) -> Option<Vec<f32>> {
        let network = self.float.as_ref()?;
        let [frames, width] = network.graph.features;
        let data = TensorData::new(features.to_vec(), [1, frames, width]);
        let logits = network.forward(Tensor::from_data(data, &Device::flex()), None, None);
        Some(values(softmax(logits, 1)))
    }
}

/// The float network of a folder, if it has one.
fn float(folder: &Path, card: &Card) -> Result<Option<Network>> {
    let (weights, config) = (folder.join("float.bpk"), folder.join("train.toml"));
    if !weights.is_file() || !config.is_file() {
        return Ok(None);
    }
    let config = Config::read(&config)?;
    let shape = FrontEnd::new(&card.front_end)?.shape();
    let graph = config.architecture.graph(shape, card.labels.len());
    load(Network::folded(graph, &Device::flex()), &weights).map(Some)
}
