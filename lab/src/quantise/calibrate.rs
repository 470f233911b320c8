//! Ranges of activations, seen over a calibration list.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::fake::Fake;
use crate::nets::{Network, Op, values};

/// How a range is read off the values that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// The smallest and the largest.
    MinMax,
    /// All but this share of values at either end.
    Percentile(f64),
}

/// Runs `batches` of features through a folded network and covers what each activation showed.
///
/// `input` is the quantisation of features that arrive as bytes. Other input is always covered from end to end: its
/// clipping would distort quiet and loud clips alike.
///
/// # Panics
/// When `batches` is empty.
#[must_use]
pub fn calibrate(
    network: &Network,
    batches: &[Tensor<3>],
    method: Calibration,
    input: Option<Affine>,
) -> Fake {
    let mut seen: Vec<Vec<f32>> = Vec::new();
    for batch in batches {
        let trace = network.trace(batch.clone(), None, None);
        seen.resize(trace.len(), Vec::new());
        for (all, activation) in seen.iter_mut().zip(trace) {
            all.extend(values(activation));
        }
    }
    assert!(!seen.is_empty(), "a calibration list has at least one clip");
    let mut activations: Vec<Affine> = Vec::with_capacity(seen.len());
    for (index, mut values) in seen.into_iter().enumerate() {
        let averaged = index > 0 && network.graph.steps[index - 1].op == Op::Mean;
        activations.push(if averaged {
            // TFLite's average pool has one quantisation for both sides.
            activations[index - 1]
        } else if let Some(input) = input.filter(|_| index == 0) {
            input
        } else {
            cover(&mut values, if index == 0 { Calibration::MinMax } else { method })
        });
    }
    Fake { activations }
}

fn cover(values: &mut [f32], method: Calibration) -> Affine {
    values.sort_unstable_by(f32::total_cmp);
    let outside = match method {
        Calibration::MinMax => 0,
        Calibration::Percentile(share) => (values.len() as f64 * share) as usize,
    };
    Affine::covering(values[outside], values[values.len() - 1 - outside])
}
