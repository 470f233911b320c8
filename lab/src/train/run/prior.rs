//! How frequent each label is where a model is used.
//!
//! Training draws the labels as `mix` says: hard words more often than they are heard, so that they are learnt. The
//! network then takes them for as frequent as that. One number for each label, added to its logit, sets it right
//! (Saerens et al., Neural Computation 14:21, 2002), and moves neither the ROC curve of a label against another nor any
//! other weight.

use burn::tensor::{Tensor, TensorData};

use crate::device::Backend;
use crate::nets::Network;
use crate::quantise::Fake;
use crate::train::data::batches::Batch;
use crate::train::figures::assess::logits;

/// Steps of the search; it has settled after far fewer.
const STEPS: usize = 300;

/// Fits the last layer's biases to `validation`.
pub(crate) fn fit_prior(network: &mut Network, validation: &Batch, fake: Option<&Fake>, backend: Backend) {
    let rows = logits(network, validation, fake, backend);
    let shift: Vec<f32> = shifts(&rows, &validation.classes).iter().map(|s| *s as f32).collect();
    let last = network.layers.last_mut().expect("a network has a layer");
    let size = [shift.len()];
    let shift = Tensor::<1>::from_data(TensorData::new(shift, size), &backend.device());
    last.bias = last.bias.clone().map(|bias| bias + shift);
}

/// What to add to each logit so that the cross-entropy over the clips becomes least.
///
/// The logits' common factor is fitted along and then left out: a network that is too sure of itself would else get
/// other shifts than it needs. A label without a clip keeps its bias.
fn shifts(rows: &[Vec<f32>], classes: &[usize]) -> Vec<f64> {
    let labels = rows.first().map_or(0, Vec::len);
    let mut scale = Scale { factor: 1.0, shift: vec![0.0; labels] };
    let occurs: Vec<bool> = (0..labels).map(|label| classes.contains(&label)).collect();
    let mut here = scale.look(rows, classes);
    let mut pace = 1.0;
    for _ in 0..STEPS {
        let next = scale.after(&here, pace, &occurs);
        let there = next.look(rows, classes);
        // The loss is convex: a step that raises it went too far.
        if there.loss <= here.loss {
            (scale, here) = (next, there);
            pace = f64::min(1.0, pace * 1.5);
        } else {
            pace *= 0.5;
        }
    }
    scale.shift.iter().map(|s| s / scale.factor).collect()
}

/// A factor and shifts of logits.
struct Scale {
    factor: f64,
    shift: Vec<f64>,
}

/// The loss of a scale, and its slope and curvature: of the factor, and of each shift.
struct View {
    loss: f64,
    factor: [f64; 2],
    shift: Vec<[f64; 2]>,
}

impl Scale {
    /// Mean cross-entropy over clips. Each shift is held as if by one clip, so that it stays finite where every clip is
    /// right.
    fn look(&self, rows: &[Vec<f32>], classes: &[usize]) -> View {
        let clips = rows.len() as f64;
        let held = self.shift.iter().map(|s| s * s / 2.0).sum::<f64>();
        let shift = self.shift.iter().map(|s| [s / clips, 1.0 / clips]).collect();
        let mut view = View { loss: held / clips, factor: [0.0, 1e-9], shift };
        for (row, &class) in rows.iter().zip(classes) {
            let row: Vec<f64> = row.iter().map(|z| f64::from(*z)).collect();
            let scaled: Vec<f64> = row.iter().zip(&self.shift).map(|(z, s)| self.factor * z + s).collect();
            let p = softmax(&scaled);
            let mean: f64 = row.iter().zip(&p).map(|(z, p)| z * p).sum();
            let spread: f64 = row.iter().zip(&p).map(|(z, p)| p * (z - mean) * (z - mean)).sum();
            view.loss -= p[class].max(f64::MIN_POSITIVE).ln() / clips;
            view.factor[0] += (mean - row[class]) / clips;
            view.factor[1] += spread / clips;
            for (label, (bend, p)) in view.shift.iter_mut().zip(p).enumerate() {
                bend[0] += (p - f64::from(u8::from(label == class))) / clips;
                bend[1] += p * (1.0 - p) / clips;
            }
        }
        view
    }

    /// The scale after a step down, by the curvature of each number on its own.
    fn after(&self, view: &View, pace: f64, moves: &[bool]) -> Self {
        let step = |&[slope, bend]: &[f64; 2]| pace * slope / bend;
        let shift = self.shift.iter().zip(&view.shift).zip(moves);
        Self {
            factor: (self.factor - step(&view.factor)).max(0.05),
            shift: shift.map(|((s, view), moves)| if *moves { s - step(view) } else { *s }).collect(),
        }
    }
}

fn softmax(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = row.iter().map(|z| (z - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|p| p / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clips of two labels, the first nine times as frequent, by a network that takes them for equally frequent and
    /// whose logits are `sure` times too large.
    fn clips(sure: f32) -> (Vec<Vec<f32>>, Vec<usize>) {
        let (mut rows, mut classes) = (Vec::new(), Vec::new());
        for evidence in [-2.0f32, -1.0, 0.0, 1.0, 2.0] {
            // Odds of the labels for this evidence, times nine to one.
            let odds = 9.0 * (-evidence).exp();
            let second = (1000.0 * f64::from(1.0 / (1.0 + odds))).round() as usize;
            for index in 0..1000 {
                rows.push(vec![0.0, sure * evidence]);
                classes.push(usize::from(index < second));
            }
        }
        (rows, classes)
    }

    #[test]
    fn the_frequencies_are_found_whatever_the_logits_scale() {
        for sure in [0.5, 1.0, 3.0] {
            let (rows, classes) = clips(sure);
            let shift = shifts(&rows, &classes);
            let wanted = f64::from(sure) * 9f64.ln();
            let found = shift[0] - shift[1];
            assert!((found - wanted).abs() < 0.05 * wanted, "{found} at {sure}, expected {wanted}");
        }
    }

    #[test]
    fn a_label_without_a_clip_keeps_its_bias_and_perfect_clips_stay_finite() {
        let rows: Vec<Vec<f32>> =
            (0..20).map(|i| if i % 2 == 0 { vec![4.0, 0.0, 0.0] } else { vec![0.0, 4.0, 0.0] }).collect();
        let classes: Vec<usize> = (0..20).map(|i| i % 2).collect();
        let shift = shifts(&rows, &classes);
        assert_eq!(shift[2], 0.0);
        assert!(shift.iter().all(|s| s.abs() < 5.0), "{shift:?}");
    }
}
