//! The folder of a finished model: `model.tflite`, `model.toml`, `card.md`, `train.toml`, `float.bpk`.

mod describe;
mod export;
mod integer;
mod model_info;
mod provenance;
mod training_data;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};

pub use describe::describe;
pub use export::{export, record};
pub use integer::Integer;
pub use model_info::{ModelInfo, Point};
pub use training_data::{TrainingData, training_data};

use crate::corpus::{DataFolder, Vocabulary};
use crate::features::FrontEnd;
use crate::nets::{Network, values};
use crate::quantise::Fake;
use crate::train::{Config, load};

/// A model ready to be measured.
pub struct Bundle {
    /// Where it lies.
    pub folder: PathBuf,
    /// `model.toml`.
    pub card: ModelInfo,
    /// The labels.
    pub vocabulary: Vocabulary,
    /// The float network that the model was rounded from, where the folder has `float.bpk` and `train.toml`.
    pub float: Option<Network>,
    /// The integer model.
    pub integer: Integer,
}

/// Clips that the float network takes at once.
const BATCH: usize = 128;

impl Bundle {
    /// Opens a model's folder.
    ///
    /// # Errors
    /// When a file is absent or malformed, or labels and outputs differ in number.
    pub fn open(folder: &Path) -> Result<Self> {
        let card = ModelInfo::read(folder)?;
        let path = folder.join("model.tflite");
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let integer = Integer::open(&bytes).with_context(|| format!("cannot use `{}`", path.display()))?;
        ensure!(
            integer.outputs() == card.labels.len(),
            "`{}` has {} outputs and `model.toml` {} labels",
            path.display(),
            integer.outputs(),
            card.labels.len()
        );
        let vocabulary = Vocabulary::new(card.labels.clone())?;
        let float = float(folder, &card)?;
        Ok(Self { folder: folder.to_owned(), vocabulary, card, float, integer })
    }

    /// The front end that the card states.
    ///
    /// # Errors
    /// When its stages cannot be built, or write what the model does not read.
    pub fn front_end(&self) -> Result<FrontEnd> {
        let front_end = FrontEnd::new(self.card.view, &self.card.front_end)?;
        let (shape, input) = (front_end.shape(), &self.integer.model().inputs()[0]);
        ensure!(
            shape.iter().product::<usize>() == input.count(),
            "the `front_end` of `{}` writes {shape:?} and its `model.tflite` reads {:?}: list the stages that it was \
             trained behind",
            self.card.name,
            input.dims
        );
        Ok(front_end)
    }

    /// Probabilities of the labels for the real features of one clip, through the integer runtime.
    pub fn classify(&mut self, features: &[f32]) -> Vec<f32> {
        let input = self.integer.quantise(features);
        let output = self.integer.run(&input);
        self.integer.probabilities(&output)
    }

    /// Probabilities of the labels for the real features of any number of clips, one after the other, by the float
    /// network: a row for each clip. None without a float network.
    #[must_use]
    pub fn classify_float(&self, features: &[f32]) -> Option<Vec<Vec<f32>>> {
        let network = self.float.as_ref()?;
        Some(probabilities(network, features, None))
    }
}

/// Probabilities of the labels for features of any number of clips, one after the other, by a network in burn.
#[must_use]
pub fn probabilities(network: &Network, features: &[f32], fake: Option<&Fake>) -> Vec<Vec<f32>> {
    let graph = &network.graph;
    let mut rows = Vec::new();
    for part in features.chunks(BATCH * graph.items()) {
        let shape = [part.len() / graph.items(), graph.features[0], graph.width()];
        let data = TensorData::new(part.to_vec(), shape);
        let logits = network.forward(Tensor::from_data(data, &Device::flex()), fake, None);
        let labels = logits.dims()[1];
        rows.extend(values(softmax(logits, 1)).chunks_exact(labels).map(<[f32]>::to_vec));
    }
    rows
}

/// The float network of a folder, if it has one.
fn float(folder: &Path, card: &ModelInfo) -> Result<Option<Network>> {
    let (weights, config) = (folder.join("float.bpk"), folder.join("train.toml"));
    if !weights.is_file() || !config.is_file() {
        return Ok(None);
    }
    let config = Config::read(&config, &DataFolder::find(None))?;
    let shape = FrontEnd::new(card.view, &card.front_end)?.shape();
    let graph = config.architecture.graph(shape, card.labels.len());
    load(Network::folded(graph, &Device::flex()), &weights).map(Some)
}
