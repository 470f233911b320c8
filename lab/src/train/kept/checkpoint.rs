//! What a killed run leaves, and how the next one takes it up.
//!
//! An epoch leaves `PHASE-NUMBER.network.bpk`, `PHASE-NUMBER.optimiser.bpk` and, where weights are averaged,
//! `PHASE-NUMBER.average.bpk`, then its row in `history.csv`; only after that the files of older epochs go, but for the
//! weights that are to be kept. So wherever a run is killed, the last row of the history has its files beside it. A
//! killed epoch is drawn again from its beginning: its examples and its dropout depend on nothing but the seed, the
//! epoch and the step.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::Device;

use super::history::{Epoch, History, Phase};
use super::store::{load, replace, save};
use crate::nets::Network;
use crate::train::config::{Fit, Keep};
use crate::train::run::average::Average;

/// A phase under way.
pub(crate) struct Checkpoint<'a> {
    folder: &'a Path,
    phase: Phase,
    keep: Keep,
    pub(crate) history: &'a mut History,
    pub(crate) network: Network,
    pub(crate) optimiser: ModuleOptimizer,
    /// Follows the network, and is what is validated and kept.
    pub(crate) average: Option<Average>,
}

impl<'a> Checkpoint<'a> {
    /// Takes up what `folder` holds of a phase, or begins it with the given network and optimiser.
    pub(crate) fn open(
        folder: &'a Path,
        phase: Phase,
        history: &'a mut History,
        mut network: Network,
        mut optimiser: ModuleOptimizer,
        fit: &Fit,
    ) -> Result<Self> {
        let done = history.done(phase);
        let mut average = fit.average.map(|keep| Average::new(&network, keep));
        if done > 0 {
            network = load(network, &network_file(folder, phase, done))?;
            let path = optimiser_file(folder, phase, done);
            optimiser = optimiser.load(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            if let Some(Average { network, .. }) = &mut average {
                *network = load(network.clone(), &average_file(folder, phase, done))?;
            }
        }
        Ok(Self { folder, phase, keep: fit.keep, history, network, optimiser, average })
    }

    /// Epochs that are behind the phase.
    pub(crate) fn done(&self) -> usize {
        self.history.done(self.phase)
    }

    /// Writes down an epoch that has ended.
    pub(crate) fn keep(&mut self, epoch: Epoch) -> Result<()> {
        let number = epoch.epoch;
        save(&self.network, &network_file(self.folder, self.phase, number))?;
        replace(&optimiser_file(self.folder, self.phase, number), &self.optimiser.into_bytes()?)?;
        if let Some(average) = &self.average {
            save(&average.network, &average_file(self.folder, self.phase, number))?;
        }
        self.history.push(epoch)?;
        self.clear(number)
    }

    /// Removes the files of the phase that neither going on after epoch `last` nor the end needs.
    fn clear(&self, last: usize) -> Result<()> {
        let needed = [
            network_file(self.folder, self.phase, last),
            optimiser_file(self.folder, self.phase, last),
            average_file(self.folder, self.phase, last),
            self.kept(),
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
    pub(crate) fn since_best(&self) -> usize {
        self.done() - self.history.best(self.phase)
    }

    /// The weights that the phase ends with, and the number of their epoch from one.
    pub(crate) fn end(self, device: &Device) -> Result<(Network, usize)> {
        let epoch = self.epoch();
        ensure!(epoch > 0, "no epoch has been trained");
        let network = load(self.network.clone().fork(device), &self.kept())?;
        Ok((network, epoch))
    }

    /// The network as it is to be judged.
    pub(crate) fn judged(&self) -> Network {
        self.average.as_ref().map_or_else(|| self.network.valid(), |average| average.network.clone())
    }

    /// Number of the epoch whose weights are kept.
    fn epoch(&self) -> usize {
        match self.keep {
            Keep::Best => self.history.best(self.phase),
            Keep::Last => self.done(),
        }
    }

    /// Its file.
    fn kept(&self) -> PathBuf {
        let file = if self.average.is_some() { average_file } else { network_file };
        file(self.folder, self.phase, self.epoch())
    }
}

fn network_file(folder: &Path, phase: Phase, epoch: usize) -> PathBuf {
    folder.join(format!("{phase}-{epoch:04}.network.bpk"))
}

fn average_file(folder: &Path, phase: Phase, epoch: usize) -> PathBuf {
    folder.join(format!("{phase}-{epoch:04}.average.bpk"))
}

fn optimiser_file(folder: &Path, phase: Phase, epoch: usize) -> PathBuf {
    folder.join(format!("{phase}-{epoch:04}.optimiser.bpk"))
}
