//! One step of a network: its sums, what becomes of them, and the way back.

use super::norm::{Statistics, affine_relu};
use super::patches::Window;
use super::product::{Matrix, add_product, multiply};
use super::{depthwise, norm};
use crate::nets::{Layer, Op, Step, values};
use crate::quantise::Fake;

/// Weights of a step as the loops read them.
pub(super) struct Weights {
    /// Convolution and dense: a row for each output, its values in the order of a patch. Depthwise: a row for each tap.
    pub(super) values: Vec<f32>,
    /// One per output.
    pub(super) bias: Vec<f32>,
    /// Of whole steps: the size of a step for each output. Empty in float.
    pub(super) scales: Vec<f32>,
    /// Whether the values lie tap by tap.
    pub(super) by_tap: bool,
}

impl Weights {
    /// A layer's weights; in whole steps where the network is rounded, `index` being the activation that they read.
    pub(super) fn of(layer: &Layer, op: Op, fake: Option<(&Fake, usize)>) -> Self {
        let (weight, bias) = (layer.weight.val(), layer.bias.val());
        let dims = weight.dims();
        let (weight, bias, scales) = match fake {
            None => (values(weight), values(bias), Vec::new()),
            Some((fake, index)) => {
                let (weight, bias, scales) = fake.weights(weight, bias, op, index);
                (values(weight), values(bias), scales)
            }
        };
        let by_tap = matches!(op, Op::Depthwise { .. });
        Self { values: reorder(&weight, dims, op, Order::Loops), bias, scales, by_tap }
    }
}

/// Which way weights are brought into another order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// From burn's to that of the loops.
    Loops,
    /// Back.
    Burn,
}

/// Weights of burn's shape `[outputs, inputs, rows, columns]` in the other order.
pub(super) fn reorder(
    weights: &[f32],
    [outputs, inputs, rows, columns]: [usize; 4],
    op: Op,
    to: Order,
) -> Vec<f32> {
    let taps = rows * columns;
    let mut moved = vec![0.0; weights.len()];
    for output in 0..outputs {
        for input in 0..inputs {
            for tap in 0..taps {
                let burn = (output * inputs + input) * taps + tap;
                let loops = match op {
                    Op::Depthwise { .. } => tap * outputs + output,
                    _ => (output * taps + tap) * inputs + input,
                };
                let (from, to) = if to == Order::Loops { (burn, loops) } else { (loops, burn) };
                moved[to] = weights[from];
            }
        }
    }
    moved
}

/// What a run of a step leaves for the way back.
#[derive(Default)]
pub(super) struct Trace {
    /// What the step read, patch by patch, where that is not its input as it lies.
    pub(super) patches: Vec<f32>,
    /// Before batch norm and ReLU; in a rounded network after they were rounded, in steps.
    pub(super) sums: Vec<f32>,
    /// What the next step reads.
    pub(super) output: Vec<f32>,
    /// Of a batch norm.
    pub(super) statistics: Statistics,
}

impl Trace {
    /// Sums of products over a batch.
    pub(super) fn sum(&mut self, step: &Step, x: &[f32], examples: usize, weights: &Weights) {
        let items: usize = step.output.iter().product();
        self.sums.resize(examples * items, 0.0);
        for sums in self.sums.chunks_exact_mut(weights.bias.len()) {
            sums.copy_from_slice(&weights.bias);
        }
        let length: usize = step.input.iter().product();
        match Window::of(step) {
            Some(window) if matches!(step.op, Op::Depthwise { .. }) => {
                for (x, sums) in x.chunks_exact(length).zip(self.sums.chunks_exact_mut(items)) {
                    depthwise::forward(window, x, &weights.values, sums);
                }
            }
            Some(window) => {
                let width = window.taps() * step.input[2];
                let patches = gather(&mut self.patches, window, x, examples);
                let (patches, weights) = (Matrix::new(patches, width), Matrix::new(&weights.values, width));
                add_product(patches, weights.transposed(), &mut self.sums);
            }
            None => {
                let (x, weights) = (Matrix::new(x, length), Matrix::new(&weights.values, length));
                add_product(x, weights.transposed(), &mut self.sums);
            }
        }
    }

    /// Batch norm, where there is one, and ReLU.
    pub(super) fn activate(&mut self, layer: &Layer, step: &Step) {
        self.output.resize(self.sums.len(), 0.0);
        let Some(norm) = &layer.norm else {
            let least = if matches!(step.op, Op::Dense { .. }) { f32::NEG_INFINITY } else { 0.0 };
            self.output.iter_mut().zip(&self.sums).for_each(|(out, sum)| *out = sum.max(least));
            return;
        };
        let (gamma, beta) = (values(norm.gamma.val()), values(norm.beta.val()));
        self.statistics = Statistics::of(&self.sums, gamma.len(), norm.epsilon);
        let [factor, shift] = self.statistics.affine(&gamma, &beta);
        affine_relu(&self.sums, &factor, &shift, &mut self.output);
    }

    /// The way back over what [`sum`](Self::sum) did: the gradients of the weights and, where it is wanted, of the input.
    pub(super) fn backward(
        &self,
        step: &Step,
        x: &[f32],
        weights: &Weights,
        gradient: &[f32],
        mut dx: Option<&mut [f32]>,
    ) -> Vec<f32> {
        let (items, length): (usize, usize) = (step.output.iter().product(), step.input.iter().product());
        let mut dw = vec![0.0; weights.values.len()];
        if let Some(dx) = &mut dx {
            dx.fill(0.0);
        }
        let window = Window::of(step);
        if let Some(window) = window.filter(|_| matches!(step.op, Op::Depthwise { .. })) {
            for (example, (x, gradient)) in
                x.chunks_exact(length).zip(gradient.chunks_exact(items)).enumerate()
            {
                let dx = dx.as_deref_mut().map(|dx| &mut dx[example * length..(example + 1) * length]);
                depthwise::backward(window, x, &weights.values, gradient, dx, &mut dw);
            }
            return dw;
        }
        let width = window.map_or(length, |window| window.taps() * step.input[2]);
        let gathers = window.filter(|window| !window.is_point());
        let patches = if gathers.is_some() { &self.patches } else { x };
        let (gradient, weights) =
            (Matrix::new(gradient, weights.bias.len()), Matrix::new(&weights.values, width));
        multiply(gradient.transposed(), Matrix::new(patches, width), &mut dw);
        match (dx, gathers) {
            (None, _) => (),
            (Some(dx), None) => multiply(gradient, weights, dx),
            (Some(dx), Some(window)) => {
                let mut spread = vec![0.0; patches.len()];
                multiply(gradient, weights, &mut spread);
                let each = width * step.output[0] * step.output[1];
                for (patches, dx) in spread.chunks_exact(each).zip(dx.chunks_exact_mut(length)) {
                    window.scatter(patches, dx);
                }
            }
        }
        dw
    }

    /// The way back over [`activate`](Self::activate); gradients of the batch norm's factors and summands, if there is
    /// one.
    pub(super) fn deactivate(
        &self,
        layer: &Layer,
        step: &Step,
        gradient: &mut [f32],
    ) -> Option<[Vec<f32>; 2]> {
        if !matches!(step.op, Op::Dense { .. }) {
            gradient.iter_mut().zip(&self.output).for_each(|(g, out)| *g = if *out > 0.0 { *g } else { 0.0 });
        }
        let norm = layer.norm.as_ref()?;
        Some(self.statistics.backward(&self.sums, &values(norm.gamma.val()), gradient))
    }
}

/// The patches of a batch, which are its input where the kernel is a point.
fn gather<'a>(patches: &'a mut Vec<f32>, window: Window, x: &'a [f32], examples: usize) -> &'a [f32] {
    if window.is_point() {
        return x;
    }
    let each = window.output[0] * window.output[1] * window.taps() * window.input[2];
    patches.resize(examples * each, 0.0);
    let length = x.len() / examples;
    for (x, patches) in x.chunks_exact(length).zip(patches.chunks_exact_mut(each)) {
        window.gather(x, patches);
    }
    patches
}

/// The gradient of each bias.
pub(super) fn bias_gradient(gradient: &[f32], outputs: usize) -> Vec<f32> {
    norm::totals(gradient, gradient, &vec![0.0; outputs], |g, _, _| g)
        .iter()
        .map(|total| *total as f32)
        .collect()
}
