//! Fake quantisation: float tensors that take only the values that the integer model can hold.
//!
//! Gradients pass straight through the rounding (Bengio et al., arXiv:1308.3432), and stop where a value is
//! clipped (Jacob et al., arXiv:1712.05877).

use std::f32::consts::LN_2;

use burn::tensor::Tensor;

use super::affine::Affine;
use crate::nets::Op;

/// Largest weight integer; −128 is left out, as TFLite demands.
pub(crate) const WEIGHT_LIMIT: f32 = 127.0;

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

    /// Weights in whole steps, 255 around zero, and the size of a step: one per output, `[outputs]`, which are all the
    /// same for a dense layer.
    pub(crate) fn weight(&self, w: Tensor<4>, op: Op) -> (Tensor<4>, Tensor<1>) {
        let values = w.clone().detach();
        let [outputs, ..] = values.dims();
        let largest: Tensor<2> = values.clone().abs().flatten::<2>(1, 3).max_dim(1);
        let largest: Tensor<4> = match op {
            Op::Dense { .. } => largest.max_dim(0).reshape([1, 1, 1, 1]),
            _ => largest.reshape([outputs, 1, 1, 1]),
        };
        let scale = largest.clamp_min(1e-12).div_scalar(WEIGHT_LIMIT);
        let rounded = (values / scale.clone()).round();
        let each: Tensor<1> = scale.clone().expand([outputs, 1, 1, 1]).reshape([outputs]);
        (straight_through(w / scale, rounded), each)
    }

    /// Biases in whole steps of the sums, the size of a step for each output being given.
    pub(crate) fn bias(&self, bias: Tensor<1>, step: Tensor<1>) -> Tensor<1> {
        let steps = bias / step;
        let rounded = steps.clone().detach().round();
        steps.clone() + (rounded - steps.detach())
    }
}

impl Fake {
    /// Sums in whole steps as the activation at `index`, rounded as the integer kernels round: `scales` are the sizes of
    /// a sum's step, one per output.
    ///
    /// TFLite multiplies by a factor of 0.5 to 1, rounds, divides by a power of two and rounds again. Rounding once
    /// would give another step for about one sum in five hundred, and with that other outputs for some clips.
    pub(crate) fn requantise(&self, sums: Tensor<4>, scales: Tensor<1>, index: usize) -> Tensor<4> {
        let step = self.activations[index].scale;
        let outputs = scales.dims()[0];
        let scales = scales.reshape([1, outputs, 1, 1]);
        let factor = scales.clone().detach().div_scalar(step);
        let exponent = factor.clone().log().div_scalar(LN_2).floor().add_scalar(1.0);
        let power = |exponent: Tensor<4>| exponent.clamp_min(0.0).mul_scalar(LN_2).exp().round();
        let (left, right) = (power(exponent.clone()), power(exponent.neg()));
        let factor = factor / left.clone() * right.clone();
        let first = (sums.clone().detach() * left * factor).round() / right;
        straight_through(sums * scales, away_from_zero(first).mul_scalar(step))
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
fn straight_through(x: Tensor<4>, rounded: Tensor<4>) -> Tensor<4> {
    let plain = x.clone().detach();
    x + (rounded - plain)
}
