//! One network in float, rounded after training and trained with its rounding: what each step costs.

use anyhow::{Context, Result, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use super::clips::Scores;
use crate::bundle::{Bundle, Integer, probabilities};
use crate::nets::Network;
use crate::quantise::{Affine, Calibration, Fake, calibrate, quantise};
use crate::statistics::{Interval, mcnemar_exact, wilson};
use crate::train::largest;

/// A form of a network on the clips of a split.
#[derive(Clone, Debug, Serialize)]
pub struct Variant {
    /// `float`, `PTQ, min-max`, `PTQ, percentile` or `shipped`.
    pub name: String,
    /// Share of clips that are right.
    pub top1: f64,
    /// Its interval, 95 %, by Wilson.
    pub interval: Interval,
    /// Share that the float network gets right less this, in points of a hundred.
    pub lost_points: f64,
    /// Clips that only the float network gets right, and clips that only this one does.
    pub only: [usize; 2],
    /// p-value of McNemar's exact test against the float network.
    pub p: f64,
    /// How near the fake-quantised network in burn comes to the integer runtime; none for float.
    pub agreement: Option<Agreement>,
}

/// Outputs of the fake-quantised network against those of the integer runtime, in steps of the output scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Largest difference of an output.
    pub largest: f64,
    /// Clips with an output that differs by more than one step.
    pub beyond: usize,
    /// Count of clips.
    pub clips: usize,
}

/// Clips that ranges are read from.
const CALIBRATION_CLIPS: usize = 512;

/// Measures the forms of a bundle's network on scored clips; ranges for rounding after training come from `list`,
/// clips that are none of those.
///
/// # Errors
/// When the bundle has no float network, or a form cannot be run.
pub fn variants(bundle: &Bundle, scores: &Scores, list: &Scores) -> Result<Vec<Variant>> {
    let float = bundle.float.as_ref().with_context(|| {
        format!(
            "`{}` has no `float.bpk` with its `train.toml`, so it has only one form",
            bundle.folder.display()
        )
    })?;
    let float_rows = probabilities(float, &scores.features, None);
    let right: Vec<bool> = rights(&float_rows, scores);
    let mut all = vec![variant("float", &right, &right, None)];
    let batches = batches(float, list)?;
    let features = bundle.front_end()?.quantisation();
    for (name, method) in
        [("PTQ, min-max", Calibration::MinMax), ("PTQ, percentile", Calibration::Percentile(1e-4))]
    {
        let fake = calibrate(float, &batches, method, features);
        let mut integer = Integer::open(&crate::tflite::write(&quantise(float, &fake)))?;
        let outputs = run(&mut integer, float, &scores.features);
        let rows: Vec<Vec<f32>> = outputs.iter().map(|o| integer.probabilities(o)).collect();
        let agreement = agreement(float, &fake, scores, &outputs);
        all.push(variant(name, &right, &rights(&rows, scores), Some(agreement)));
    }
    let path = bundle.folder.join("model.tflite");
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let (network, fake) = crate::tflite::read(&bytes, float.graph.clone(), &Device::flex())
        .with_context(|| format!("`{}` does not match the network of `train.toml`", path.display()))?;
    let outputs: Vec<Vec<i8>> = scores.clips.iter().map(|c| c.output.clone()).collect();
    let shipped: Vec<bool> = scores.clips.iter().map(super::Scored::right).collect();
    let agreement = agreement(&network, &fake, scores, &outputs);
    all.push(variant("shipped", &right, &shipped, Some(agreement)));
    Ok(all)
}

/// Features of some clips, evenly drawn from the list, as the network reads them.
fn batches(network: &Network, list: &Scores) -> Result<Vec<Tensor<3>>> {
    let graph = &network.graph;
    ensure!(!list.clips.is_empty(), "the calibration list is empty");
    let step = list.clips.len().div_ceil(CALIBRATION_CLIPS).max(1);
    let clips: Vec<&[f32]> = list.features.chunks_exact(graph.items()).step_by(step).collect();
    let tensor = |part: &[&[f32]]| {
        let shape = [part.len(), graph.features[0], graph.width()];
        Tensor::from_data(TensorData::new(part.concat(), shape), &Device::flex())
    };
    Ok(clips.chunks(128).map(tensor).collect())
}

fn run(integer: &mut Integer, network: &Network, features: &[f32]) -> Vec<Vec<i8>> {
    let clips = features.chunks_exact(network.graph.items());
    let inputs = clips.map(|clip| integer.quantise(clip)).collect::<Vec<_>>();
    inputs.iter().map(|input| integer.run(input)).collect()
}

fn rights(rows: &[Vec<f32>], scores: &Scores) -> Vec<bool> {
    rows.iter().zip(&scores.clips).map(|(row, clip)| largest(row) == clip.class).collect()
}

fn variant(name: &str, float: &[bool], own: &[bool], agreement: Option<Agreement>) -> Variant {
    let count = own.iter().filter(|r| **r).count();
    let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count();
    let lost = float.iter().filter(|r| **r).count() as f64 - count as f64;
    Variant {
        name: name.to_owned(),
        top1: count as f64 / own.len() as f64,
        interval: wilson(count, own.len()),
        lost_points: 100.0 * lost / own.len() as f64,
        only: [only(float, own), only(own, float)],
        p: mcnemar_exact(only(float, own), only(own, float)),
        agreement,
    }
}

/// The fake-quantised network's probabilities, in steps, against the runtime's.
fn agreement(network: &Network, fake: &Fake, scores: &Scores, outputs: &[Vec<i8>]) -> Agreement {
    let rows = probabilities(network, &scores.features, Some(fake));
    let mut found = Agreement { largest: 0.0, beyond: 0, clips: outputs.len() };
    for (row, output) in rows.iter().zip(outputs) {
        let difference = |(p, q): (&f32, &i8)| {
            let wanted = f64::from(p / Affine::PROBABILITY.scale).round().min(255.0) - 128.0;
            (wanted - f64::from(*q)).abs()
        };
        let worst = row.iter().zip(output).map(difference).fold(0.0, f64::max);
        found.largest = found.largest.max(worst);
        found.beyond += usize::from(worst > 1.0);
    }
    found
}
