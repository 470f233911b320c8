//! The loop: draw, step, assess, keep.

use std::io::{IsTerminal, Write, stderr};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Distribution, Tensor, TensorData};

use super::batches::{Batch, draw_ahead, tensor};
use super::checkpoint::{Checkpoint, Epoch};
use super::config::{Config, Fit};
use super::run::assess;
use super::sample::Drawer;
use crate::nets::{Network, values};
use crate::quantise::Fake;

/// What all phases of a run share.
pub(super) struct Course<'a> {
    pub(super) config: &'a Config,
    pub(super) drawer: &'a Drawer<'a>,
    pub(super) validation: &'a Batch,
    pub(super) work: &'a Path,
    pub(super) device: &'a Device,
}

/// Trains `network` for one phase and returns the weights of its best epoch, and that epoch's number.
pub(super) fn fit(
    network: Network,
    course: &Course,
    phase: &str,
    fit: &Fit,
    fake: Option<&Fake>,
) -> Result<(Network, usize)> {
    let training = course.device.clone().autodiff();
    let optimiser = AdamWConfig::new().with_weight_decay(fit.decay).init();
    let mut state = Checkpoint::open(course.work, phase, network, optimiser)?;
    let start = Instant::now();
    let first = state.history.len();
    for epoch in first..fit.epochs {
        if state.stalled(fit.patience) {
            eprintln!("{phase}: no better epoch in {} tries, stopping", state.since_best());
            break;
        }
        let loss = pass(&mut state.network, &mut state.optimiser, course, fit, fake, epoch, &training)?;
        let (validation, confusion) = assess(&state.network.valid(), course.validation, fake, course.device);
        let record = Epoch { loss, validation, top1: confusion.top1(), balanced: confusion.balanced() };
        let left = start.elapsed() / (epoch + 1 - first) as u32 * (fit.epochs - epoch - 1) as u32;
        eprintln!(
            "{phase} {:3}/{}: loss {loss:.4}, validation {validation:.4}, top-1 {:.4}, balanced {:.4}, {} left",
            epoch + 1,
            fit.epochs,
            record.top1,
            record.balanced,
            clock(left)
        );
        state.keep(record)?;
    }
    state.best(&training)
}

fn pass(
    network: &mut Network,
    optimiser: &mut ModuleOptimizer,
    course: &Course,
    fit: &Fit,
    fake: Option<&Fake>,
    epoch: usize,
    device: &Device,
) -> Result<f64> {
    let steps = fit.clips / fit.batch;
    let mut total = 0.0;
    std::thread::scope(|scope| -> Result<()> {
        let batches = draw_ahead(scope, course.drawer, course.config, fit, epoch)?;
        for (step, batch) in batches.iter().enumerate() {
            let batch = batch?;
            // Dropout draws from the device: seeded per step, a resumed run drops what the first one would have.
            course.device.seed(course.config.seed ^ ((epoch * steps + step) as u64) << 20);
            let loss = loss(network, &batch, fit, fake, device);
            total += f64::from(values(loss.clone().detach())[0]);
            let gradients = GradientsParams::from_grads(loss.backward(), network);
            *network = optimiser.step(rate(fit, epoch * steps + step), network.clone(), gradients);
            if step % 10 == 0 && stderr().is_terminal() {
                eprint!("\r{step}/{steps} \r");
                stderr().flush()?;
            }
        }
        Ok(())
    })?;
    Ok(total / steps as f64)
}

fn loss(network: &Network, batch: &Batch, fit: &Fit, fake: Option<&Fake>, device: &Device) -> Tensor<1> {
    let clips = batch.classes.len();
    let x = tensor(batch, 0..clips, network.graph.features, device);
    let last = network.graph.steps.last().expect("a graph has steps");
    let inputs: usize = last.input.iter().product();
    let keep = (fit.dropout > 0.0).then(|| {
        let kept = Tensor::random(
            [clips, inputs],
            Distribution::Bernoulli(1.0 - fit.dropout),
            &device.clone().inner(),
        );
        Tensor::from_inner(kept.div_scalar(1.0 - fit.dropout))
    });
    let logs = log_softmax(network.forward(x, fake, keep), 1);
    let classes = last.output[2];
    let mut targets = vec![fit.smoothing / classes as f32; clips * classes];
    for (row, &class) in targets.chunks_exact_mut(classes).zip(&batch.classes) {
        row[class] += 1.0 - fit.smoothing;
    }
    let targets = Tensor::<2>::from_data(TensorData::new(targets, [clips, classes]), device);
    (logs * targets).sum().div_scalar(-(clips as f64))
}

/// Learning rate of a step: up in a line over the first twentieth, down along half a cosine.
fn rate(fit: &Fit, step: usize) -> f64 {
    let steps = (fit.epochs * (fit.clips / fit.batch)) as f64;
    let (at, warm) = (step as f64 + 1.0, (steps / 20.0).max(1.0));
    if at < warm {
        return fit.rate * at / warm;
    }
    fit.rate * 0.5 * (1.0 + (std::f64::consts::PI * (at - warm) / (steps - warm).max(1.0)).cos())
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_rises_peaks_and_ends_at_zero() {
        let fit: Fit = toml::from_str("epochs = 10\nclips = 100\nbatch = 10\nrate = 0.5").unwrap();
        assert!((rate(&fit, 4) - 0.5).abs() < 1e-9);
        assert!(rate(&fit, 0) < 0.2);
        assert!(rate(&fit, 99) < 1e-9);
    }
}
