//! The fake-quantised network, by which rounding is trained and judged, against the integer runtime.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use burn::tensor::{Device, Distribution, Tensor};
use kws_lab::bundle::{Integer, probabilities};
use kws_lab::nets::{Architecture, Network, Padding, Shape};
use kws_lab::quantise::{Affine, Calibration, calibrate, quantise};
use kws_lab::tflite;

const LABELS: usize = 3;
const EXAMPLES: usize = 24;

/// Pixels as `normalise` writes them.
const PIXELS: Affine = Affine { scale: 1.0 / 255.0, zero_point: -128 };

/// A network of random weights whose logits differ from example to example, and those examples.
fn network(architecture: &Architecture, features: Shape) -> (Network, Tensor<3>) {
    let device = Device::flex();
    device.seed(7);
    let mut network = Network::folded(architecture.graph(features, LABELS), &device);
    let [rows, columns, channels] = features;
    // Some examples are lighter than others: means of mere noise would all be the same.
    let light = Tensor::<3>::random([EXAMPLES, 1, channels], Distribution::Uniform(0.1, 1.0), &device);
    let noise =
        Tensor::random([EXAMPLES, rows, columns * channels], Distribution::Uniform(0.0, 1.0), &device);
    let x =
        (noise * light.repeat_dim(2, columns)).clamp(0.0, 1.0).mul_scalar(255.0).round().div_scalar(255.0);
    for layer in &mut network.layers {
        let size = layer.bias.val().dims();
        let bias = Tensor::random(size, Distribution::Normal(0.0, 0.02), &device);
        layer.bias = layer.bias.clone().map(|_| bias);
    }
    let logits = network.forward(x.clone(), None, None);
    let mean = logits.clone().mean_dim(0);
    let spread = (logits - mean.clone()).powi_scalar(2).mean().sqrt().into_scalar::<f32>() / 2.0;
    let last = network.layers.last_mut().unwrap();
    last.weight = last.weight.clone().map(|w| w.div_scalar(spread));
    last.bias = last.bias.clone().map(|b| (b - mean.flatten::<1>(0, 1)).div_scalar(spread));
    (network, x)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Largest difference, in steps, between a network's probabilities and those of the file that it is written as.
fn largest_difference(network: &Network, x: &Tensor<3>) -> i32 {
    let fake = calibrate(network, std::slice::from_ref(x), Calibration::MinMax, Some(PIXELS));
    let mut integer = Integer::open(&tflite::write(&quantise(network, &fake))).unwrap();
    let features = values(x.clone());
    let rows = probabilities(network, &features, Some(&fake));
    let mut largest = 0;
    for (row, example) in rows.iter().zip(features.chunks_exact(network.graph.items())) {
        let input = integer.quantise(example);
        for (real, found) in row.iter().zip(integer.run(&input)) {
            let wanted = (real * 256.0).round().min(255.0) as i32 - 128;
            largest = largest.max((wanted - i32::from(found)).abs());
        }
    }
    let firsts: Vec<f32> = rows.iter().map(|row| row[0]).collect();
    let spread = firsts.iter().fold(0.0f32, |m, p| m.max(*p)) - firsts.iter().fold(1.0f32, |m, p| m.min(*p));
    assert!(spread > 0.3, "the examples are too much alike to tell anything: {firsts:?}");
    largest
}

#[test]
fn networks_of_images_agree_within_a_step() {
    let separable = Architecture::Separable { first: [8, 5, 4], layers: vec![[16, 1], [24, 2]] };
    let cases = [(Architecture::MobilenetV1 { alpha: 0.25 }, [96, 96, 3]), (separable, [48, 64, 1])];
    for (architecture, features) in cases {
        let (network, x) = network(&architecture, features);
        let found = largest_difference(&network, &x);
        assert!(found <= 1, "{architecture:?}: {found} steps");
    }
}

#[test]
fn networks_of_sound_agree_within_a_step() {
    let tiny = Architecture::TinyConv { filters: 4, padding: Padding::Valid };
    for architecture in [tiny, Architecture::DsCnn] {
        let (network, x) = network(&architecture, [49, 10, 1]);
        let found = largest_difference(&network, &x);
        assert!(found <= 1, "{architecture:?}: {found} steps");
    }
}
