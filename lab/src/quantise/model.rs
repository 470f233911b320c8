//! The integer model: what the `.tflite` writer writes.

use super::affine::Affine;
use super::fake::Fake;
use super::steps::{WEIGHT_LIMIT, bias_steps, weight_steps};
use crate::nets::{Network, Op, Step, values};

/// One step in integers.
#[derive(Clone, Debug)]
pub struct IntLayer {
    /// What is done, and the shapes around it.
    pub step: Step,
    /// TFLite's order: convolution `[out, rows, columns, in]`, depthwise `[rows, columns, channels]`, dense
    /// `[units, inputs]`; empty without weights.
    pub weights: Vec<i8>,
    /// Scale of the weights: one per output, or a single one.
    pub scales: Vec<f32>,
    /// In steps of input scale × weight scale.
    pub bias: Vec<i32>,
    /// Quantisation of the output.
    pub output: Affine,
}

/// A network in integers, logits to be followed by a softmax.
#[derive(Clone, Debug)]
pub struct IntModel {
    /// Quantisation of the features.
    pub input: Affine,
    /// In order.
    pub layers: Vec<IntLayer>,
}

/// Rounds a folded network's weights as [`Fake`] does.
#[must_use]
pub fn quantise(network: &Network, fake: &Fake) -> IntModel {
    let mut layers = network.layers.iter();
    let mut int = Vec::new();
    for (index, &step) in network.graph.steps.iter().enumerate() {
        let output = fake.activations[index + 1];
        if !step.op.has_weights() {
            int.push(IntLayer { step, weights: Vec::new(), scales: Vec::new(), bias: Vec::new(), output });
            continue;
        }
        let layer = layers.next().expect("one layer for each step with weights");
        let dims = layer.weight.val().dims();
        let input = fake.activations[index].scale;
        let (weights, bias) = (values(layer.weight.val()), values(layer.bias.val()));
        let scales = weight_steps(&weights, &bias, input, step.op);
        let steps = bias.iter().enumerate().map(|(o, b)| bias_steps(*b, input, scales[o % scales.len()]));
        int.push(IntLayer {
            step,
            bias: steps.collect(),
            weights: reorder(&round(&weights, &scales), dims, step.op),
            scales,
            output,
        });
    }
    IntModel { input: fake.activations[0], layers: int }
}

/// Weights in steps, of which there is one size or one for each output.
fn round(weights: &[f32], steps: &[f32]) -> Vec<i8> {
    let whole = |w: f32, step: f32| (w / step).round_ties_even().clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT) as i8;
    let outputs = weights.chunks_exact(weights.len() / steps.len()).zip(steps);
    outputs.flat_map(|(weights, &step)| weights.iter().map(move |w| whole(*w, step))).collect()
}

/// From burn's `[out, in, rows, columns]` to TFLite's order.
fn reorder(weights: &[i8], [outputs, inputs, rows, columns]: [usize; 4], op: Op) -> Vec<i8> {
    let at = |o: usize, i: usize, tap: usize| weights[(o * inputs + i) * rows * columns + tap];
    let taps = rows * columns;
    match op {
        Op::Depthwise { .. } => (0..taps).flat_map(|t| (0..outputs).map(move |o| at(o, 0, t))).collect(),
        _ => (0..outputs)
            .flat_map(|o| (0..taps).flat_map(move |t| (0..inputs).map(move |i| at(o, i, t))))
            .collect(),
    }
}
