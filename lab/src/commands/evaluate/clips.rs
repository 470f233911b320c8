//! A model on clips or images.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use kws_lab::bundle::Bundle;
use kws_lab::evaluate::shard::ClipsHeader;
use kws_lab::evaluate::{ClipList, Scores, absent, check_some, list_clips, score};
use sha2::{Digest, Sha256};

use super::Evaluate;

/// A model with what it is to be measured on.
pub(super) struct Clips {
    pub(super) bundle: Bundle,
    pub(super) list: ClipList,
}

impl Clips {
    pub(super) fn open(arguments: &Evaluate, model: &Path) -> Result<Self> {
        let corpora = arguments.material.corpora()?;
        ensure!(!corpora.is_empty(), "a model is evaluated on clips or images: give `--corpus CORPUS`");
        let bundle = Bundle::open(model)?;
        let list = list_clips(&bundle, &corpora, arguments.material.split)?;
        Ok(Self { bundle, list })
    }

    /// Measures all of it.
    pub(super) fn score(&mut self) -> Result<Scores> {
        let mut scores = score(&mut self.bundle, &self.list.rows, |_| {})?;
        scores.excluded.splice(0..0, absent(self.list.missing.clone()));
        check_some(&self.bundle, &scores)?;
        Ok(scores)
    }

    /// What a part of it says first.
    pub(super) fn header(&self, arguments: &Evaluate) -> Result<ClipsHeader> {
        let (card, mut hash) = (&self.bundle.card, Sha256::new());
        let path = self.bundle.folder.join("model.tflite");
        hash.update(std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?);
        hash.update(serde_json::to_string(&card.front_end)?);
        self.list.rows.iter().for_each(|row| hash.update(format!("{} {}\n", row.key, row.class)));
        Ok(ClipsHeader {
            model: card.name.clone(),
            labels: card.labels.clone(),
            medium: card.medium(),
            split: arguments.material.split,
            missing: self.list.missing.clone(),
            items: self.list.rows.len(),
            digest: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }
}
