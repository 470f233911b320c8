//! Files that are either the old one or the new one, whenever the program or the machine stops.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use burn::module::Module;
use burn::store::ModuleRecord;

use crate::nets::Network;

/// Puts a file in place as a whole: written beside it, flushed to the disk, renamed.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let new = path.with_file_name(name);
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        match path.parent() {
            // Only where folders can be opened, as on Unix, can the renaming be flushed too.
            Some(folder) if cfg!(unix) && folder != Path::new("") => File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    };
    write().with_context(|| format!("cannot write `{}`", path.display()))
}

/// Saves a network's weights.
pub(crate) fn save(network: &Network, path: &Path) -> Result<()> {
    replace(path, &network.clone().into_record().into_bytes()?)
}

/// Gives a network the weights of a file.
pub(crate) fn load(network: Network, path: &Path) -> Result<Network> {
    let record = ModuleRecord::load(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    network.try_load_record(record).with_context(|| format!("`{}` does not fit the network", path.display()))
}
