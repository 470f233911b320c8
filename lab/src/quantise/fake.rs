//! Fake quantisation: float tensors that take only the values that the integer model can hold.
//!
//! Gradients pass straight through the rounding (Bengio et al., arXiv:1308.3432), and stop where a value is
//! clipped (Jacob et al., arXiv:1712.05877).

use burn::tensor::{Tensor, TensorData};
use kws_stages::nn::fixed::Factor;

use super::affine::Affine;
use super::steps::{bias_steps, factor, weight_steps};
use crate::nets::{Op, values};

/// The quantisation of a network's activations: the input, then each step's output.
#[derive(Clone, Debug)]
pub struct Fake {
    /// One for each entry of [`Network::trace`](crate::nets::Network::trace).
    pub activations: Vec<Affine>,
}

impl Fake {
    /// Rounds an activation to its steps.
    pub(crate) fn activation(&self, x: Tensor<4>, index: usize) -> Tensor<4> {
        let Affine { scale, zero_point } = self.activations[index];
        let (low, high) = ((-128 - zero_point) as f32 * scale, (127 - zero_point) as f32 * scale);
        let clipped = x.clamp(low, high);
        let rounded = clipped.clone().detach().div_scalar(scale).round().mul_scalar(scale);
        straight_through(clipped, rounded)
    }

    /// An activation in whole steps. Sums of products of these are exact where they stay below 2²⁴, as the integer
    /// kernels' are; sums of scaled values are not, and what lies near the middle of two steps would go astray.
    pub(crate) fn whole(&self, x: Tensor<4>, index: usize) -> Tensor<4> {
        let steps = x.div_scalar(self.activations[index].scale);
        let rounded = steps.clone().detach().round();
        straight_through(steps, rounded)
    }

    /// Weights and biases in whole steps, and the size of a step of the weights of each output; `index` is the activation
    /// that they are applied to.
    pub(crate) fn weights(
        &self,
        w: Tensor<4>,
        bias: Tensor<1>,
        op: Op,
        index: usize,
    ) -> (Tensor<4>, Tensor<1>, Vec<f32>) {
        let input = self.activations[index].scale;
        let outputs = bias.dims()[0];
        let reals = values(bias.clone().detach());
        let steps = weight_steps(&values(w.clone().detach()), &reals, input, op);
        let steps: Vec<f32> = (0..outputs).map(|o| steps[o % steps.len()]).collect();
        let scales: Tensor<1> = Tensor::from_data(TensorData::new(steps.clone(), [outputs]), &w.device());
        let whole = reals.iter().zip(&steps).map(|(b, step)| bias_steps(*b, input, *step) as f32).collect();
        let whole = Tensor::from_data(TensorData::new(whole, [outputs]), &w.device());
        let bias = bias / scales.clone().mul_scalar(input);
        let w = w / scales.reshape([outputs, 1, 1, 1]);
        let rounded = w.clone().detach().round();
        (straight_through(w, rounded), straight_through(bias, whole), steps)
    }

    /// Sums in whole steps as the activation behind that at `index`, which they were summed over, rounded by the integer
    /// kernels' own arithmetic; `steps` are those of the weights.
    ///
    /// TFLite multiplies by a factor of 0.5 to 1, rounds, divides by a power of two and rounds again. Floats come near
    /// that, and one sum in thousands would still get another step: in a network of many layers every example has some.
    pub(crate) fn requantise(&self, sums: Tensor<4>, steps: &[f32], index: usize) -> Tensor<4> {
        let (read, written) = (self.activations[index], self.activations[index + 1]);
        let factors: Vec<f64> = steps.iter().map(|step| factor(read, *step, written)).collect();
        let [_, outputs, rows, columns] = sums.dims();
        let mut whole = values(sums.clone().detach());
        for (plane, real) in whole.chunks_exact_mut(rows * columns).zip(factors.iter().cycle()) {
            let factor = Factor::from_real(*real).expect("steps are positive and far below 2^30");
            plane.iter_mut().for_each(|sum| *sum = factor.apply(*sum as i32) as f32);
        }
        let rounded = Tensor::<4>::from_data(TensorData::new(whole, sums.dims()), &sums.device());
        let factors: Vec<f32> = factors.iter().map(|factor| *factor as f32 * written.scale).collect();
        let factors = Tensor::<1>::from_data(TensorData::new(factors, [outputs]), &sums.device());
        straight_through(sums * factors.reshape([1, outputs, 1, 1]), rounded.mul_scalar(written.scale))
    }

    /// The mean over rows and columns of the activation at `index`, rounded as TFLite's average pool does: ties away
    /// from the integer zero, not from the real one.
    pub(crate) fn mean(&self, x: Tensor<4>, index: usize) -> Tensor<4> {
        let Affine { scale, zero_point } = self.activations[index];
        let [_, _, rows, columns] = x.dims();
        let steps = x.clone().detach().div_scalar(scale).round().sum_dim(2).sum_dim(3);
        let mean = steps.div_scalar((rows * columns) as f32).add_scalar(zero_point as f32);
        let rounded = away_from_zero(mean).sub_scalar(zero_point as f32).mul_scalar(scale);
        straight_through(x.mean_dim(2).mean_dim(3), rounded)
    }
}

/// The nearest integers, ties away from zero.
fn away_from_zero(x: Tensor<4>) -> Tensor<4> {
    x.clone().sign() * x.abs().add_scalar(0.5).floor()
}

/// The value of `rounded` with the gradient of `x`.
fn straight_through<const D: usize>(x: Tensor<D>, rounded: Tensor<D>) -> Tensor<D> {
    let plain = x.clone().detach();
    x + (rounded - plain)
}
