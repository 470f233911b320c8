//! What a killed run leaves, and how the next one takes it up.
//!
//! An epoch leaves `PHASE-NUMBER.network.bpk` and `PHASE-NUMBER.optimiser.bpk`, then its row in `history.csv`; only
//! after that the files of older epochs go, but for the network of the best one. So wherever a run is killed, the
//! last row of the history has its files beside it. A killed epoch is drawn again from its beginning: its examples
//! and its dropout depend on nothing but the seed, the epoch and the step.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::Device;

use super::history::{Epoch, History, Phase};
use super::store::{load, replace, save};
use crate::nets::Network;

/// A phase under way.
pub(super) struct Checkpoint<'a> {
    folder: &'a Path,
    phase: Phase,
    pub(super) history: &'a mut History,
    pub(super) network: Network,
    pub(super) optimiser: ModuleOptimizer,
}

impl<'a> Checkpoint<'a> {
    /// Takes up what `folder` holds of a phase, or begins it with the given network and optimiser.
    pub(super) fn open(
        folder: &'a Path,
        phase: Phase,
        history: &'a mut History,
        mut network: Network,
        mut optimiser: ModuleOptimizer,
    ) -> Result<Self> {
        let done = history.done(phase);
        if done > 0 {
            network = load(network, &network_file(folder, phase, done))?;
            let path = optimiser_file(folder, phase, done);
            optimiser = optimiser.load(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        }
        Ok(Self { folder, phase, history, network, optimiser })
    }

    /// Epochs that are behind the phase.
    pub(super) fn done(&self) -> usize {
        self.history.done(self.phase)
    }

    /// Writes down an epoch that has ended.
    pub(super) fn keep(&mut self, epoch: Epoch) -> Result<()> {
        let number = epoch.epoch;
        save(&self.network, &network_file(self.folder, self.phase, number))?;
        replace(&optimiser_file(self.folder, self.phase, number), &self.optimiser.into_bytes()?)?;
        self.history.push(epoch)?;
        self.clear(number)
    }

    /// Removes the files of the phase that neither going on after epoch `last` nor the best one needs.
    fn clear(&self, last: usize) -> Result<()> {
        let needed = [
            network_file(self.folder, self.phase, last),
            optimiser_file(self.folder, self.phase, last),
            network_file(self.folder, self.phase, self.history.best(self.phase)),
        ];
        let start = format!("{}-", self.phase);
        for entry in fs::read_dir(self.folder)? {
            let path = entry?.path();
            let ours = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&start));
            if ours && !needed.contains(&path) {
                fs::remove_file(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
            }
        }
        Ok(())
    }

    /// Epochs since the best one.
    pub(super) fn since_best(&self) -> usize {
        self.done() - self.history.best(self.phase)
    }

    /// The best epoch's weights, and its number from one.
    pub(super) fn best(self, device: &Device) -> Result<(Network, usize)> {
        let epoch = self.history.best(self.phase);
        ensure!(epoch > 0, "no epoch was trained");
        let network = load(self.network.fork(device), &network_file(self.folder, self.phase, epoch))?;
        Ok((network, epoch))
    }
}

fn network_file(folder: &Path, phase: Phase, epoch: usize) -> PathBuf {
    folder.join(format!("{phase}-{epoch:04}.network.bpk"))
}

fn optimiser_file(folder: &Path, phase: Phase, epoch: usize) -> PathBuf {
    folder.join(format!("{phase}-{epoch:04}.optimiser.bpk"))
}
