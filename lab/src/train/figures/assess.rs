//! What a network makes of clips.

use super::metrics::{Confusion, largest};
use crate::device::Backend;
use crate::native::Pass;
use crate::nets::{Network, fold, values};
use crate::quantise::Fake;
use crate::train::data::batches::{Batch, tensor};

/// Clips that go through the network at once.
const AT_ONCE: usize = 64;

/// Predictions of a network over a batch of any size.
///
/// Returns the mean over the classes of their mean cross-entropy, and the counts.
#[must_use]
pub fn assess(network: &Network, batch: &Batch, fake: Option<&Fake>, backend: Backend) -> (f64, Confusion) {
    let classes = network.graph.steps.last().map_or(0, |s| s.output[2]);
    let mut confusion = Confusion::new(classes);
    let mut losses = vec![(0.0, 0usize); classes];
    for (row, &class) in logits(network, batch, fake, backend).iter().zip(&batch.classes) {
        confusion.add(class, largest(row));
        losses[class].0 -= log_probability(row, class);
        losses[class].1 += 1;
    }
    let means: Vec<f64> = losses.iter().filter(|l| l.1 > 0).map(|l| l.0 / l.1 as f64).collect();
    (means.iter().sum::<f64>() / means.len().max(1) as f64, confusion)
}

/// Logits of each clip of a batch of any size.
pub(crate) fn logits(
    network: &Network,
    batch: &Batch,
    fake: Option<&Fake>,
    backend: Backend,
) -> Vec<Vec<f32>> {
    let device = backend.device();
    let folded = (backend == Backend::Native).then(|| fold(network, &device));
    let (mut pass, items) = (Pass::default(), network.graph.items());
    let mut rows = Vec::with_capacity(batch.classes.len());
    for start in (0..batch.classes.len()).step_by(AT_ONCE) {
        let range = start..(start + AT_ONCE).min(batch.classes.len());
        let logits = match &folded {
            Some(folded) => {
                pass.logits(folded, &batch.features[range.start * items..range.end * items], fake)
            }
            None => {
                values(network.forward(tensor(batch, range, network.graph.features, &device), fake, None))
            }
        };
        let labels = network.graph.steps.last().map_or(1, |step| step.output[2]);
        rows.extend(logits.chunks_exact(labels).map(<[f32]>::to_vec));
    }
    rows
}

/// Logarithm of the probability that logits give a class.
fn log_probability(row: &[f32], class: usize) -> f64 {
    let top = f64::from(row[largest(row)]);
    let sum: f64 = row.iter().map(|&z| (f64::from(z) - top).exp()).sum();
    f64::from(row[class]) - top - sum.ln()
}
