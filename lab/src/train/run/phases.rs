//! A whole run: float training, folding, calibration, quantisation-aware training.

use std::path::{Path, PathBuf};

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::fit::{PhaseSetup, Run, fit};
use super::prior::fit_prior;
use super::temper::set_temperature;
use crate::corpus::{Split, Vocabulary};
use crate::device::Backend;
use crate::features::FrontEnd;
use crate::nets::{Graph, Network, Normalisation, Shape, fold, values};
use crate::quantise::{Calibration, Fake, calibrate};
use crate::train::config::{Config, Prior};
use crate::train::data::batches::{Batch, Reader, tensor};
use crate::train::data::image_set::ImageSet;
use crate::train::data::material::Material;
use crate::train::data::sample::ExampleSampler;
use crate::train::data::source::Source;
use crate::train::data::subset::keep_speakers;
use crate::train::data::survey::Survey;
use crate::train::figures::assess::assess;
use crate::train::figures::confidence::Confidence;
use crate::train::kept::history::{Epoch, History, Phase};
use crate::train::kept::origin::{Claim, Earlier, Origin};

/// Where and how a run is done; what it gives depends on the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Workplace<'a> {
    /// Folder for checkpoints and the history, of this run alone.
    pub folder: &'a Path,
    /// What trains.
    pub backend: Backend,
    /// What becomes of an earlier run in the folder.
    pub earlier: Earlier,
}

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
    /// How sure the float network and the rounded one are on the validation split, and what their logits were divided by.
    pub confidence: [Confidence; 2],
    /// Figures of every epoch.
    pub history: Vec<Epoch>,
}

/// Clips that ranges are read from.
const CALIBRATION_CLIPS: usize = 1024;
/// Images that ranges are read from: their activations, all of which are held at once, are many times a clip's.
const CALIBRATION_IMAGES: usize = 128;

/// Trains what `config` describes; an earlier run of the same configuration is taken up where it was killed.
///
/// # Errors
/// When the corpora cannot be read or lack clips of a label, the folder holds another run, or a checkpoint cannot
/// be written.
pub fn train(config: &Config, workplace: Workplace) -> Result<Trained> {
    let vocabulary = Vocabulary::new(config.labels.clone())?;
    let survey = Survey::new(config)?;
    eprintln!("{survey}\n");
    survey.check()?;
    let (share, seed) = (config.data.speakers, config.seed);
    match config.view {
        None => {
            let mut material = Material::load(config, &vocabulary, &[Split::Train, Split::Validation])?;
            report(&material.excluded);
            material.check(&vocabulary)?;
            keep_speakers(&mut material.clips, |s| (&s.clip, s.class), share, seed);
            phases(config, workplace, &ExampleSampler::new(&material, &vocabulary, config), CALIBRATION_CLIPS)
        }
        Some(view) => {
            let mut images = ImageSet::load(config, view, &vocabulary)?;
            report(&images.excluded);
            keep_speakers(&mut images.photographs, |p| (&p.row, p.class), share, seed);
            images.prepare(&vocabulary)?;
            phases(config, workplace, &images, CALIBRATION_IMAGES)
        }
    }
}

fn report(excluded: &[(PathBuf, String)]) {
    for (path, why) in excluded {
        eprintln!("excluded `{}`: {why}", path.display());
    }
}

/// All phases, with examples of `source`; ranges are read from so many of them.
fn phases(config: &Config, workplace: Workplace, source: &dyn Source, calibration: usize) -> Result<Trained> {
    let Workplace { folder, backend, earlier } = workplace;
    let mut features = FrontEnd::new(config.view, &config.front_end)?;
    let probe = source.batch(0, 0..calibration, &mut Reader::new(config)?)?;
    let validation = source.validation(&mut features)?;

    let device = &backend.device();
    let (mut network, frozen) = begin(config, &probe, features.shape(), device)?;
    let _claim = Claim::new(folder, earlier)?;
    Origin::new(config, &backend.to_string(), &[&probe, &validation], &weights(&network))?.claim(folder)?;
    if config.fit.words > 0.0 {
        network = network.with_auxiliary_head(source.words(), &device.clone().autodiff());
    }
    let mut history = History::open(folder)?;
    let run = Run { config, source, validation: &validation, work: folder, backend };
    let taught = config.teacher.as_ref().map_or(0.0, |teacher| teacher.weight);
    let setup = PhaseSetup { phase: Phase::Float, fit: &config.fit, fake: None, frozen, taught };
    let (network, float_epochs) = fit(network, &run, &setup, &mut history)?;
    let mut float = fold(&network.valid(), device);

    // The distorted training draws reach further than clean clips: ranges that hold them hold the field's.
    let shape = features.shape();
    let quarter = calibration / 4;
    let lists: Vec<Tensor<3>> =
        (0..4).map(|i| tensor(&probe, i * quarter..(i + 1) * quarter, shape, device)).collect();
    let mut fake = calibrate(&float, &lists, Calibration::Percentile(1e-4), features.quantisation());
    let (mut rounded, qat_epochs) = match &config.qat {
        None => (float.clone(), 0),
        Some(qat) => {
            let start = fold(&float, &device.clone().autodiff());
            let setup = PhaseSetup { phase: Phase::Qat, fit: qat, fake: Some(&fake), frozen, taught };
            let (network, epochs) = fit(start, &run, &setup, &mut history)?;
            (network.valid(), epochs)
        }
    };
    if config.prior == Prior::Validation {
        fit_prior(&mut float, &validation, None, backend);
        fit_prior(&mut rounded, &validation, Some(&fake), backend);
    }
    let confidence =
        set_temperature(&mut float, (&mut rounded, &mut fake), config.temperature, &validation, backend);
    for (form, found) in ["float", "fake-quantised"].iter().zip(&confidence) {
        let Confidence { temperature, error_before, error_after } = found;
        eprintln!(
            "temperature, {form}: {temperature:.3}; calibration error {error_before:.4} → {error_after:.4}"
        );
    }
    let (_, confusion) = assess(&rounded, &validation, Some(&fake), backend);
    eprintln!("validation, fake-quantised: top-1 {:.4}, {:?}", confusion.top1(), confusion.counts);
    let history = history.epochs().to_vec();
    Ok(Trained { float, rounded, fake, epochs: [float_epochs, qat_epochs], confidence, history })
}

/// The network as training finds it, and how many of its layers stay as they are.
fn begin(config: &Config, probe: &Batch, shape: Shape, device: &Device) -> Result<(Network, usize)> {
    device.seed(config.seed);
    let training = device.clone().autodiff();
    let graph: Graph = config.architecture.graph(shape, config.labels.len());
    eprintln!("network: {} MACs per inference, input {:?}", graph.macs(), graph.input());
    let Some(start) = &config.start else {
        let normalisation = normalisation(probe, graph.width());
        return Ok((Network::init(graph, &normalisation, &training), 0));
    };
    let network = start.network(config, graph, &training)?;
    let frozen = start.frozen(&network);
    Ok((network, frozen))
}

fn weights(network: &Network) -> Vec<f32> {
    network.layers.iter().flat_map(|layer| values(layer.weight.val())).collect()
}

fn normalisation(batch: &Batch, width: usize) -> Normalisation {
    let rows = (batch.features.len() / width) as f32;
    let column = |c: usize| batch.features.iter().skip(c).step_by(width);
    let mean: Vec<f32> = (0..width).map(|c| column(c).sum::<f32>() / rows).collect();
    let spread = |c: usize| column(c).map(|v| (v - mean[c]) * (v - mean[c])).sum::<f32>() / rows;
    let deviation = (0..width).map(|c| spread(c).sqrt().max(1e-3)).collect();
    Normalisation { mean, deviation }
}
