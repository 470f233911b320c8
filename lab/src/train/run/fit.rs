//! The loop: draw, step, assess, keep.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use burn::module::Module;
use burn::optim::AdamWConfig;

use super::progress::Progress;
use super::schedule::rate;
use super::step::Stepper;
use crate::device::Backend;
use crate::native::Gradients;
use crate::nets::{Graph, Network};
use crate::quantise::Fake;
use crate::train::config::{Config, Fit};
use crate::train::data::batches::{Batch, draw_ahead};
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
    pub(crate) backend: Backend,
}

/// How one phase of a run is trained.
pub(crate) struct PhaseSetup<'a> {
    pub(crate) phase: Phase,
    pub(crate) fit: &'a Fit,
    /// Rounds as the integer model will.
    pub(crate) fake: Option<&'a Fake>,
    /// Layers at the network's beginning that stay as they are.
    pub(crate) frozen: usize,
    /// Weight of the teacher's answers beside the labels.
    pub(crate) taught: f32,
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
        progress.say(&format!("{phase}: resuming after epoch {first} of {}", fit.epochs));
    }
    for epoch in first..fit.epochs {
        if fit.patience.is_some_and(|patience| state.since_best() >= patience) {
            progress.say(&format!("{phase}: no improvement in {} epochs, stopping", state.since_best()));
            break;
        }
        let start = Instant::now();
        let tally = pass(&mut state, run, setup, epoch, &progress)?;
        let (loss, confusion) = assess(&state.judged(), run.validation, setup.fake, run.backend);
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
    state.end(&run.backend.device().autodiff())
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
    let mut stepper = Stepper::new(run.backend);
    let coarse = (epoch < fit.coarse).then(|| half(run.config, &state.network));
    let mut tally = Tally::default();
    std::thread::scope(|scope| -> Result<()> {
        let batches = draw_ahead(scope, run.source, run.config, fit, epoch)?;
        for (index, batch) in batches.iter().enumerate() {
            let batch = batch?;
            let step = epoch * (fit.clips / fit.batch) + index;
            // Dropout draws from the device: seeded per step, a resumed run drops what the first one would have.
            run.backend.device().autodiff().seed(run.config.seed ^ (step as u64) << 20);
            let Gradients { loss, logits, parameters } = match &coarse {
                None => stepper.step(&state.network, &batch, setup),
                Some(graph) => {
                    let small = batch.halved(state.network.graph.features);
                    stepper.step(&state.network.seen_as(graph.clone()), &small, setup)
                }
            };
            tally.add(loss, &logits, &batch);
            state.network = state.optimiser.step(rate(fit, step), state.network.clone(), parameters);
            if let Some(average) = &mut state.average {
                average.follow(&state.network, step);
            }
            progress.step(epoch, index, tally.loss(), tally.accuracy());
        }
        Ok(())
    })?;
    Ok(tally)
}

/// The network's layers for images of half the height and width.
fn half(config: &Config, network: &Network) -> Graph {
    let [rows, columns, channels] = network.graph.features;
    config.architecture.graph([rows / 2, columns / 2, channels], config.labels.len())
}

impl Tally {
    fn add(&mut self, loss: f64, logits: &[f32], batch: &Batch) {
        let labels = logits.len() / batch.classes.len();
        let right = logits.chunks_exact(labels).zip(&batch.classes).filter(|&(row, &c)| largest(row) == c);
        self.right += right.count();
        self.clips += batch.classes.len();
        self.loss += loss;
        self.steps += 1;
    }

    fn loss(&self) -> f64 {
        self.loss / self.steps.max(1) as f64
    }

    fn accuracy(&self) -> f64 {
        self.right as f64 / self.clips.max(1) as f64
    }
}
