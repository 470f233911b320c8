//! A pipeline on streams.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use kws_lab::bundle::ModelInfo;
use kws_lab::evaluate::shard::{Stopwatch, StreamsHeader};
use kws_lab::evaluate::{Items, Listener, Material, Outcome, Points, StreamReport, incidents, listen};
use sha2::{Digest, Sha256};

use super::Evaluate;

/// A pipeline with what it is to listen to.
pub(super) struct Streams {
    pub(super) name: String,
    pub(super) listener: Listener,
    pub(super) points: Points,
    pub(super) material: Material,
    pub(super) items: Items,
}

impl Streams {
    pub(super) fn open(arguments: &Evaluate, pipeline: &Path) -> Result<Self> {
        let listener = Listener::open(pipeline, arguments.model.as_deref())?;
        let material = arguments.material.material()?;
        let streams = Self {
            name: pipeline.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            points: Points::of(&listener)?,
            items: material.items(listener.words())?,
            material,
            listener,
        };
        for name in streams.trained_on()? {
            eprintln!(
                "notice: the model has learnt from `{name}`, and what it heard there is measured too: give `--split test`, \
                 or take it out where it is not divided"
            );
        }
        Ok(streams)
    }

    /// Corpora of speech that are measured whole and that the model has learnt from, as its `model.toml` says.
    fn trained_on(&self) -> Result<Vec<&String>> {
        let Some(folder) = self.listener.model()?.filter(|folder| folder.join("model.toml").is_file()) else {
            return Ok(Vec::new());
        };
        let learnt = ModelInfo::read(&folder)?.training_data();
        let known = |name: &&String| learnt.iter().any(|data| data.name == **name);
        Ok(self.items.undivided.iter().filter(known).collect())
    }

    /// Writes the stream of the words, with its truth, to `path` unless a file is there.
    pub(super) fn keep_words(&self, path: &Path) -> Result<()> {
        let words = self.items.list.iter().find(|item| item.part == "words").filter(|_| !path.exists());
        let Some(item) = words else { return Ok(()) };
        let written = self.material.read(item)?.write(path);
        written.map(|_| ()).with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Listens to all of it. Of the misses, and of the false accepts, at most `heard` are kept with their sound.
    pub(super) fn report(self, by: &[String], heard: usize) -> Result<StreamReport> {
        let (outcomes, broken) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let watch = Stopwatch::start();
        listen(&self.listener, &self.points, &self.material, &self.items.list, |item, outcome| {
            match outcome {
                Ok(outcome) => held(&outcomes).push(outcome),
                Err(why) => held(&broken).push((item.key.clone(), format!("{why:#}"))),
            }
            Ok(())
        })?;
        let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|outcome: &Outcome| outcome.index);
        let throughput = watch.stop(outcomes.iter().map(|outcome| outcome.samples).sum());
        let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
        let report = StreamReport::new(&self.name, &self.points, &outcomes, by);
        let incidents = match heard {
            0 => Vec::new(),
            most => incidents(&self.material, &self.items.list, &outcomes, &self.points, most)?,
        };
        let report = report.without(broken, &self.items.keyworded);
        Ok(StreamReport { throughput: Some(throughput), incidents, ..report })
    }

    /// What a part of it says first.
    pub(super) fn header(&self) -> Result<StreamsHeader> {
        let mut hash = Sha256::new();
        hash.update(self.listener.digest()?);
        hash.update(format!("{} {:?} {}\n", self.material.snr_db, self.material.split, self.material.seed));
        self.items.list.iter().for_each(|item| hash.update(format!("{}\n", item.key)));
        Ok(StreamsHeader {
            pipeline: self.name.clone(),
            points: self.points.clone(),
            keyworded: self.items.keyworded.clone(),
            items: self.items.list.len(),
            digest: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }
}

/// What threads share, whatever became of them.
pub(super) fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
