//! `kws-lab evaluate`.

mod word;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use clap::Args;
use kws_lab::bundle::{self, Bundle};
use kws_lab::corpus::Split;
use kws_lab::evaluate::{
    ClipReport, Listener, Outcome, Points, SPEAKERS, Scores, StreamReport, default_columns, incidents,
    listen, score_clips,
};
use kws_lab::npy::{self, Array};
use kws_lab::page::Page;
use serde_json::{Value, json};

use super::listening::Listening;

/// Measures a model on the clips or pictures of a corpus, a pipeline on streams, or both.
///
/// With `--model`: top-1, confusion, curves and groups over the clips of `--corpus`, or over its pictures where the
/// model's `model.toml` has a `[view]`; beside `model.tflite` and `labels`, `front_end` and `view` in that file the folder
/// needs nothing. With `--pipeline`: false accepts
/// per hour, misses and delays over a sweep of the threshold, through the pipeline's own stages, on a stream that is
/// assembled from the clips of `--corpus` with `--noise` behind them, on `--speech` without keywords, on the noise alone,
/// and on `--stream` recordings with a truth file. With both, the pipeline runs the model.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    kws-lab evaluate computer     a keyword that `new-word` has made: writes computer/report.html\n  \
    kws-lab evaluate --model models/yes_no --corpus data/speech --split test --html report.html\n  \
    kws-lab evaluate --model models/person --corpus data/photos --by area --html report.html\n  \
    kws-lab evaluate --pipeline yes_no.toml --corpus data/speech --split test --noise data/noise --speech data/talk\n  \
    kws-lab evaluate --pipeline yes_no.toml --stream evening.wav --truth evening.csv --json figures.json")]
pub(crate) struct Evaluate {
    /// The folder of a keyword that `kws-lab new-word` has made. What is not given beside it comes from there: the model,
    /// the pipeline, the clips of its corpus, the speech that did not train; the page is written there as `report.html`.
    folder: Option<PathBuf>,
    /// Folder of the model.
    #[arg(long, required_unless_present_any = ["folder", "pipeline"])]
    model: Option<PathBuf>,
    #[command(flatten)]
    listening: Listening,
    /// Pipeline file whose stages listen to streams.
    #[arg(long)]
    pipeline: Option<PathBuf>,
    /// Column of the manifest that makes groups, such as `gender`; also `label`, `speaker`, `split`, `corpus`, and of
    /// pictures `brightness`, which is measured. Of `area`, the share that the largest person covers, and of `brightness`
    /// there are bands. May be given several times; by default those of split, corpus, gender, age, accent, language,
    /// device, area and brightness that are there.
    #[arg(long, value_name = "COLUMN")]
    by: Vec<String>,
    /// Writes the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the figures and plots to this file, as one page without parts elsewhere.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Writes what the model read and wrote, `inputs.npy` and `outputs.npy`, with `classes.npy`, to this folder.
    #[arg(long, value_name = "DIR")]
    dump: Option<PathBuf>,
    /// Writes the figures into the model's `model.toml` and `card.md`.
    #[arg(long)]
    record: bool,
    /// Name of the keyword whose folder is measured.
    #[arg(skip)]
    title: Option<String>,
    /// Where the stream of the words is kept.
    #[arg(skip)]
    replay: Option<PathBuf>,
}

/// Misses, and false accepts, that a page lets be heard.
const HEARD_ON_PAGE: usize = 24;

impl Evaluate {
    pub(crate) fn run(mut self) -> Result<()> {
        if let Some(folder) = self.folder.take() {
            self.take_folder(&folder)?;
        }
        let clips = self.model.as_deref().map(|model| self.clips(model)).transpose()?;
        let streams = self.pipeline.as_deref().map(|pipeline| self.streams(pipeline)).transpose()?;
        let name = clips.as_ref().map(|c| c.model.clone()).or(streams.as_ref().map(|s| s.pipeline.clone()));
        let mut json = match &clips {
            Some(report) => serde_json::to_value(report)?,
            None => json!({}),
        };
        if let Some(report) = &clips {
            print!("{}", report.text());
        }
        if let Some(report) = &streams {
            print!("{}{}", if clips.is_some() { "\n" } else { "" }, report.text());
            json["streams"] = serde_json::to_value(report)?;
        }
        if let Some(path) = &self.json {
            write_json(path, &json)?;
        }
        if let Some(path) = &self.html {
            let title = self.title.clone().or(name).unwrap_or_default();
            let mut page = Page::new(format!("Evaluation of {title}"));
            if let Some(report) = &streams {
                page = report.page(self.opening(page, report))?;
            }
            if let Some(report) = &clips {
                page = report.page(page)?;
            }
            page.write(path)?;
            println!("page: {}", path.display());
        }
        if self.record {
            self.record(clips.as_ref(), streams.as_ref())?;
        }
        Ok(())
    }

    fn clips(&self, model: &Path) -> Result<ClipReport> {
        let corpora = &self.listening.corpora()?;
        ensure!(!corpora.is_empty(), "a model is measured on clips or pictures: give `--corpus DIR`");
        let mut bundle = Bundle::open(model)?;
        let scores = score_clips(&mut bundle, corpora, self.listening.split)?;
        let by = if self.by.is_empty() { default_columns(&scores.clips) } else { self.by.clone() };
        if let Some(folder) = &self.dump {
            dump(folder, &bundle, &scores)?;
        }
        ClipReport::new(&bundle, &scores, self.listening.split, &by)
    }

    fn streams(&self, pipeline: &Path) -> Result<StreamReport> {
        let listener = Listener::open(pipeline, self.model.as_deref())?;
        let points = Points::of(&listener)?;
        let material = self.listening.material()?;
        let items = material.items(listener.words())?;
        let (outcomes, broken) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        listen(&listener, &points, &material, &items.list, |item, outcome| {
            match outcome {
                Ok(outcome) => held(&outcomes).push(outcome),
                Err(why) => held(&broken).push((item.key.clone(), format!("{why:#}"))),
            }
            Ok(())
        })?;
        let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|outcome: &Outcome| outcome.index);
        let name = pipeline.file_stem().unwrap_or_default().to_string_lossy();
        let by = if self.by.is_empty() { SPEAKERS.map(str::to_owned).to_vec() } else { self.by.clone() };
        let mut report = StreamReport::new(&name, &points, &outcomes, &by);
        let said = items.keyworded.into_iter().map(|(key, word)| (key, format!("it says `{word}`")));
        report.excluded = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
        report.excluded.sort();
        report.excluded.extend(said);
        if self.html.is_some() {
            report.incidents = incidents(&material, &items.list, &outcomes, &points, HEARD_ON_PAGE)?;
        }
        if let Some((path, item)) = self.replay.as_ref().zip(items.list.iter().find(|i| i.part == "words")) {
            word::keep_stream(path, &material.read(item)?)?;
        }
        Ok(report)
    }

    fn record(&self, clips: Option<&ClipReport>, streams: Option<&StreamReport>) -> Result<()> {
        let (Some(model), Some(clips)) = (&self.model, clips) else {
            anyhow::bail!("`--record` writes into a model's folder: give `--model DIR` and `--corpus DIR`");
        };
        ensure!(
            self.listening.split == Some(Split::Test),
            "a card shows figures on the split `test`: give `--split test`"
        );
        let mut bundle = Bundle::open(model)?;
        if let Some(streams) = streams {
            let table = streams.card(self.listening.snr_db);
            bundle.card.measured.insert("streams".to_owned(), toml::Value::Table(table));
        }
        bundle::record(&mut bundle, clips)
    }
}

/// What threads share, whatever became of them.
fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes figures for programs.
pub(super) fn write_json(path: &Path, value: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

/// What the integer model read and wrote, clip by clip.
fn dump(folder: &Path, bundle: &Bundle, scores: &Scores) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let model = bundle.integer.model();
    let shape =
        |dims: &[usize]| [&[scores.clips.len()], &dims[usize::from(dims.first() == Some(&1))..]].concat();
    let inputs = scores.clips.iter().flat_map(|c| c.input.iter().copied()).collect();
    let outputs = scores.clips.iter().flat_map(|c| c.output.iter().copied()).collect();
    let classes = scores.clips.iter().map(|c| c.class as u8).collect();
    let file = |name: &str| folder.join(name);
    npy::write(&file("inputs.npy"), &Array::I8 { shape: shape(&model.inputs()[0].dims), items: inputs })?;
    npy::write(&file("outputs.npy"), &Array::I8 { shape: shape(&model.outputs()[0].dims), items: outputs })?;
    npy::write(&file("classes.npy"), &Array::U8 { shape: vec![scores.clips.len()], items: classes })
}
