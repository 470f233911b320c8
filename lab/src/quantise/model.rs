//! The integer model: what the `.tflite` writer writes.

use super::affine::Affine;
use super::fake::{Fake, WEIGHT_LIMIT};
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
        let (weights, scales) = round(&values(layer.weight.val()), dims[0], step.op);
        let input = fake.activations[index].scale;
        let bias = values(layer.bias.val());
        let bias = bias.iter().enumerate().map(|(o, b)| {
            let scale = f64::from(input) * f64::from(scales[o % scales.len()]);
            (f64::from(*b) / scale).round() as i32
        });
        int.push(IntLayer {
            step,
            bias: bias.collect(),
            weights: reorder(&weights, dims, step.op),
            scales,
            output,
        });
    }
    IntModel { input: fake.activations[0], layers: int }
}

fn round(weights: &[f32], outputs: usize, op: Op) -> (Vec<i8>, Vec<f32>) {
    let groups = if matches!(op, Op::Dense { .. }) { 1 } else { outputs };
    let per_group = weights.len() / groups;
    let mut integers = Vec::with_capacity(weights.len());
    let mut scales = Vec::with_capacity(groups);
    for group in weights.chunks_exact(per_group) {
        let largest = group.iter().fold(1e-12f32, |m, w| m.max(w.abs()));
        let scale = largest / WEIGHT_LIMIT;
        scales.push(scale);
        integers.extend(
            group.iter().map(|w| (w / scale).round_ties_even().clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT) as i8),
        );
    }
    (integers, scales)
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
