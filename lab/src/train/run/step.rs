//! Gradients of one batch, by burn or by loops of our own.

use burn::optim::GradientsParams;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Distribution, Tensor, TensorData};

use super::fit::PhaseSetup;
use crate::device::Backend;
use crate::native::{Auxiliary, Gradients, Pass, Wanted};
use crate::nets::{Compares, Network, SHARPNESS, values};
use crate::train::data::batches::{Batch, tensor};

/// What computes gradients.
pub(crate) enum Stepper {
    /// Loops of our own, and their memory.
    Native(Box<Pass>),
    /// burn, on a device that differentiates.
    Burn(Device),
}

impl Stepper {
    /// That of a backend.
    pub(crate) fn new(backend: Backend) -> Self {
        match backend {
            Backend::Native => Self::Native(Box::default()),
            _ => Self::Burn(backend.device().autodiff()),
        }
    }

    /// Gradients of the loss of a batch; dropout draws from the device.
    pub(crate) fn step(&mut self, network: &Network, batch: &Batch, setup: &PhaseSetup) -> Gradients {
        let (fit, clips) = (setup.fit, batch.classes.len());
        let last = network.graph.steps.last().expect("a graph has steps");
        let mut targets = targets(&batch.classes, last.output[2], fit.smoothing);
        let parts = batch.also.iter().enumerate().filter_map(|(clip, also)| also.map(|also| (clip, also)));
        for (clip, (other, part)) in parts {
            let part = part * (1.0 - fit.smoothing);
            targets[clip * last.output[2] + batch.classes[clip]] -= part;
            targets[clip * last.output[2] + other] += part;
        }
        targets.iter_mut().zip(&batch.taught).for_each(|(wanted, taught)| {
            *wanted += setup.taught * (taught - *wanted);
        });
        let inputs: usize = last.input.iter().product();
        let keep = (fit.dropout > 0.0).then(|| {
            let kept = Distribution::Bernoulli(1.0 - fit.dropout);
            values(Tensor::<2>::random([clips, inputs], kept, &self.device()).div_scalar(1.0 - fit.dropout))
        });
        let words = network.aside.as_ref().filter(|_| setup.fake.is_none()).map(|head| {
            let words = head.bias.val().dims()[0];
            self::targets(&batch.words, words, fit.smoothing)
        });
        let wanted = Wanted {
            targets: &targets,
            keep: keep.as_deref(),
            auxiliary: words.as_ref().map(|targets| Auxiliary {
                targets,
                weight: fit.words as f32,
                margin: fit.margin,
            }),
            frozen: setup.frozen,
        };
        match self {
            Self::Native(pass) => pass.gradients(network, &batch.features, setup.fake, &wanted),
            Self::Burn(device) => by_burn(network, batch, setup, &wanted, device),
        }
    }

    fn device(&self) -> Device {
        match self {
            Self::Native(_) => Device::flex(),
            Self::Burn(device) => device.clone().inner(),
        }
    }
}

/// The same by burn's own derivatives.
fn by_burn(
    network: &Network,
    batch: &Batch,
    setup: &PhaseSetup,
    wanted: &Wanted,
    device: &Device,
) -> Gradients {
    let clips = batch.classes.len();
    let x = tensor(batch, 0..clips, network.graph.features, device);
    let matrix = |values: &[f32]| {
        let size = [clips, values.len() / clips];
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), size), device)
    };
    let keep = wanted.keep.map(matrix);
    let (logits, words) = match setup.fake {
        Some(_) => (network.forward(x, setup.fake, keep), None),
        None => {
            let compares = if setup.fit.margin.is_some() { Compares::Directions } else { Compares::Values };
            network.forward_both(x, keep, compares)
        }
    };
    let cross_entropy = |logits: Tensor<2>, targets: &[f32]| {
        (log_softmax(logits, 1) * matrix(targets)).sum().div_scalar(-(clips as f64))
    };
    let mut loss = cross_entropy(logits.clone(), wanted.targets);
    let seen = f64::from(values(loss.clone().detach())[0]);
    if let (Some(words), Some(asked)) = (words, wanted.auxiliary) {
        let less = matrix(asked.targets).mul_scalar(SHARPNESS * asked.margin.unwrap_or_default());
        loss = loss + cross_entropy(words - less, asked.targets).mul_scalar(asked.weight);
    }
    let parameters = GradientsParams::from_grads(loss.backward(), network);
    Gradients { loss: seen, logits: values(logits.detach()), parameters }
}

/// The wanted probabilities, a row for each clip: a part of each target's weight is spread over all of them, and clips
/// without a target ask for nothing.
fn targets<T: Copy + Into<Option<usize>>>(classes: &[T], labels: usize, smoothing: f32) -> Vec<f32> {
    let mut wanted = vec![0.0; classes.len() * labels];
    for (row, &target) in wanted.chunks_exact_mut(labels).zip(classes) {
        if let Some(class) = target.into() {
            row.fill(smoothing / labels as f32);
            row[class] += 1.0 - smoothing;
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{Architecture, Normalisation, Padding, fold};
    use crate::quantise::{Calibration, Fake, calibrate};
    use crate::train::config::Fit;
    use crate::train::kept::history::Phase;

    /// Networks of every kind of step, and the shape that they read.
    fn networks() -> Vec<(Architecture, [usize; 3])> {
        let tiny = |padding| Architecture::TinyConv { filters: 4, padding };
        vec![
            (tiny(Padding::Same), [21, 10, 1]),
            (tiny(Padding::Valid), [21, 10, 1]),
            (Architecture::Tcn { first: [12, 5, 3], layers: vec![[3, 9]], last: 8 }, [31, 10, 1]),
            (Architecture::DsCnn, [13, 10, 1]),
            (Architecture::MobilenetV1 { alpha: 0.25 }, [33, 32, 3]),
            (Architecture::Separable { first: [8, 5, 4], layers: vec![[12, 1], [17, 2]] }, [32, 40, 3]),
        ]
    }

    const CLIPS: usize = 5;

    fn network(architecture: &Architecture, shape: [usize; 3]) -> Network {
        let training = Device::flex().autodiff();
        training.seed(5);
        let width = shape[1] * shape[2];
        let n = Normalisation { mean: vec![0.3; width], deviation: vec![2.0; width] };
        Network::init(architecture.graph(shape, 3), &n, &training)
    }

    fn batch(shape: [usize; 3]) -> Batch {
        let size = [CLIPS, shape.iter().product()];
        let features = Tensor::<2>::random(size, Distribution::Normal(0.0, 2.0), &Device::flex());
        Batch {
            features: values(features),
            classes: vec![0, 1, 2, 1, 0],
            words: vec![Some(3), None, Some(0), Some(1), None],
            ..Batch::default()
        }
    }

    fn fit() -> Fit {
        toml::from_str("epochs = 1\nclips = 5\nbatch = 5\nrate = 0.1\nsmoothing = 0.1\nwords = 0.3").unwrap()
    }

    /// What both give for the same network, of which each has its own copy; burn's first.
    fn both(
        network: impl Fn() -> Network,
        batch: &Batch,
        fake: Option<&Fake>,
        fit: &Fit,
    ) -> [(Network, Gradients); 2] {
        [Backend::Flex, Backend::Native].map(|backend| {
            let network = network();
            let setup = PhaseSetup { phase: Phase::Float, fit, fake, frozen: 0, taught: 0.0 };
            Device::flex().seed(7);
            let gradients = Stepper::new(backend).step(&network, batch, &setup);
            (network, gradients)
        })
    }

    fn near(ours: &[f32], theirs: &[f32], tolerance: f32, what: &str) {
        assert_eq!(ours.len(), theirs.len(), "{what}");
        let size = theirs.iter().fold(1e-3f32, |most, value| most.max(value.abs()));
        for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            assert!((ours - theirs).abs() <= tolerance * size, "{what}, {index}: {ours}, by burn {theirs}");
        }
    }

    /// Compares the gradients of all parameters but of the biases that a batch norm makes void.
    fn same_gradients([burn, native]: &[(Network, Gradients); 2], tolerance: f32, name: &str) {
        let heads = native.0.layers.iter().chain(&native.0.aside);
        for (place, layer) in heads.enumerate() {
            let of = |gradients: &Gradients, what| match what {
                0 => gradients.parameters.get::<4>(layer.weight.id).map(values),
                _ => gradients.parameters.get::<1>(layer.bias.id).map(values),
            };
            let kinds = if layer.norm.is_some() { 0..1 } else { 0..2 };
            for kind in kinds {
                let (ours, theirs) = (of(&native.1, kind).unwrap(), of(&burn.1, kind).unwrap());
                near(&ours, &theirs, tolerance, &format!("{name}, layer {place}, {kind}"));
            }
        }
        for (ours, theirs) in native.0.layers.iter().zip(&burn.0.layers) {
            let (Some(ours), Some(theirs)) = (&ours.norm, &theirs.norm) else { continue };
            for (ours, theirs) in [(&ours.gamma, &theirs.gamma), (&ours.beta, &theirs.beta)] {
                let [ours, theirs] = [(&native.1, ours), (&burn.1, theirs)]
                    .map(|(g, p)| values(g.parameters.get::<1>(p.id).unwrap()));
                near(&ours, &theirs, tolerance, &format!("{name}, norm"));
            }
            let running =
                [(&ours.running_mean, &theirs.running_mean), (&ours.running_var, &theirs.running_var)];
            for (ours, theirs) in running {
                near(
                    &values(ours.value_sync()),
                    &values(theirs.value_sync()),
                    1e-4,
                    &format!("{name}, statistics"),
                );
            }
        }
    }

    #[test]
    fn own_gradients_are_burn_s() {
        let _turn = crate::device::alone();
        for (architecture, shape) in networks() {
            let network = || network(&architecture, shape).with_auxiliary_head(4, &Device::flex().autodiff());
            for margin in [None, Some(0.2)] {
                let fit = Fit { dropout: 0.3, margin, ..fit() };
                // The batch norms' own ids are drawn anew for each network: one copy per backend keeps them apart.
                let found = both(network, &batch(shape), None, &fit);
                let name = format!("{architecture:?}, margin {margin:?}");
                near(&found[1].1.logits, &found[0].1.logits, 1e-3, &name);
                assert!((found[1].1.loss - found[0].1.loss).abs() < 1e-4, "{name}");
                same_gradients(&found, 2e-2, &name);
            }
        }
    }

    #[test]
    fn rounded_networks_give_the_same_integers_and_gradients() {
        let _turn = crate::device::alone();
        for (architecture, shape) in networks() {
            let float = fold(&network(&architecture, shape), &Device::flex());
            let batch = batch(shape);
            let x = tensor(&batch, 0..CLIPS, shape, &Device::flex());
            let fake = calibrate(&float, &[x], Calibration::Percentile(1e-2), None);
            let name = format!("{architecture:?}");
            let found = both(|| fold(&float, &Device::flex().autodiff()), &batch, Some(&fake), &fit());
            assert_eq!(found[1].1.logits, found[0].1.logits, "{name}");
            same_gradients(&found, 1e-3, &name);
        }
    }
}
