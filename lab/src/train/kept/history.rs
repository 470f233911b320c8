//! `history.csv`: the figures of every epoch, for people to plot and for a run to go on from.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::store;

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Training in float.
    Float,
    /// Training with the rounding of the integer model in the loop.
    Qat,
}

impl Phase {
    /// Both, in the order of a run.
    pub const ALL: [Self; 2] = [Self::Float, Self::Qat];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Float => "float",
            Self::Qat => "qat",
        })
    }
}

/// Figures of one epoch; losses are cross-entropies in nats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The part of the run.
    pub phase: Phase,
    /// Number within its phase, from one.
    pub epoch: usize,
    /// Learning rate of its last step.
    pub rate: f64,
    /// Mean training loss, smoothed labels and dropout included.
    pub loss: f64,
    /// Share of the drawn, distorted training clips that were right.
    pub accuracy: f64,
    /// Validation loss, mean over the classes.
    pub validation_loss: f64,
    /// Share of validation clips that are right.
    pub validation_top1: f64,
    /// Mean over the classes of the share that is right.
    pub validation_balanced: f64,
    /// How long it took.
    pub seconds: f64,
}

/// The epochs of a run so far.
///
/// The file is replaced as a whole, and after the weights that it speaks of: it is what commits a checkpoint. CSV
/// and not JSON, because every digit of a float comes back.
pub(crate) struct History {
    path: PathBuf,
    epochs: Vec<Epoch>,
}

impl History {
    /// Reads what a work folder holds; empty where there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("history.csv");
        let mut epochs = Vec::new();
        if path.is_file() {
            let rows = csv::Reader::from_path(&path)?.into_deserialize().collect::<Result<_, _>>();
            epochs = rows
                .with_context(|| format!("`{}` is damaged; start over with `--restart`", path.display()))?;
        }
        Ok(Self { path, epochs })
    }

    /// Adds an epoch and writes the file.
    pub(crate) fn push(&mut self, epoch: Epoch) -> Result<()> {
        self.epochs.push(epoch);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for epoch in &self.epochs {
            writer.serialize(epoch)?;
        }
        store::replace(&self.path, &writer.into_inner()?)
    }

    /// All epochs.
    pub(crate) fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// Epochs of one phase.
    pub(crate) fn of(&self, phase: Phase) -> impl Iterator<Item = &Epoch> {
        self.epochs.iter().filter(move |e| e.phase == phase)
    }

    /// Number of epochs that a phase has behind it.
    pub(crate) fn done(&self, phase: Phase) -> usize {
        self.of(phase).count()
    }

    /// Number of a phase's epoch with the lowest validation loss, the first of equals; zero where there is none.
    pub(crate) fn best(&self, phase: Phase) -> usize {
        let best = self.of(phase).min_by(|a, b| a.validation_loss.total_cmp(&b.validation_loss));
        best.map_or(0, |e| e.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("kws-lab-history-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    fn epoch(phase: Phase, epoch: usize, validation_loss: f64) -> Epoch {
        Epoch {
            phase,
            epoch,
            rate: 1e-3,
            loss: 0.5,
            accuracy: 0.8,
            validation_loss,
            validation_top1: 0.9,
            validation_balanced: 0.9,
            seconds: 1.5,
        }
    }

    #[test]
    fn every_digit_comes_back() {
        let folder = folder("digits");
        let mut history = History::open(&folder).unwrap();
        for i in 1..=50 {
            history.push(epoch(Phase::Float, i, (i as f64).sqrt().sin().abs() / 3.0)).unwrap();
        }
        let again = History::open(&folder).unwrap();
        assert_eq!(history.epochs(), again.epochs());
    }

    #[test]
    fn the_best_epoch_is_the_first_of_equals_in_its_phase() {
        let folder = folder("best");
        let mut history = History::open(&folder).unwrap();
        for (i, loss) in [0.4, 0.2, 0.3, 0.2].into_iter().enumerate() {
            history.push(epoch(Phase::Float, i + 1, loss)).unwrap();
        }
        history.push(epoch(Phase::Qat, 1, 0.1)).unwrap();
        assert_eq!((history.best(Phase::Float), history.done(Phase::Float)), (2, 4));
        assert_eq!((history.best(Phase::Qat), history.done(Phase::Qat)), (1, 1));
    }

    #[test]
    fn a_damaged_file_says_what_to_do() {
        let folder = folder("damaged");
        std::fs::write(folder.join("history.csv"), "phase,epoch\nfloat,x\n").unwrap();
        let error = format!("{:#}", History::open(&folder).err().unwrap());
        assert!(error.contains("history.csv") && error.contains("--restart"), "{error}");
    }
}
