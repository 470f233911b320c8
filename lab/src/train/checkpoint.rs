//! What a killed run leaves, and how the next one takes it up.
//!
//! A phase keeps `PHASE.json` (the history), `PHASE-last.bpk` and `PHASE-optimiser.bpk` (where to go on) and
//! `PHASE-best.bpk`. The history is written last and by renaming, so that it never speaks of weights that are
//! not there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::nets::Network;

/// Figures of one epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Epoch {
    /// Mean training loss.
    pub(super) loss: f64,
    /// Validation cross-entropy, mean over the classes.
    pub(super) validation: f64,
    /// Share of validation clips that are right.
    pub(super) top1: f64,
    /// Mean over the classes of the share that is right.
    pub(super) balanced: f64,
}

/// A phase under way.
pub(super) struct Checkpoint {
    stem: PathBuf,
    pub(super) network: Network,
    pub(super) optimiser: ModuleOptimizer,
    pub(super) history: Vec<Epoch>,
}

impl Checkpoint {
    /// Takes up what `folder` holds of a phase, or begins it.
    pub(super) fn open(
        folder: &Path,
        phase: &str,
        mut network: Network,
        mut optimiser: ModuleOptimizer,
    ) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let stem = folder.join(phase);
        let mut history = Vec::new();
        if let Ok(text) = fs::read_to_string(stem.with_extension("json")) {
            history = serde_json::from_str(&text).with_context(|| format!("in `{}.json`", stem.display()))?;
            network = load(network, &file(&stem, "last"))?;
            optimiser = optimiser.load(file(&stem, "optimiser"))?;
            eprintln!("{phase}: going on after epoch {}", Vec::len(&history));
        }
        Ok(Self { stem, network, optimiser, history })
    }

    /// Writes down an epoch that has ended.
    pub(super) fn keep(&mut self, epoch: Epoch) -> Result<()> {
        self.history.push(epoch);
        save(&self.network, &file(&self.stem, "last"))?;
        if self.since_best() == 0 {
            save(&self.network, &file(&self.stem, "best"))?;
        }
        self.optimiser.save(file(&self.stem, "optimiser"))?;
        let new = self.stem.with_extension("new");
        fs::write(&new, serde_json::to_string(&self.history)?)?;
        fs::rename(new, self.stem.with_extension("json"))?;
        Ok(())
    }

    /// Epochs since the one with the lowest validation loss.
    pub(super) fn since_best(&self) -> usize {
        let lowest = (0..self.history.len()).min_by(|&a, &b| {
            let loss = |i: usize| self.history[i].validation;
            loss(a).total_cmp(&loss(b))
        });
        lowest.map_or(0, |best| self.history.len() - 1 - best)
    }

    /// Whether patience is at its end.
    pub(super) fn stalled(&self, patience: Option<usize>) -> bool {
        patience.is_some_and(|p| self.since_best() >= p)
    }

    /// The best epoch's weights, and its number from one.
    pub(super) fn best(self, device: &Device) -> Result<(Network, usize)> {
        ensure!(!self.history.is_empty(), "no epoch was trained");
        let epoch = self.history.len() - self.since_best();
        let network = load(self.network.fork(device), &file(&self.stem, "best"))?;
        Ok((network, epoch))
    }
}

fn file(stem: &Path, part: &str) -> PathBuf {
    let name = stem.file_name().unwrap_or_default().to_string_lossy();
    stem.with_file_name(format!("{name}-{part}.bpk"))
}

/// Saves a network's weights.
pub(crate) fn save(network: &Network, path: &Path) -> Result<()> {
    network.clone().into_record().save(path).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Gives a network the weights of a file.
pub(crate) fn load(network: Network, path: &Path) -> Result<Network> {
    let record = ModuleRecord::load(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    network.try_load_record(record).with_context(|| format!("`{}` does not fit the network", path.display()))
}
