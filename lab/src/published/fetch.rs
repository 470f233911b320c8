//! Fetching a published model into a folder that `kws-lab` and pipelines can use.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use toml::Table;

use super::{Part, Published};
use crate::download::{Download, Fetched};

/// The model's file where a `model.toml` lies beside it.
const MODEL: &str = "model.tflite";
const CARD: &str = "model.toml";

impl Published {
    /// Fetches the files into a folder, checks each against its SHA-256 before it has its name, and writes what is known
    /// of the model into `model.toml`. Files that lie there already are checked and kept.
    ///
    /// `from` is the address of another folder than the publisher's that has the files under their published names;
    /// `attempts` and `pause` are those of [`Download`].
    ///
    /// # Errors
    /// When the folder holds another model, the network fails, a checksum differs, or a file cannot be written.
    pub fn fetch(
        &self,
        folder: &Path,
        from: Option<&str>,
        attempts: u32,
        pause: Duration,
    ) -> Result<Vec<Fetched>> {
        let card = folder.join(CARD);
        let stated = self.card.as_ref().map(|card| self.stated(card)).transpose()?;
        ensure!(
            stated.is_none() || !card.exists() || folder.join(MODEL).exists(),
            "`{}` already exists and belongs to another model: choose another folder, or delete it",
            card.display()
        );
        let mut fetched = Vec::new();
        for part in &self.files {
            let download = Download {
                url: part.address(from),
                target: folder.join(&part.name),
                bytes: Some(part.bytes),
                sha256: Some(part.sha256.clone()),
                attempts,
                pause,
            };
            let file = download.run().with_context(|| {
                format!("`{}` of `{}` is not in `{}`", part.name, self.name, folder.display())
            })?;
            fetched.push(file);
        }
        // Whoever has measured the model or changed its operating points keeps that.
        if let Some(text) = stated.filter(|_| !card.exists()) {
            fs::write(&card, text).with_context(|| format!("cannot write `{}`", card.display()))?;
        }
        Ok(fetched)
    }

    /// The text of `model.toml`.
    fn stated(&self, card: &Table) -> Result<String> {
        let mut table = Table::new();
        table.insert("name".to_owned(), self.name.clone().into());
        table.extend(card.clone());
        let origin = [("publisher", &self.publisher), ("licence", &self.licence)];
        let files = self.files.iter().flat_map(|part| [("url", &part.url), ("sha256", &part.sha256)]);
        let training: Table = origin
            .into_iter()
            .chain(files)
            .map(|(key, text)| (key.to_owned(), text.clone().into()))
            .collect();
        table.insert("training".to_owned(), training.into());
        Ok(toml::to_string(&table)?)
    }
}

impl Part {
    /// Where the file is: where it is published, or under the same name elsewhere.
    fn address(&self, from: Option<&str>) -> String {
        let name = self.url.rsplit('/').next().unwrap_or_default();
        from.map_or_else(|| self.url.clone(), |from| format!("{}/{name}", from.trim_end_matches('/')))
    }
}
