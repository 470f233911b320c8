//! Folding batch norm and input normalisation into weights, after which a network is convolutions and ReLUs.

use burn::tensor::{Device, Tensor, TensorData};

use super::graph::{Layout, Normalisation};
use super::network::{Layer, Network};

/// The same function with fewer parts: no batch norm, no normalisation, raw features in.
#[must_use]
pub fn fold(network: &Network, device: &Device) -> Network {
    let layers = network.layers.iter().enumerate();
    let mut layers: Vec<Layer> = layers.map(|(place, layer)| fold_norm(place, layer, device)).collect();
    if let Some(first) = layers.first_mut() {
        fold_input(first, network, device);
    }
    let normalisation = Normalisation::none(network.graph.width());
    Network { layers, aside: None, graph: network.graph.clone(), normalisation }
}

fn fold_norm(place: usize, layer: &Layer, device: &Device) -> Layer {
    let (mut weight, mut bias) = (values(layer.weight.val()), values(layer.bias.val()));
    if let Some(norm) = &layer.norm {
        let (gamma, beta) = (values(norm.gamma.val()), values(norm.beta.val()));
        let (mean, variance) =
            (values(norm.running_mean.value_sync()), values(norm.running_var.value_sync()));
        let per_output = weight.len() / bias.len();
        for (o, filter) in weight.chunks_exact_mut(per_output).enumerate() {
            let factor = gamma[o] / (variance[o] + norm.epsilon as f32).sqrt();
            filter.iter_mut().for_each(|w| *w *= factor);
            bias[o] = (bias[o] - mean[o]) * factor + beta[o];
        }
    }
    rebuild(place, weight, layer.weight.val().dims(), bias, device)
}

fn fold_input(first: &mut Layer, network: &Network, device: &Device) {
    let n = &network.normalisation;
    let (mut weight, mut bias) = (values(first.weight.val()), values(first.bias.val()));
    let dims = first.weight.val().dims();
    let taps = dims[2] * dims[3];
    for (o, filter) in weight.chunks_exact_mut(dims[1] * taps).enumerate() {
        for (i, channel) in filter.chunks_exact_mut(taps).enumerate() {
            // Where the features are an image, normalisation is the same for all of it.
            let c = if network.graph.layout == Layout::Sequence { i } else { 0 };
            for w in channel {
                *w /= n.deviation[c];
                bias[o] -= *w * n.mean[c];
            }
        }
    }
    *first = rebuild(0, weight, dims, bias, device);
}

fn rebuild(place: usize, weight: Vec<f32>, dims: [usize; 4], bias: Vec<f32>, device: &Device) -> Layer {
    let outputs = bias.len();
    let weight = Tensor::from_data(TensorData::new(weight, dims), device);
    Layer::new(place, weight, Tensor::from_data(TensorData::new(bias, [outputs]), device), None)
}

/// A tensor's values on the host.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("the lab's networks hold f32")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{Architecture, Padding};
    use burn::tensor::Distribution;

    #[test]
    fn folding_keeps_the_function() {
        let _turn = crate::device::alone();
        let tcn = Architecture::Tcn { first: [8, 5, 3], layers: vec![[3, 8]], last: 8 };
        let tiny = |padding| Architecture::TinyConv { filters: 4, padding };
        for architecture in [tiny(Padding::Same), tiny(Padding::Valid), tcn] {
            let device = Device::flex();
            device.seed(3);
            let n =
                Normalisation { mean: (0..10).map(|i| i as f32 - 4.0).collect(), deviation: vec![2.0; 10] };
            let network = Network::init(architecture.graph([49, 10, 1], 4), &n, &device);
            for layer in &network.layers {
                if let Some(norm) = &layer.norm {
                    let size = norm.gamma.val().dims();
                    norm.running_mean.update(Tensor::random(size, Distribution::Default, &device));
                    norm.running_var.update(Tensor::random(size, Distribution::Uniform(0.5, 2.0), &device));
                    norm.running_mean.value_sync();
                    norm.running_var.value_sync();
                }
            }
            let x = Tensor::<3>::random([2, 49, 10], Distribution::Normal(0.0, 3.0), &device);
            let before = values(network.forward(x.clone(), None, None));
            let after = values(fold(&network, &device).forward(x, None, None));
            for (b, a) in before.iter().zip(&after) {
                assert!((b - a).abs() < 1e-3 * b.abs().max(1.0), "{architecture:?}: {b} became {a}");
            }
        }
    }
}
