//! The mean of the weights of the last steps (Polyak and Juditsky, SIAM J. Control Optim. 30:838, 1992), which is often
//! the better network: a step follows a few clips, the mean follows none.

use burn::module::{Module, Param};
use burn::nn::BatchNorm;
use burn::tensor::Tensor;

use crate::nets::{Layer, Network};

/// A network whose weights and batch statistics follow those of another, each step counting less the older it is.
pub(crate) struct Average {
    pub(crate) network: Network,
    keep: f64,
}

impl Average {
    /// Begins at a network; `keep` is the share of the mean that stays at a step.
    pub(crate) fn new(network: &Network, keep: f64) -> Self {
        Self { network: network.valid(), keep }
    }

    /// Takes in the network after `step` (from zero). The first steps count for less time, or the mean would remember
    /// the random weights.
    pub(crate) fn follow(&mut self, network: &Network, step: usize) {
        let steps = step as f64 + 1.0;
        let keep = self.keep.min(steps / (steps + 9.0)) as f32;
        let now = network.valid();
        let mean = self.network.clone();
        let layer = |(mean, now): (Layer, Layer)| between(mean, &now, keep);
        self.network.layers = mean.layers.into_iter().zip(now.layers).map(layer).collect();
        self.network.aside = mean.aside.zip(now.aside).map(layer);
    }
}

fn between(mean: Layer, now: &Layer, keep: f32) -> Layer {
    if let (Some(mean), Some(now)) = (&mean.norm, &now.norm) {
        statistics(mean, now, keep);
    }
    let norm = mean.norm.zip(now.norm.as_ref()).map(|(mean, now)| BatchNorm {
        gamma: weights(mean.gamma, &now.gamma, keep),
        beta: weights(mean.beta, &now.beta, keep),
        ..mean
    });
    Layer { weight: weights(mean.weight, &now.weight, keep), bias: weights(mean.bias, &now.bias, keep), norm }
}

fn statistics(mean: &BatchNorm, now: &BatchNorm, keep: f32) {
    for (mean, now) in [(&mean.running_mean, &now.running_mean), (&mean.running_var, &now.running_var)] {
        mean.update(lean(mean.value_sync(), now.value_sync(), keep));
        mean.value_sync();
    }
}

fn weights<const D: usize>(mean: Param<Tensor<D>>, now: &Param<Tensor<D>>, keep: f32) -> Param<Tensor<D>> {
    mean.map(|mean| lean(mean, now.val(), keep))
}

fn lean<const D: usize>(mean: Tensor<D>, now: Tensor<D>, keep: f32) -> Tensor<D> {
    mean.mul_scalar(keep) + now.mul_scalar(1.0 - keep)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{Architecture, Normalisation, Padding, values};
    use burn::tensor::Device;

    /// A network whose every value is `value`.
    fn even(value: f32) -> Network {
        let graph = Architecture::TinyConv { filters: 2, padding: Padding::Same }.graph([20, 8, 1], 3);
        let _turn = crate::device::alone();
        let mut network = Network::init(graph, &Normalisation::none(8), &Device::flex());
        for layer in &mut network.layers {
            layer.weight = layer.weight.clone().map(|w| w.full_like(value));
            layer.bias = layer.bias.clone().map(|b| b.full_like(value));
            if let Some(norm) = &mut layer.norm {
                norm.gamma = norm.gamma.clone().map(|g| g.full_like(value));
                norm.running_mean.update(norm.running_mean.value().full_like(value));
                norm.running_mean.value_sync();
            }
        }
        network
    }

    #[test]
    fn weights_and_statistics_follow() {
        let mut average = Average::new(&even(0.0), 0.75);
        let mut wanted = 0.0;
        for step in 0..40 {
            average.follow(&even(1.0), step);
            let keep: f32 = 0.75f32.min((step as f32 + 1.0) / (step as f32 + 10.0));
            wanted = wanted * keep + 1.0 - keep;
        }
        let layer = &average.network.layers[0];
        let norm = layer.norm.as_ref().unwrap();
        for value in [
            values(layer.weight.val())[0],
            values(layer.bias.val())[0],
            values(norm.gamma.val())[0],
            values(norm.running_mean.value())[0],
        ] {
            assert!((value - wanted).abs() < 1e-5, "{value}, expected {wanted}");
        }
        assert_eq!(layer.weight.id, even(0.0).layers[0].weight.id, "files would differ from run to run");
    }
}
