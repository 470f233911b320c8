//! What a configuration would train, without training it.

use std::fmt;

use anyhow::{Context, Result};
use burn::tensor::Device;
use kws_stages::nn::Model;
use serde::Serialize;

use crate::features::FrontEnd;
use crate::nets::{Network, Op, Shape, Step};
use crate::quantise::{Affine, Fake, quantise};
use crate::train::config::Config;
use crate::train::data::survey::Survey;

/// A network's layers and sizes, and the clips that there are for it.
#[derive(Clone, Debug, Serialize)]
pub struct Outline {
    /// Name of the model.
    pub name: String,
    /// Shape of the features: frames, coefficients and 1 of a clip; rows, columns and channels of an image.
    pub features: Shape,
    /// In order.
    pub layers: Vec<LayerOutline>,
    /// Weights and biases of the exported model.
    pub parameters: usize,
    /// Multiplications of one run over the whole window.
    pub macs: usize,
    /// Working memory of the exported model in bytes.
    pub arena_bytes: usize,
    /// Size of `model.tflite`.
    pub file_bytes: usize,
    /// Clips by label.
    pub clips: Survey,
}

/// A layer in words and figures.
#[derive(Clone, Debug, Serialize)]
pub struct LayerOutline {
    /// Kind, kernel and stride.
    pub layer: String,
    /// Rows, columns and channels that come out.
    pub output: [usize; 3],
    /// Weights and biases, batch norm folded.
    pub parameters: usize,
    /// Multiplications.
    pub macs: usize,
}

impl Outline {
    /// Builds the network that `config` describes with random weights, exports it in memory, and counts clips.
    ///
    /// # Errors
    /// When the front end cannot be built, or a corpus cannot be read.
    pub fn new(config: &Config) -> Result<Self> {
        let features = FrontEnd::new(config.view, &config.front_end)?.shape();
        let graph = config.architecture.graph(features, config.labels.len());
        let network = Network::folded(graph, &Device::flex());
        let layers: Vec<LayerOutline> = network.graph.steps.iter().map(layer).collect();
        let activations = vec![Affine::covering(-1.0, 1.0); network.graph.steps.len() + 1];
        let file = crate::tflite::write(&quantise(&network, &Fake { activations }));
        let model = Model::open(&file).context("the runtime does not support the exported network")?;
        Ok(Self {
            name: config.name.clone(),
            features,
            parameters: layers.iter().map(|l| l.parameters).sum(),
            macs: network.graph.macs(),
            layers,
            arena_bytes: model.arena_bytes(),
            file_bytes: file.len(),
            clips: Survey::new(config)?,
        })
    }
}

fn layer(step: &Step) -> LayerOutline {
    let sizes = |kernel: [usize; 2], stride: [usize; 2]| {
        format!("{} × {}, stride {} × {}", kernel[0], kernel[1], stride[0], stride[1])
    };
    let inputs: usize = step.input.iter().product();
    let (layer, parameters) = match step.op {
        Op::Conv { filters, kernel, stride, .. } => (
            format!("convolution {}", sizes(kernel, stride)),
            filters * (kernel[0] * kernel[1] * step.input[2] + 1),
        ),
        Op::Depthwise { kernel, stride, .. } => {
            (format!("depthwise {}", sizes(kernel, stride)), step.input[2] * (kernel[0] * kernel[1] + 1))
        }
        Op::Mean => ("mean".to_owned(), 0),
        Op::Dense { units } => ("dense".to_owned(), units * (inputs + 1)),
    };
    LayerOutline { layer, output: step.output, parameters, macs: step.macs() }
}

impl fmt::Display for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [rows, columns, channels] = self.features;
        writeln!(f, "{}: features of {rows} × {columns} × {channels}", self.name)?;
        writeln!(f, "{:36}  {:>16}  {:>10}  {:>10}", "layer", "output", "parameters", "MACs")?;
        for LayerOutline { layer, output: [rows, columns, channels], parameters, macs } in &self.layers {
            let output = format!("{rows} × {columns} × {channels}");
            writeln!(f, "{layer:36}  {output:>16}  {parameters:>10}  {macs:>10}")?;
        }
        writeln!(f, "{:36}  {:>16}  {:>10}  {:>10}", "total", "", self.parameters, self.macs)?;
        writeln!(f, "model.tflite: {} bytes, arena: {} bytes\n", self.file_bytes, self.arena_bytes)?;
        self.clips.fmt(f)
    }
}
