//! `kws-lab evaluate`.

mod cascade;
mod clips;
mod dump;
mod merge;
mod part;
#[cfg(feature = "nats")]
mod queue;
mod show;
mod streams;
mod word;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use kws_lab::bundle::{self, Bundle};
use kws_lab::corpus::Split;
use kws_lab::evaluate::shard::Shard;
use kws_lab::evaluate::{ClipReport, SPEAKERS, Scored, StreamReport, default_columns};
use serde_json::Value;

use super::material::MaterialArguments;
use show::Show;

/// Evaluates a model on the clips or images of a corpus, a pipeline on streams, or both.
///
/// With `--model`: top-1, confusion matrix, curves and groups, on the clips of `--corpus`, or on its images if the
/// model's `model.toml` has a `[view]`. The model folder needs a `model.tflite`, and a `model.toml` with `labels`,
/// `front_end` and `view`. With `--pipeline`: false accepts per hour, misses and latency over a range of thresholds,
/// with the stages of the pipeline. It runs on a stream joined from the clips of `--corpus` with `--noise` in the
/// background, on `--speech` without keywords, on the noise alone, and on `--stream` recordings with a truth file. With
/// both, the pipeline runs the model.
///
/// A pipeline with several detectors or several places is a cascade and measured as one: misses and false accepts after
/// each step, what each is let hear, bytes on each link, and what boards take from their batteries.
///
/// With `--output`, results are saved as they are computed, and the same command resumes an interrupted run. `--shard`
/// evaluates one of several parts, on any machine; `evaluate merge` combines them to exactly the figures of a single
/// run.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:\n  \
    kws-lab evaluate computer     a folder that `new-word` wrote: writes computer/report.html\n  \
    kws-lab evaluate --model models/yes_no --corpus data/speech --split test --html report.html\n  \
    kws-lab evaluate --model models/person --corpus data/photos --by area --html report.html\n  \
    kws-lab evaluate --pipeline yes_no.toml --corpus data/speech --split test --noise data/noise --speech data/talk\n  \
    kws-lab evaluate --pipeline cascade.toml --corpus data/speech --split test --noise data/noise --speech data/talk\n  \
    kws-lab evaluate --pipeline yes_no.toml --stream evening.wav --truth evening.csv --json figures.json\n  \
    kws-lab evaluate --pipeline yes_no.toml --speech common_voice,read_speech --shard 0/2 --output part0.jsonl\n  \
    kws-lab evaluate merge part0.jsonl part1.jsonl --html report.html")]
pub(crate) struct Evaluate {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder that `kws-lab new-word` wrote. The model, the pipeline, the test clips and the speech that was not used in
    /// training come from there unless you give others; the page is written there as `report.html`.
    folder: Option<PathBuf>,
    /// Folder of the model.
    #[arg(long, required_unless_present_any = ["folder", "pipeline"])]
    model: Option<PathBuf>,
    #[command(flatten)]
    material: MaterialArguments,
    /// Pipeline file to run on streams.
    #[arg(long)]
    pipeline: Option<PathBuf>,
    /// Column of the manifest to group by, such as `gender`; also `label`, `speaker`, `split`, `corpus`, and, for
    /// images, `brightness` (measured). `area`, the fraction that the largest person covers, and `brightness` are
    /// grouped in ranges. May be given several times [default: those of split, corpus, gender, age, accent, language,
    /// device, area and brightness that the manifest has].
    #[arg(long, value_name = "COLUMN")]
    by: Vec<String>,
    #[command(flatten)]
    show: Show,
    /// Saves each result to this JSON Lines file as it is computed; the same command then resumes from it.
    #[arg(long, value_name = "FILE.jsonl")]
    output: Option<PathBuf>,
    /// Evaluates part I of N, counted from 0; a hash of the path assigns each recording to a part.
    #[arg(long, value_name = "I/N", requires = "output")]
    shard: Option<Shard>,
    /// Takes shards from a queue of a NATS server, beside any number of other processes, until all are finished.
    ///
    /// `--output` is a folder then, with a file for each part. Whoever comes first puts the shards in. The shard of a process that dies
    /// is given to another one.
    #[cfg(feature = "nats")]
    #[arg(long, value_name = "nats://HOST/NAME", requires = "output", conflicts_with_all = ["shard", "record", "dump"])]
    queue: Option<queue::Queue>,
    /// Shards that are put into the queue.
    #[cfg(feature = "nats")]
    #[arg(long, value_name = "N", default_value_t = 64, requires = "queue", value_parser = clap::value_parser!(u16).range(1..))]
    shards: u16,
    /// Writes the model's inputs, outputs and classes to this folder: `inputs.npy`, `outputs.npy` and `classes.npy`.
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    dump: Option<PathBuf>,
    /// Writes the figures into the model's `model.toml` and `card.md`.
    #[arg(long, conflicts_with = "shard")]
    record: bool,
    /// File for the stream of the test clips.
    #[arg(skip)]
    replay: Option<PathBuf>,
}

/// Most misses, and most false accepts, with a player on the page.
const HEARD_ON_PAGE: usize = 24;

#[derive(Subcommand)]
enum Command {
    Merge(merge::Merge),
}

impl Evaluate {
    pub(crate) fn run(mut self) -> Result<()> {
        if let Some(Command::Merge(merge)) = self.command {
            return merge.run();
        }
        if let Some(folder) = self.folder.take() {
            self.take_folder(&folder)?;
        }
        if let Some(pipeline) = self.pipeline.as_deref().filter(|pipeline| cascade::is_one(pipeline)) {
            return self.cascade(pipeline);
        }
        #[cfg(feature = "nats")]
        if let (Some(queue), Some(folder)) = (&self.queue, &self.output) {
            return queue::work(&self, queue, usize::from(self.shards), folder);
        }
        let (clips, streams) = match &self.output {
            None => (
                self.model.as_deref().map(|model| self.clips(model)).transpose()?,
                self.pipeline.as_deref().map(|pipeline| self.streams(pipeline)).transpose()?,
            ),
            Some(path) => {
                let shard = self.shard.unwrap_or(Shard::WHOLE);
                part::measure(&self, shard, path)?;
                if shard != Shard::WHOLE {
                    return Ok(());
                }
                merge::reports(std::slice::from_ref(path), &self.by)?
            }
        };
        self.show.reports(clips.as_ref(), streams.as_ref())?;
        if self.record {
            self.record(clips.as_ref(), streams.as_ref())?;
        }
        Ok(())
    }

    fn clips(&self, model: &Path) -> Result<ClipReport> {
        let mut clips = clips::Clips::open(self, model)?;
        let scores = clips.score()?;
        if let Some(folder) = &self.dump {
            dump::dump(folder, &clips.bundle, &scores)?;
        }
        let by = clips_by(&self.by, &scores.clips);
        ClipReport::new(&clips.bundle, &scores, self.material.split, &by)
    }

    fn streams(&self, pipeline: &Path) -> Result<StreamReport> {
        let heard = if self.show.html.is_some() { HEARD_ON_PAGE } else { 0 };
        let streams = streams::Streams::open(self, pipeline)?;
        if let Some(path) = &self.replay {
            streams.keep_words(path)?;
        }
        streams.report(&streams_by(&self.by), heard)
    }

    fn record(&self, clips: Option<&ClipReport>, streams: Option<&StreamReport>) -> Result<()> {
        let (Some(model), Some(clips)) = (&self.model, clips) else {
            anyhow::bail!("`--record` writes into a model's folder: give `--model DIR` and `--corpus DIR`");
        };
        ensure!(
            self.material.split == Some(Split::Test),
            "a model card shows figures of the split `test`: give `--split test`"
        );
        let mut bundle = Bundle::open(model)?;
        if let Some(streams) = streams {
            let table = streams.card(self.material.snr_db);
            bundle.card.measured.insert("streams".to_owned(), toml::Value::Table(table));
        }
        bundle::record(&mut bundle, clips)
    }
}

/// Columns that make groups of clips.
fn clips_by(named: &[String], clips: &[Scored]) -> Vec<String> {
    if named.is_empty() { default_columns(clips) } else { named.to_vec() }
}

/// Columns that make groups of speech.
fn streams_by(named: &[String]) -> Vec<String> {
    if named.is_empty() { SPEAKERS.map(str::to_owned).to_vec() } else { named.to_vec() }
}

/// Writes figures for programs.
pub(super) fn write_json(path: &Path, value: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
