//! Sizes of steps, and what is counted in them: one arithmetic for training with rounding and for export.

use super::affine::Affine;
use crate::nets::Op;

/// Largest weight integer; −128 is left out, as TFLite demands.
pub(super) const WEIGHT_LIMIT: f32 = 127.0;

/// Most steps of a bias. Weights next to nothing beside their bias have longer steps than they need, or the bias would
/// not fit 32 bits; and sums stay below 2²⁴, up to which floats hold every integer.
const BIAS_LIMIT: f32 = (1 << 22) as f32;

/// Size of a step of the weights: one per output, or a single one for a dense layer. `input` is the size of a step of
/// what the layer reads.
pub(super) fn weight_steps(weights: &[f32], bias: &[f32], input: f32, op: Op) -> Vec<f32> {
    let groups = if matches!(op, Op::Dense { .. }) { 1 } else { bias.len() };
    let largest = |values: &[f32]| values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
    let pairs = weights.chunks_exact(weights.len() / groups).zip(bias.chunks_exact(bias.len() / groups));
    let step = |(weights, bias)| {
        f32::max(largest(weights).max(1e-12) / WEIGHT_LIMIT, largest(bias) / (input * BIAS_LIMIT))
    };
    pairs.map(step).collect()
}

/// A bias in steps of input × weight.
pub(super) fn bias_steps(bias: f32, input: f32, weight: f32) -> i32 {
    (f64::from(bias) / (f64::from(input) * f64::from(weight))).round() as i32
}

/// Factor from a sum's steps to an output's.
pub(crate) fn factor(input: Affine, weight: f32, output: Affine) -> f64 {
    f64::from(input.scale) * f64::from(weight) / f64::from(output.scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::Padding;

    const OP: Op = Op::Depthwise { kernel: [1, 2], stride: [1, 1], padding: Padding::Same };

    #[test]
    fn each_output_has_its_step_and_a_dense_layer_one() {
        let (weights, bias) = ([1.27, -0.1, 0.0, 12.7], [0.5, 0.5]);
        let steps = weight_steps(&weights, &bias, 0.1, OP);
        assert!((steps[0] - 0.01).abs() < 1e-7 && (steps[1] - 0.1).abs() < 1e-7, "{steps:?}");
        let steps = weight_steps(&weights, &bias, 0.1, Op::Dense { units: 2 });
        assert!(steps.len() == 1 && (steps[0] - 0.1).abs() < 1e-7, "{steps:?}");
    }

    #[test]
    fn a_bias_keeps_its_value_where_the_weights_have_died() {
        let input = 0.02;
        let steps = weight_steps(&[0.0, 0.0, 1e-20, 0.0], &[0.7, -3.0], input, OP);
        for (bias, step) in [0.7, -3.0].into_iter().zip(steps) {
            let found = bias_steps(bias, input, step) as f32 * input * step;
            assert!((found - bias).abs() < 1e-5, "{bias} became {found}");
        }
    }
}
