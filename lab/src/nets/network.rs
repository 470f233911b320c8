//! A graph with weights.

use burn::module::{Module, Param, ParamId};
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::activation::relu;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Tensor, TensorData};

use super::graph::{Graph, Layout, Normalisation, Op, Step};
use crate::quantise::Fake;

/// Weights of one step.
#[derive(Module, Debug)]
pub struct Layer {
    /// `[out, in per group, rows, columns]`; dense: `[units, inputs, 1, 1]`, inputs in rows, columns, channels order.
    pub weight: Param<Tensor<4>>,
    /// One per output.
    pub bias: Param<Tensor<1>>,
    /// Batch norm between the convolution and its ReLU; gone once folded.
    pub norm: Option<BatchNorm>,
}

/// What the auxiliary head goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compares {
    /// Sums of products.
    Values,
    /// Cosines, [`SHARPNESS`] times.
    Directions,
}

/// What cosines are multiplied by, so that their softmax can come near 0 and 1 (Wang et al., arXiv:1801.05599).
pub(crate) const SHARPNESS: f32 = 30.0;

/// Added to squared lengths, which are divided by.
pub(crate) const SHORTEST: f32 = 1e-6;

/// A network whose weights can be trained.
#[derive(Module, Debug)]
pub struct Network {
    /// One for each step that has weights.
    pub layers: Vec<Layer>,
    /// An auxiliary head beside the last layer, which training alone uses; gone once folded. Its name is the key in
    /// checkpoints, so that those of earlier builds can be read.
    pub aside: Option<Layer>,
    /// The layers' order and shapes.
    #[module(skip)]
    pub graph: Graph,
    /// Applied to the features first.
    #[module(skip)]
    pub normalisation: Normalisation,
}

impl Network {
    /// Draws weights (He et al., arXiv:1502.01852) from the device's seeded generator.
    #[must_use]
    pub fn init(graph: Graph, normalisation: &Normalisation, device: &Device) -> Self {
        let steps = graph.steps.iter().filter(|s| s.op.has_weights()).enumerate();
        let layers = steps.map(|(place, step)| Layer::init(place, step, device)).collect();
        Self { layers, aside: None, normalisation: graph.foldable(normalisation), graph }
    }

    /// Adds an auxiliary head, of so many outputs, that reads what the last layer reads.
    #[must_use]
    pub fn with_auxiliary_head(mut self, units: usize, device: &Device) -> Self {
        let last = self.graph.steps.last().expect("a graph has steps");
        let op = Op::Dense { units };
        let step = Step { op, input: last.input, output: [1, 1, units] };
        self.aside = Some(Layer::init(self.layers.len(), &step, device));
        self
    }

    /// A network of the form that [`fold`](super::fold) leaves, for weights to be loaded into.
    #[must_use]
    pub fn folded(graph: Graph, device: &Device) -> Self {
        let normalisation = Normalisation::none(graph.width());
        let mut network = Self::init(graph, &normalisation, device);
        network.layers.iter_mut().for_each(|layer| layer.norm = None);
        network.normalisation = normalisation;
        network
    }

    /// The same weights for images of another size.
    ///
    /// # Panics
    /// When the layers are others.
    #[must_use]
    pub(crate) fn seen_as(&self, graph: Graph) -> Self {
        let ops = |graph: &Graph| graph.steps.iter().map(|step| step.op).collect::<Vec<_>>();
        assert_eq!(ops(&graph), ops(&self.graph), "the layers of another size");
        let [mean, deviation] =
            [&self.normalisation.mean, &self.normalisation.deviation].map(|n| n[..graph.width()].to_vec());
        Self { graph, normalisation: Normalisation { mean, deviation }, ..self.clone() }
    }

    /// Logits `[clips, labels]` of features `[clips, rows, columns × channels]`.
    ///
    /// With `fake`, every tensor that is integer in the exported model takes only values that it can hold.
    /// `keep` multiplies the last layer's input (dropout).
    #[must_use]
    pub fn forward(&self, features: Tensor<3>, fake: Option<&Fake>, keep: Option<Tensor<2>>) -> Tensor<2> {
        self.trace(features, fake, keep).pop().expect("a graph has steps").flatten(1, 3)
    }

    /// The same in float, and what the second head says where there is one.
    #[must_use]
    pub fn forward_both(
        &self,
        features: Tensor<3>,
        keep: Option<Tensor<2>>,
        compares: Compares,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        let mut trace = self.trace(features, None, keep.clone());
        let logits = trace.pop().expect("a graph has steps").flatten(1, 3);
        let read = trace.pop().expect("the input comes before the last step");
        let auxiliary = self.aside.as_ref().map(|layer| {
            let (weight, bias) = (layer.weight.val(), layer.bias.val());
            match compares {
                Compares::Values => dense(read, weight, bias, keep).flatten(1, 3),
                Compares::Directions => cosines(read, weight, bias, keep),
            }
        });
        (logits, auxiliary)
    }

    /// Every activation of a run: the input, then each step's output, `[clips, channels, rows, columns]`.
    #[must_use]
    pub fn trace(
        &self,
        features: Tensor<3>,
        fake: Option<&Fake>,
        mut keep: Option<Tensor<2>>,
    ) -> Vec<Tensor<4>> {
        let mut x = self.enter(features);
        if let Some(fake) = fake {
            x = fake.activation(x, 0);
        }
        let mut trace = vec![x.clone()];
        let mut layers = self.layers.iter();
        for (index, step) in self.graph.steps.iter().enumerate() {
            x = if step.op.has_weights() {
                let layer = layers.next().expect("one layer for each step with weights");
                let keep = keep.take_if(|_| matches!(step.op, Op::Dense { .. }));
                match fake {
                    None => layer.forward(x, step, keep),
                    Some(fake) => layer.forward_whole(x, step, (fake, index), keep),
                }
            } else if let Some(fake) = fake {
                fake.mean(x, index)
            } else {
                x.mean_dim(2).mean_dim(3)
            };
            if let Some(fake) = fake {
                x = fake.activation(x, index + 1);
            }
            trace.push(x.clone());
        }
        trace
    }

    fn enter(&self, features: Tensor<3>) -> Tensor<4> {
        let device = features.device();
        let row = |values: &[f32]| {
            Tensor::<3>::from_data(TensorData::new(values.to_vec(), [1, 1, values.len()]), &device)
        };
        let n = &self.normalisation;
        let x = (features - row(&n.mean)) / row(&n.deviation);
        match self.graph.layout {
            Layout::Image => {
                let [clips, ..] = x.dims();
                let [rows, columns, channels] = self.graph.features;
                x.reshape([clips, rows, columns, channels]).permute([0, 3, 1, 2])
            }
            Layout::Sequence => x.swap_dims(1, 2).unsqueeze_dim(3),
        }
    }
}

impl Layer {
    /// Puts a layer together. Its place among the layers of its network becomes its parameters' identity, so that
    /// equal networks are saved as equal files.
    pub(super) fn new(place: usize, weight: Tensor<4>, bias: Tensor<1>, norm: Option<BatchNorm>) -> Self {
        let (mut weight, mut bias) = (Param::from_tensor(weight), Param::from_tensor(bias));
        weight.id = ParamId::from(2 * place as u64);
        bias.id = ParamId::from(2 * place as u64 + 1);
        Self { weight, bias, norm }
    }

    fn init(place: usize, step: &Step, device: &Device) -> Self {
        let [_, _, channels] = step.input;
        let shape = match step.op {
            Op::Conv { filters, kernel, .. } => [filters, channels, kernel[0], kernel[1]],
            Op::Depthwise { kernel, .. } => [channels, 1, kernel[0], kernel[1]],
            Op::Dense { units } => [units, step.input.iter().product(), 1, 1],
            Op::Mean => unreachable!("a mean has no weights"),
        };
        let inputs: usize = shape[1..].iter().product();
        let deviation = (2.0 / inputs as f64).sqrt();
        let outputs = shape[0];
        let normed = !matches!(step.op, Op::Dense { .. });
        Self::new(
            place,
            Tensor::random(shape, Distribution::Normal(0.0, deviation), device),
            Tensor::zeros([outputs], device),
            normed.then(|| BatchNormConfig::new(outputs).init(device)),
        )
    }

    fn forward(&self, x: Tensor<4>, step: &Step, keep: Option<Tensor<2>>) -> Tensor<4> {
        let mut y = apply(x, self.weight.val(), self.bias.val(), step, keep);
        if let Some(norm) = &self.norm {
            y = norm.forward(y);
        }
        activate(y, step)
    }

    /// The same in whole steps, as the integer kernels compute it: `index` is the activation that is read.
    fn forward_whole(
        &self,
        x: Tensor<4>,
        step: &Step,
        (fake, index): (&Fake, usize),
        keep: Option<Tensor<2>>,
    ) -> Tensor<4> {
        let (weight, bias, steps) = fake.weights(self.weight.val(), self.bias.val(), step.op, index);
        let sums = apply(fake.whole(x, index), weight, bias, step, keep);
        activate(fake.requantise(sums, &steps, index), step)
    }
}

/// Sums of products, `[clips, outputs, rows, columns]`.
fn apply(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    step: &Step,
    keep: Option<Tensor<2>>,
) -> Tensor<4> {
    let (stride, groups) = match step.op {
        Op::Conv { stride, .. } => (stride, 1),
        Op::Depthwise { stride, .. } => (stride, step.input[2]),
        Op::Dense { .. } => return dense(x, weight, bias, keep),
        Op::Mean => unreachable!("a mean has no weights"),
    };
    let options = ConvOptions::new_with_padding(stride, step.padding(), [1, 1], groups);
    conv2d(x, weight, Some(bias), options)
}

fn dense(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, keep: Option<Tensor<2>>) -> Tensor<4> {
    let mut flat: Tensor<2> = x.permute([0, 2, 3, 1]).flatten(1, 3);
    if let Some(keep) = keep {
        flat = flat * keep;
    }
    let weight: Tensor<2> = weight.flatten(1, 3);
    let y = flat.matmul(weight.transpose()) + bias.unsqueeze_dim(0);
    y.unsqueeze_dim::<3>(2).unsqueeze_dim(3)
}

/// Cosines of what is read and each row of the weights, sharpened; `[clips, units]`.
fn cosines(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, keep: Option<Tensor<2>>) -> Tensor<2> {
    let unit = |rows: Tensor<2>| {
        let lengths = (rows.clone() * rows.clone()).sum_dim(1).add_scalar(SHORTEST).sqrt();
        rows / lengths
    };
    let mut flat: Tensor<2> = x.permute([0, 2, 3, 1]).flatten(1, 3);
    if let Some(keep) = keep {
        flat = flat * keep;
    }
    let weight: Tensor<2> = weight.flatten(1, 3);
    unit(flat).matmul(unit(weight).transpose()).mul_scalar(SHARPNESS) + bias.unsqueeze_dim(0)
}

/// Every layer but the last one has a ReLU.
fn activate(y: Tensor<4>, step: &Step) -> Tensor<4> {
    if matches!(step.op, Op::Dense { .. }) { y } else { relu(y) }
}
