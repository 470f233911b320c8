//! Softening a network's answers (Guo et al., arXiv:1706.04599): every logit divided by a temperature.
//!
//! Which label is likeliest does not change. But a network that has learnt its clips well says 0 or 1 of nearly
//! everything, and the mean over a window of time, by which a stream is judged, then counts votes; softened, it weighs
//! how sure each one was.

use burn::tensor::Tensor;

use crate::device::Backend;
use crate::nets::Network;
use crate::quantise::Fake;
use crate::train::data::batches::Batch;
use crate::train::figures::assess::logits;
use crate::train::figures::confidence::Confidence;

/// Softens, or sharpens, the float network and the rounded one; each by the temperature that suits it on `validation`,
/// where none is stated.
pub(crate) fn set_temperature(
    float: &mut Network,
    (rounded, fake): (&mut Network, &mut Fake),
    stated: Option<f32>,
    validation: &Batch,
    backend: Backend,
) -> [Confidence; 2] {
    let classes = &validation.classes;
    let first = Confidence::new(&logits(float, validation, None, backend), classes, stated);
    let second = Confidence::new(&logits(rounded, validation, Some(fake), backend), classes, stated);
    temper(float, first.temperature);
    temper(rounded, second.temperature);
    temper_steps(fake, second.temperature);
    [first, second]
}

/// Divides the last layer's weights and biases.
fn temper(network: &mut Network, temperature: f32) {
    let last = network.layers.last_mut().expect("a network has a layer");
    let cool = |w: Tensor<4>| w.div_scalar(temperature);
    last.weight = last.weight.clone().map(cool);
    last.bias = last.bias.clone().map(|bias| bias.div_scalar(temperature));
}

/// Divides the size of a logit's step: the integers stay what they were.
fn temper_steps(fake: &mut Fake, temperature: f32) {
    let logits = fake.activations.last_mut().expect("a network has an output");
    logits.scale /= temperature;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{Architecture, Padding, values};
    use crate::quantise::{Calibration, calibrate, quantise};
    use burn::tensor::{Device, Distribution};

    #[test]
    fn logits_are_divided_and_integers_stay() {
        let _turn = crate::device::alone();
        let device = Device::flex();
        device.seed(1);
        let graph = Architecture::TinyConv { filters: 2, padding: Padding::Same }.graph([20, 8, 1], 3);
        let mut network = Network::folded(graph, &device);
        let x = Tensor::<3>::random([4, 20, 8], Distribution::Normal(0.0, 2.0), &device);
        let mut fake = calibrate(&network, std::slice::from_ref(&x), Calibration::MinMax, None);
        let (before, integers) = (values(network.forward(x.clone(), None, None)), quantise(&network, &fake));
        temper(&mut network, 2.0);
        temper_steps(&mut fake, 2.0);
        let (after, softened) = (values(network.forward(x, None, None)), quantise(&network, &fake));
        for (before, after) in before.iter().zip(&after) {
            assert!((before / 2.0 - after).abs() < 1e-5);
        }
        for (hard, soft) in integers.layers.iter().zip(&softened.layers) {
            assert_eq!((&hard.weights, &hard.bias), (&soft.weights, &soft.bias));
        }
    }
}
