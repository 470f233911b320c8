//! Fake quantisation: float tensors that take only the values that the integer model can hold.
//!
//! Gradients pass straight through the rounding (Bengio et al., arXiv:1308.3432), and stop where a value is
//! clipped (Jacob et al., arXiv:1712.05877).

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

    /// Rounds weights to 255 steps around zero: one scale per output, or one in all for a dense layer.
    pub(crate) fn weight(&self, w: Tensor<4>, op: Op) -> Tensor<4> {
        let values = w.clone().detach();
        let [outputs, ..] = values.dims();
        let largest: Tensor<2> = values.clone().abs().flatten::<2>(1, 3).max_dim(1);
        let largest: Tensor<4> = match op {
            Op::Dense { .. } => largest.max_dim(0).reshape([1, 1, 1, 1]),
            _ => largest.reshape([outputs, 1, 1, 1]),
        };
        let scale = largest.clamp_min(1e-12).div_scalar(WEIGHT_LIMIT);
        let rounded = (values / scale.clone()).round() * scale;
        straight_through(w, rounded)
    }
}

/// The value of `rounded` with the gradient of `x`.
fn straight_through(x: Tensor<4>, rounded: Tensor<4>) -> Tensor<4> {
    let plain = x.clone().detach();
    x + (rounded - plain)
}
