//! A whole run: float training, folding, calibration, quantisation-aware training.

use std::path::Path;

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::batches::{Batch, clean, tensor};
use super::config::Config;
use super::fit::{Course, fit};
use super::material::Material;
use super::metrics::{Confusion, largest};
use super::sample::Drawer;
use crate::corpus::{Split, Vocabulary};
use crate::features::FrontEnd;
use crate::nets::{Network, Normalisation, fold, values};
use crate::quantise::{Calibration, Fake, calibrate};

/// What a run leaves behind.
pub struct Trained {
    /// The float network, folded.
    pub float: Network,
    /// The network whose weights are rounded for export: trained on when the configuration has `qat`.
    pub rounded: Network,
    /// Quantisation of the activations.
    pub fake: Fake,
    /// Epochs of the float run and of the quantisation-aware run until the best one.
    pub epochs: [usize; 2],
}

/// Clips that ranges are read from.
const CALIBRATION_CLIPS: usize = 1024;

/// Trains what `config` describes; checkpoints go to `work`, from where an earlier run is taken up.
///
/// # Errors
/// When the corpora cannot be read, or a checkpoint cannot be written.
pub fn train(config: &Config, work: &Path, device: &Device) -> Result<Trained> {
    let vocabulary = Vocabulary::new(config.labels.clone())?;
    let material = Material::load(config, &vocabulary, &[Split::Train, Split::Validation])?;
    report(&material, &vocabulary);
    material.check(&vocabulary)?;
    let drawer = Drawer::new(&material, &vocabulary, config);
    let mut features = FrontEnd::new(&config.front_end)?;
    let shape = features.shape();
    let validation = clean(&material, Split::Validation, &mut features)?;
    let graph = config.architecture.graph(shape, config.labels.len());
    eprintln!("network: {} multiplications per run, input {:?}", graph.macs(), graph.input());

    let probe = drawer.batch(0, 0..CALIBRATION_CLIPS, config, &mut features)?;
    device.seed(config.seed);
    let training = device.clone().autodiff();
    let network = Network::init(graph, &normalisation(&probe, shape), &training);
    let course = Course { config, drawer: &drawer, validation: &validation, work, device };
    let (network, float_epochs) = fit(network, &course, "float", &config.fit, None)?;
    let float = fold(&network.valid(), device);

    // The distorted training draws reach further than clean clips: ranges that hold them hold the field's.
    let lists: Vec<Tensor<3>> =
        (0..CALIBRATION_CLIPS / 256).map(|i| tensor(&probe, i * 256..(i + 1) * 256, shape, device)).collect();
    let fake = calibrate(&float, &lists, Calibration::Percentile(1e-4), features.quantisation());
    let (rounded, qat_epochs) = match &config.qat {
        None => (float.clone(), 0),
        Some(qat) => {
            let start = fold(&float, &training);
            let (network, epochs) = fit(start, &course, "qat", qat, Some(&fake))?;
            (network.valid(), epochs)
        }
    };
    let (_, confusion) = assess(&rounded, &validation, Some(&fake), device);
    eprintln!("validation, fake-quantised: top-1 {:.4}, {:?}", confusion.top1(), confusion.counts);
    Ok(Trained { float, rounded, fake, epochs: [float_epochs, qat_epochs] })
}

/// Predictions of a network over a batch of any size.
///
/// Returns the mean over the classes of their mean cross-entropy, and the counts.
#[must_use]
pub fn assess(network: &Network, batch: &Batch, fake: Option<&Fake>, device: &Device) -> (f64, Confusion) {
    let classes = network.graph.steps.last().map_or(0, |s| s.output[2]);
    let mut confusion = Confusion::new(classes);
    let mut losses = vec![(0.0, 0usize); classes];
    for start in (0..batch.classes.len()).step_by(256) {
        let range = start..(start + 256).min(batch.classes.len());
        let logits =
            network.forward(tensor(batch, range.clone(), network.graph.features, device), fake, None);
        let logs = values(burn::tensor::activation::log_softmax(logits, 1));
        for (row, &class) in logs.chunks_exact(classes).zip(&batch.classes[range]) {
            confusion.add(class, largest(row));
            losses[class].0 -= f64::from(row[class]);
            losses[class].1 += 1;
        }
    }
    let means: Vec<f64> = losses.iter().filter(|l| l.1 > 0).map(|l| l.0 / l.1 as f64).collect();
    (means.iter().sum::<f64>() / means.len().max(1) as f64, confusion)
}

fn report(material: &Material, vocabulary: &Vocabulary) {
    for (class, label) in vocabulary.labels().iter().enumerate() {
        let count = |split| material.split(split).filter(|s| s.class == class).count();
        eprintln!("{label:>10}: {:5} train, {:5} validation", count(Split::Train), count(Split::Validation));
    }
    for (path, why) in &material.excluded {
        eprintln!("excluded `{}`: {why}", path.display());
    }
}

fn normalisation(batch: &Batch, [_, width]: [usize; 2]) -> Normalisation {
    let rows = (batch.features.len() / width) as f32;
    let column = |c: usize| batch.features.iter().skip(c).step_by(width);
    let mean: Vec<f32> = (0..width).map(|c| column(c).sum::<f32>() / rows).collect();
    let spread = |c: usize| column(c).map(|v| (v - mean[c]) * (v - mean[c])).sum::<f32>() / rows;
    let deviation = (0..width).map(|c| spread(c).sqrt().max(1e-3)).collect();
    Normalisation { mean, deviation }
}
