//! A network forward and backward over a batch.

use burn::module::ParamId;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use kws_stages::nn::fixed::Factor;

use super::cosine::{self, directions};
use super::step::{Order, Trace, Weights, bias_gradient, reorder};
use crate::nets::{Layer, Network, Normalisation, Op, SHARPNESS, Step, values};
use crate::quantise::{Affine, Fake, factor};

/// What a step of training asks of the network's answers.
pub(crate) struct Wanted<'a> {
    /// The probability of each label that each example should get; a row of zeros asks nothing.
    pub(crate) targets: &'a [f32],
    /// What the last layer's inputs are multiplied by (dropout).
    pub(crate) keep: Option<&'a [f32]>,
    /// What the auxiliary head is asked.
    pub(crate) auxiliary: Option<Auxiliary<'a>>,
    /// Layers at the network's beginning that stay as they are.
    pub(crate) frozen: usize,
}

/// What a step of training asks of the auxiliary head.
#[derive(Clone, Copy)]
pub(crate) struct Auxiliary<'a> {
    /// Its targets, like those of the labels.
    pub(crate) targets: &'a [f32],
    /// Weight of its loss.
    pub(crate) weight: f32,
    /// The margin, where the head compares directions; see [`Fit::margin`](crate::train::Fit::margin).
    pub(crate) margin: Option<f32>,
}

/// What a step of training gives.
pub(crate) struct Gradients {
    /// Mean cross-entropy of the labels, the auxiliary head's left out.
    pub(crate) loss: f64,
    /// Logits of the labels, a row for each example.
    pub(crate) logits: Vec<f32>,
    /// By parameter. A bias under a batch norm has none: it changes nothing.
    pub(crate) parameters: GradientsParams,
}

/// The memory of runs over batches, used again from one to the next.
#[derive(Default)]
pub(crate) struct Pass {
    input: Vec<f32>,
    traces: Vec<Trace>,
    weights: Vec<Option<Weights>>,
    gradient: Vec<f32>,
    before: Vec<f32>,
}

impl Pass {
    /// Logits of a folded network, a row for each example.
    pub(crate) fn logits(&mut self, network: &Network, features: &[f32], fake: Option<&Fake>) -> Vec<f32> {
        self.forward(network, features, fake, None);
        self.traces.last().map_or_else(Vec::new, |trace| reals(trace, fake))
    }

    /// Gradients of the mean cross-entropy of a batch. A batch norm takes the batch's own statistics, and remembers them
    /// as burn's does.
    pub(crate) fn gradients(
        &mut self,
        network: &Network,
        features: &[f32],
        fake: Option<&Fake>,
        wanted: &Wanted,
    ) -> Gradients {
        let examples = features.len() / network.graph.items();
        self.forward(network, features, fake, wanted.keep);
        remember(network, &self.traces);
        let logits = self.traces.last().map_or_else(Vec::new, |trace| reals(trace, fake));
        let (loss, gradient) = cross_entropy(&logits, wanted.targets, examples);
        let mut parameters = GradientsParams::new();
        self.backward(network, fake, wanted, gradient, &mut parameters);
        Gradients { loss, logits, parameters }
    }

    fn forward(&mut self, network: &Network, features: &[f32], fake: Option<&Fake>, keep: Option<&[f32]>) {
        let examples = features.len() / network.graph.items();
        self.traces.resize_with(network.graph.steps.len(), Trace::default);
        self.weights.clear();
        enter(&network.normalisation, features, fake.map(|fake| fake.activations[0]), &mut self.input);
        let mut layers = network.layers.iter();
        for (index, step) in network.graph.steps.iter().enumerate() {
            let (done, rest) = self.traces.split_at_mut(index);
            let trace = &mut rest[0];
            let x = done.last_mut().map_or(&mut self.input, |trace| &mut trace.output);
            if !step.op.has_weights() {
                mean(x, step, fake.map(|fake| (fake, index)), &mut trace.output);
                self.weights.push(None);
                continue;
            }
            let layer = layers.next().expect("one layer for each step with weights");
            let weights = Weights::of(layer, step.op, fake.map(|fake| (fake, index)));
            if let (Op::Dense { .. }, Some(keep)) = (step.op, keep) {
                x.iter_mut().zip(keep).for_each(|(x, keep)| *x *= keep);
            }
            trace.sum(step, x, examples, &weights);
            match fake {
                None => trace.activate(layer, step),
                Some(fake) => round(trace, step, &weights.scales, fake, index),
            }
            self.weights.push(Some(weights));
        }
    }

    /// From the gradient of the logits to those of all parameters.
    fn backward(
        &mut self,
        network: &Network,
        fake: Option<&Fake>,
        wanted: &Wanted,
        gradient: Vec<f32>,
        parameters: &mut GradientsParams,
    ) {
        self.gradient = gradient;
        let mut place = network.layers.len();
        for (index, step) in network.graph.steps.iter().enumerate().rev() {
            let (done, rest) = self.traces.split_at_mut(index);
            let trace = &mut rest[0];
            let x = done.last().map_or(&self.input, |trace| &trace.output);
            self.before.resize(x.len(), 0.0);
            let Some(weights) = &self.weights[index] else {
                spread(step, &self.gradient, &mut self.before);
                std::mem::swap(&mut self.gradient, &mut self.before);
                continue;
            };
            place -= 1;
            if place < wanted.frozen {
                break;
            }
            let layer = &network.layers[place];
            if let Some(fake) = fake {
                clip(&mut self.gradient, trace, step, fake.activations[index + 1]);
            }
            let norm = trace.deactivate(layer, step, &mut self.gradient);
            let down = place > wanted.frozen;
            let real = real_weights(weights);
            let used = real.as_ref().unwrap_or(weights);
            let mut dw = trace.backward(step, x, used, &self.gradient, down.then_some(&mut self.before));
            if let Some(fake) = fake {
                dw.iter_mut().for_each(|dw| *dw *= fake.activations[index].scale);
            }
            register(parameters, layer, step.op, &dw);
            match (&layer.norm, norm) {
                (Some(norm), Some([gamma, beta])) => {
                    vector(parameters, norm.gamma.id, gamma);
                    vector(parameters, norm.beta.id, beta);
                }
                _ => vector(parameters, layer.bias.id, bias_gradient(&self.gradient, weights.bias.len())),
            }
            if let Op::Dense { .. } = step.op {
                if let (Some(layer), Some(asked)) = (&network.aside, wanted.auxiliary) {
                    auxiliary(layer, step, x, asked, down.then_some(&mut self.before), parameters);
                }
                if let Some(keep) = wanted.keep {
                    self.before.iter_mut().zip(keep).for_each(|(g, keep)| *g *= keep);
                }
            }
            std::mem::swap(&mut self.gradient, &mut self.before);
        }
    }
}

/// The auxiliary head: its gradients, and what it adds to those of its input.
fn auxiliary(
    layer: &Layer,
    step: &Step,
    x: &[f32],
    asked: Auxiliary,
    dx: Option<&mut Vec<f32>>,
    parameters: &mut GradientsParams,
) {
    let mut weights = Weights::of(layer, step.op, None);
    let step = Step { output: [1, 1, weights.bias.len()], ..*step };
    let width: usize = step.input.iter().product();
    let examples = x.len() / width;
    let mut x = x.to_vec();
    let mut trace = Trace::default();
    let lengths = asked.margin.map(|_| [&mut x, &mut weights.values].map(|rows| directions(rows, width)));
    if asked.margin.is_some() {
        weights.values.iter_mut().for_each(|w| *w *= SHARPNESS);
    }
    trace.sum(&step, &x, examples, &weights);
    if let Some(margin) = asked.margin {
        trace.sums.iter_mut().zip(asked.targets).for_each(|(z, wanted)| *z -= SHARPNESS * margin * wanted);
    }
    let (_, mut gradient) = cross_entropy(&trace.sums, asked.targets, examples);
    gradient.iter_mut().for_each(|g| *g *= asked.weight);
    let mut part = vec![0.0; x.len()];
    let mut dw = trace.backward(&step, &x, &weights, &gradient, Some(&mut part));
    if let Some([of_x, of_weights]) = &lengths {
        cosine::back(&mut part, &x, of_x);
        weights.values.iter_mut().for_each(|w| *w /= SHARPNESS);
        cosine::back(&mut dw, &weights.values, of_weights);
        dw.iter_mut().for_each(|dw| *dw *= SHARPNESS);
    }
    register(parameters, layer, step.op, &dw);
    vector(parameters, layer.bias.id, bias_gradient(&gradient, weights.bias.len()));
    if let Some(dx) = dx {
        dx.iter_mut().zip(&part).for_each(|(dx, part)| *dx += part);
    }
}

/// Features as the first layer reads them: normalised, or in whole steps.
fn enter(n: &Normalisation, features: &[f32], steps: Option<Affine>, input: &mut Vec<f32>) {
    input.clear();
    for row in features.chunks_exact(n.mean.len()) {
        let normed =
            row.iter().zip(&n.mean).zip(&n.deviation).map(|((x, mean), deviation)| (x - mean) / deviation);
        match steps {
            None => input.extend(normed),
            Some(affine) => input.extend(normed.map(|x| {
                let [least, most] = ends(affine);
                (x.clamp(least * affine.scale, most * affine.scale) / affine.scale).round_ties_even()
            })),
        }
    }
}

/// The least and the largest count of steps from zero.
fn ends(affine: Affine) -> [f32; 2] {
    [-128, 127].map(|end| (end - affine.zero_point) as f32)
}

/// Sums in whole steps as the integer kernels write them.
fn round(trace: &mut Trace, step: &Step, scales: &[f32], fake: &Fake, index: usize) {
    let (read, written) = (fake.activations[index], fake.activations[index + 1]);
    let factors = scales.iter().map(|scale| {
        Factor::from_real(factor(read, *scale, written)).expect("steps are positive and far below 2^30")
    });
    let factors: Vec<Factor> = factors.collect();
    let [low, most] = ends(written);
    let least = if matches!(step.op, Op::Dense { .. }) { low } else { low.max(0.0) };
    trace.output.resize(trace.sums.len(), 0.0);
    let pixels = trace.sums.chunks_exact_mut(factors.len()).zip(trace.output.chunks_exact_mut(factors.len()));
    for (sums, out) in pixels {
        for ((sum, out), factor) in sums.iter_mut().zip(out).zip(&factors) {
            *sum = factor.apply(*sum as i32) as f32;
            *out = sum.clamp(least, most);
        }
    }
}

/// Nothing passes back where a rounded sum was clipped.
fn clip(gradient: &mut [f32], trace: &Trace, step: &Step, affine: Affine) {
    let [low, most] = ends(affine);
    let relu = !matches!(step.op, Op::Dense { .. });
    for (g, sum) in gradient.iter_mut().zip(&trace.sums) {
        if *sum > most || *sum < low || (relu && *sum <= 0.0) {
            *g = 0.0;
        }
    }
}

/// Weights in real numbers, where the run had them in steps.
fn real_weights(weights: &Weights) -> Option<Weights> {
    if weights.scales.is_empty() {
        return None;
    }
    let outputs = weights.bias.len();
    let (values, bias) = (weights.values.clone(), weights.bias.clone());
    let mut real = Weights { values, bias, scales: Vec::new(), by_tap: weights.by_tap };
    let each = weights.values.len() / outputs;
    for (index, value) in real.values.iter_mut().enumerate() {
        *value *= weights.scales[if weights.by_tap { index % outputs } else { index / each }];
    }
    Some(real)
}

/// The mean over rows and columns; in whole steps, as [`Fake::mean`] rounds it.
fn mean(x: &[f32], step: &Step, fake: Option<(&Fake, usize)>, out: &mut Vec<f32>) {
    let [rows, columns, channels] = step.input;
    let pixels = (rows * columns) as f32;
    out.clear();
    for example in x.chunks_exact(rows * columns * channels) {
        let start = out.len();
        out.resize(start + channels, 0.0);
        for pixel in example.chunks_exact(channels) {
            out[start..].iter_mut().zip(pixel).for_each(|(total, value)| *total += value);
        }
    }
    let Some((fake, index)) = fake else {
        out.iter_mut().for_each(|total| *total /= pixels);
        return;
    };
    let affine = fake.activations[index + 1];
    let [low, most] = ends(affine);
    let zero = affine.zero_point as f32;
    for total in out.iter_mut() {
        // `f32::round` takes ties away from zero, as the average pool does, from the integer zero.
        *total = ((*total / pixels + zero).round() - zero).clamp(low, most);
    }
}

/// The way back over [`mean`].
fn spread(step: &Step, gradient: &[f32], before: &mut [f32]) {
    let [rows, columns, channels] = step.input;
    let share = 1.0 / (rows * columns) as f32;
    for (example, gradient) in
        before.chunks_exact_mut(rows * columns * channels).zip(gradient.chunks_exact(channels))
    {
        for pixel in example.chunks_exact_mut(channels) {
            pixel.iter_mut().zip(gradient).for_each(|(out, g)| *out = g * share);
        }
    }
}

/// The output of the last step in real numbers.
fn reals(trace: &Trace, fake: Option<&Fake>) -> Vec<f32> {
    let scale = fake.and_then(|fake| fake.activations.last()).map_or(1.0, |affine| affine.scale);
    trace.output.iter().map(|value| value * scale).collect()
}

/// Mean cross-entropy, and its gradient in the logits.
fn cross_entropy(logits: &[f32], targets: &[f32], examples: usize) -> (f64, Vec<f32>) {
    let labels = logits.len() / examples;
    let mut gradient = Vec::with_capacity(logits.len());
    let mut loss = 0.0;
    for (row, target) in logits.chunks_exact(labels).zip(targets.chunks_exact(labels)) {
        let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = row.iter().map(|z| (z - top).exp()).sum();
        let asked: f32 = target.iter().sum();
        for (z, wanted) in row.iter().zip(target) {
            let log = z - top - sum.ln();
            loss -= f64::from(log * wanted);
            gradient.push((log.exp() * asked - wanted) / examples as f32);
        }
    }
    (loss / examples as f64, gradient)
}

/// Batch norms follow what they have seen.
fn remember(network: &Network, traces: &[Trace]) {
    let steps = network.graph.steps.iter().zip(traces).filter(|(step, _)| step.op.has_weights());
    for (layer, (_, trace)) in network.layers.iter().zip(steps) {
        let Some(norm) = &layer.norm else { continue };
        let seen =
            [(&norm.running_mean, &trace.statistics.mean), (&norm.running_var, &trace.statistics.variance)];
        for (running, now) in seen {
            let share = norm.momentum as f32;
            let before = running.value_sync();
            let device = before.device();
            let mixed = values(before).iter().zip(now).map(|(b, n)| b * (1.0 - share) + n * share).collect();
            running.update(Tensor::from_data(TensorData::new(mixed, [now.len()]), &device));
            running.value_sync();
        }
    }
}

fn register(parameters: &mut GradientsParams, layer: &Layer, op: Op, dw: &[f32]) {
    let dims = layer.weight.val().dims();
    let dw = reorder(dw, dims, op, Order::Burn);
    parameters.register::<4>(layer.weight.id, Tensor::from_data(TensorData::new(dw, dims), &Device::flex()));
}

fn vector(parameters: &mut GradientsParams, id: ParamId, values: Vec<f32>) {
    let size = [values.len()];
    parameters.register::<1>(id, Tensor::from_data(TensorData::new(values, size), &Device::flex()));
}
