//! What the checkpoints of a work folder belong to: going on with another configuration, device or other data would
//! give weights that no uninterrupted run gives.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::store;
use crate::train::config::Config;
use crate::train::data::batches::Batch;

/// What to do with what an earlier run left in the work folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Go on from it.
    Resume,
    /// Remove it.
    Discard,
}

/// A work folder that this run alone writes to, as long as this value lives.
pub(crate) struct Claim {
    _lock: File,
}

impl Claim {
    /// Creates and locks a work folder, and empties it where that is asked for.
    pub(crate) fn new(folder: &Path, earlier: Earlier) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let path = folder.join("lock");
        let lock = File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another training is writing to `{}`; wait for it, or choose another folder with `--work`",
                folder.display()
            ),
            Err(TryLockError::Error(e)) => {
                return Err(e).context(format!("cannot lock `{}`", path.display()));
            }
        }
        if earlier == Earlier::Discard {
            for name in ["history.csv", "run.toml"] {
                let path = folder.join(name);
                if path.exists() {
                    fs::remove_file(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
                }
            }
        }
        Ok(Self { _lock: lock })
    }
}

/// Everything that decides what a run gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// Backend of burn: sums differ in their last digits between them.
    device: String,
    /// A hash of the first training draws, the validation clips and the weights to start from.
    material: String,
    /// The configuration without its name and paths.
    configuration: toml::Table,
}

impl Origin {
    /// What `config` gives on a device, with these features.
    pub(crate) fn new(config: &Config, device: &str, batches: &[&Batch], start: &[f32]) -> Result<Self> {
        let mut configuration = toml::Table::try_from(config)?;
        for key in ["name", "data", "start"] {
            configuration.remove(key);
        }
        if let Some(toml::Value::Table(teacher)) = configuration.get_mut("teacher") {
            teacher.remove("model");
        }
        // FNV-1a over whole words.
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        let mut add = |word: u64| hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3);
        for batch in batches {
            batch.features.iter().for_each(|f| add(u64::from(f.to_bits())));
            batch.classes.iter().for_each(|&c| add(c as u64));
            batch.taught.iter().for_each(|t| add(u64::from(t.to_bits())));
        }
        start.iter().for_each(|w| add(u64::from(w.to_bits())));
        Ok(Self { device: device.to_owned(), material: format!("{hash:016x}"), configuration })
    }

    /// Writes `run.toml` into a work folder, or compares with the one that an earlier run left.
    ///
    /// # Errors
    /// When the earlier run was another one; the message says in what.
    pub(crate) fn claim(&self, folder: &Path) -> Result<()> {
        let path = folder.join("run.toml");
        if !path.is_file() || !folder.join("history.csv").is_file() {
            return store::replace(&path, toml::to_string(self)?.as_bytes());
        }
        let earlier: Self = toml::from_str(&fs::read_to_string(&path)?)
            .with_context(|| format!("`{}` is damaged; start over with `--restart`", path.display()))?;
        let differences = self.differences(&earlier);
        if differences.is_empty() {
            return Ok(());
        }
        bail!(
            "`{}` holds a run that differs in {}; start over with `--restart` (discards its checkpoints), or choose \
             another folder with `--work`",
            folder.display(),
            differences.join(", ")
        )
    }

    fn differences(&self, earlier: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.device != earlier.device {
            found.push(format!("the device (`{}` then, `{}` now)", earlier.device, self.device));
        }
        compare(&self.configuration, &earlier.configuration, "", &mut found);
        // Other features are no news where the configuration asks for them.
        if found.is_empty() && self.material != earlier.material {
            found.push("its clips, its noise, its teacher or the model that it starts from".to_owned());
        }
        found
    }
}

/// Names the keys that two tables do not share, down to the leaves.
fn compare(now: &toml::Table, then: &toml::Table, above: &str, found: &mut Vec<String>) {
    let keys: std::collections::BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    for key in keys {
        let name = format!("{above}{key}");
        match (now.get(key), then.get(key)) {
            (Some(toml::Value::Table(a)), Some(toml::Value::Table(b))) => {
                compare(a, b, &format!("{name}."), found);
            }
            (a, b) if a == b => {}
            (Some(a), Some(b)) if !a.is_array() && !a.is_table() => {
                found.push(format!("`{name}` ({b} then, {a} now)"));
            }
            _ => found.push(format!("`{name}`")),
        }
    }
}
