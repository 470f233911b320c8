//! The loop: draw, step, assess, keep.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Distribution, Tensor, TensorData};

use super::progress::Progress;
use super::schedule::rate;
use crate::nets::{Network, values};
use crate::quantise::Fake;
use crate::train::config::{Config, Fit};
use crate::train::data::batches::{Batch, draw_ahead, tensor};
use crate::train::data::source::Source;
use crate::train::figures::assess::assess;
use crate::train::figures::metrics::largest;
use crate::train::kept::checkpoint::Checkpoint;
use crate::train::kept::history::{Epoch, History, Phase};

/// What all phases of a run share.
pub(crate) struct Run<'a> {
    pub(crate) config: &'a Config,
    pub(crate) source: &'a dyn Source,
    pub(crate) validation: &'a Batch,
    pub(crate) work: &'a Path,
    pub(crate) device: &'a Device,
}

/// How one phase of a run is trained.
pub(crate) struct PhaseSetup<'a> {
    pub(crate) phase: Phase,
    pub(crate) fit: &'a Fit,
    /// Rounds as the integer model will.
    pub(crate) fake: Option<&'a Fake>,
    /// Layers at the network's beginning that stay as they are.
    pub(crate) frozen: usize,
}

/// Mean loss and share of right clips over some steps.
#[derive(Default)]
struct Tally {
    loss: f64,
    right: usize,
    clips: usize,
    steps: usize,
}

/// Trains `network` for one phase and returns the weights of the epoch that is kept, and that epoch's number.
pub(crate) fn fit(
    network: Network,
    run: &Run,
    setup: &PhaseSetup,
    history: &mut History,
) -> Result<(Network, usize)> {
    let (phase, fit) = (setup.phase, setup.fit);
    let optimiser = AdamWConfig::new().with_weight_decay(fit.decay).init();
    let mut state = Checkpoint::open(run.work, phase, history, network, optimiser, fit)?;
    for layer in &mut state.network.layers[..setup.frozen] {
        *layer = layer.clone().no_grad();
    }
    let first = state.done();
    let progress = Progress::new(phase, fit, first);
    if first > 0 {
        progress.say(&format!("{phase}: going on after epoch {first} of {}", fit.epochs));
    }
    for epoch in first..fit.epochs {
        if fit.patience.is_some_and(|patience| state.since_best() >= patience) {
            progress.say(&format!("{phase}: no better epoch in {} tries, stopping", state.since_best()));
            break;
        }
        let start = Instant::now();
        let tally = pass(&mut state, run, setup, epoch, &progress)?;
        let (loss, confusion) = assess(&state.judged(), run.validation, setup.fake, run.device);
        let record = Epoch {
            phase,
            epoch: epoch + 1,
            rate: rate(fit, (epoch + 1) * (fit.clips / fit.batch) - 1),
            loss: tally.loss(),
            accuracy: tally.accuracy(),
            validation_loss: loss,
            validation_top1: confusion.top1(),
            validation_balanced: confusion.balanced(),
            seconds: start.elapsed().as_secs_f64(),
        };
        progress.epoch(&record);
        state.keep(record)?;
    }
    state.end(&run.device.clone().autodiff())
}

/// One epoch.
fn pass(
    state: &mut Checkpoint,
    run: &Run,
    setup: &PhaseSetup,
    epoch: usize,
    progress: &Progress,
) -> Result<Tally> {
    let fit = setup.fit;
    let device = run.device.clone().autodiff();
    let mut tally = Tally::default();
    std::thread::scope(|scope| -> Result<()> {
        let batches = draw_ahead(scope, run.source, run.config, fit, epoch)?;
        for (index, batch) in batches.iter().enumerate() {
            let batch = batch?;
            let step = epoch * (fit.clips / fit.batch) + index;
            // Dropout draws from the device: seeded per step, a resumed run drops what the first one would have.
            run.device.seed(run.config.seed ^ (step as u64) << 20);
            let (logs, words) = predict(&state.network, &batch, setup, &device);
            let mut loss = cross_entropy(logs.clone(), &batch.classes, fit.smoothing);
            tally.add(&loss, logs, &batch);
            if let Some(words) = words {
                loss = loss + cross_entropy(words, &batch.words, fit.smoothing).mul_scalar(fit.words);
            }
            let gradients = GradientsParams::from_grads(loss.backward(), &state.network);
            state.network = state.optimiser.step(rate(fit, step), state.network.clone(), gradients);
            if let Some(average) = &mut state.average {
                average.follow(&state.network, step);
            }
            progress.step(epoch, index, tally.loss(), tally.accuracy());
        }
        Ok(())
    })?;
    Ok(tally)
}

/// Logarithms of the labels' probabilities, with dropout, and of the words' where they are told apart.
fn predict(
    network: &Network,
    batch: &Batch,
    setup: &PhaseSetup,
    device: &Device,
) -> (Tensor<2>, Option<Tensor<2>>) {
    let clips = batch.classes.len();
    let x = tensor(batch, 0..clips, network.graph.features, device);
    let last = network.graph.steps.last().expect("a graph has steps");
    let inputs: usize = last.input.iter().product();
    let dropout = setup.fit.dropout;
    let keep = (dropout > 0.0).then(|| {
        let kept =
            Tensor::random([clips, inputs], Distribution::Bernoulli(1.0 - dropout), &device.clone().inner());
        Tensor::from_inner(kept.div_scalar(1.0 - dropout))
    });
    let (logits, words) = match setup.fake {
        Some(_) => (network.forward(x, setup.fake, keep), None),
        None => network.forward_both(x, keep),
    };
    (log_softmax(logits, 1), words.map(|logits| log_softmax(logits, 1)))
}

/// Mean cross-entropy over the clips, with a part of each target's weight spread over all of them; clips without a
/// target count as nothing.
fn cross_entropy<T: Copy + Into<Option<usize>>>(logs: Tensor<2>, targets: &[T], smoothing: f32) -> Tensor<1> {
    let [clips, classes] = logs.dims();
    let mut wanted = vec![0.0; clips * classes];
    for (row, &target) in wanted.chunks_exact_mut(classes).zip(targets) {
        if let Some(class) = target.into() {
            row.fill(smoothing / classes as f32);
            row[class] += 1.0 - smoothing;
        }
    }
    let wanted = Tensor::<2>::from_data(TensorData::new(wanted, [clips, classes]), &logs.device());
    (logs * wanted).sum().div_scalar(-(clips as f64))
}

impl Tally {
    fn add(&mut self, loss: &Tensor<1>, logs: Tensor<2>, batch: &Batch) {
        let classes = logs.dims()[1];
        let rows = values(logs.detach());
        let right = rows.chunks_exact(classes).zip(&batch.classes).filter(|&(row, &c)| largest(row) == c);
        self.right += right.count();
        self.clips += batch.classes.len();
        self.loss += f64::from(values(loss.clone().detach())[0]);
        self.steps += 1;
    }

    fn loss(&self) -> f64 {
        self.loss / self.steps.max(1) as f64
    }

    fn accuracy(&self) -> f64 {
        self.right as f64 / self.clips.max(1) as f64
    }
}
