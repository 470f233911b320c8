//! `kws-lab model`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use kws_lab::download::Fetched;
use kws_lab::page::Table;
use kws_lab::published::Published;
use serde::Serialize;

use super::json::Json;

/// Downloads reference models from other publishers.
///
/// Evaluate a downloaded model with `kws-lab evaluate --model DIR`, or set it as the `model` of a pipeline's
/// classifier.
#[derive(Args)]
#[command(after_help = "MLPerf's Visual Wake Words model, for `pipelines/person.toml`:\n  \
    kws-lab model fetch person-mlperf --output pipelines/models/person-mlperf\n  \
    kws-run pipelines/person.toml --set classifier.model=models/person-mlperf/model.tflite\n\
    Models of microWakeWord, for `pipelines/wake_word.toml`:\n  \
    kws-lab model fetch alexa --output pipelines/wake_words\n  \
    kws-lab model fetch vad --output pipelines/wake_words")]
pub(crate) struct Model {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Fetch(Fetch),
}

/// Lists the available models with size, licence and publisher.
#[derive(Args)]
struct List {
    #[command(flatten)]
    json: Json,
}

/// Downloads a model by name, verifies its SHA-256, and describes it in a `model.toml`.
///
/// If a download is interrupted, run the same command again to resume it. A file gets its final name only after its
/// SHA-256 has been verified. `model.toml` states labels and front end for pipelines and `kws-lab evaluate`;
/// microWakeWord models come with their own manifest instead.
#[derive(Args)]
struct Fetch {
    /// Name of the model; see `kws-lab model list`.
    name: String,
    /// Output folder [default: `models/NAME`].
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// URL of a mirror: a folder with the files under their published names.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Maximum consecutive attempts without progress.
    #[arg(long, default_value_t = 5)]
    attempts: u32,
    #[command(flatten)]
    json: Json,
}

#[derive(Serialize)]
struct Outcome<'a> {
    model: &'a Published,
    folder: &'a Path,
    files: Vec<Fetched>,
}

impl Model {
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::List(list) => {
                let models = Published::all()?;
                list.json.show(&models, || listing(&models))
            }
            Command::Fetch(fetch) => fetch.run(),
        }
    }
}

impl Fetch {
    fn run(self) -> Result<()> {
        let model = Published::named(&self.name)?;
        let folder = self.output.unwrap_or_else(|| Path::new("models").join(&model.name));
        eprintln!("`{}`, {}, licence {}: {}", model.name, size(&model), model.licence, model.about);
        let files =
            model.fetch(&folder, self.from.as_deref(), self.attempts.max(1), Duration::from_secs(1))?;
        let outcome = Outcome { model: &model, folder: &folder, files };
        self.json.show(&outcome, || describe(&outcome))
    }
}

fn size(model: &Published) -> String {
    format!("{:.0} kB", model.bytes() as f64 / 1000.0)
}

fn listing(models: &[Published]) -> String {
    let mut table = Table::new(["name", "size", "licence", "publisher", "recognises"]);
    for model in models {
        table = table.row([&model.name, &size(model), &model.licence, &model.publisher, &model.about]);
    }
    table.text()
}

fn describe(Outcome { model, folder, files }: &Outcome<'_>) -> String {
    let mut text = String::new();
    for file in files {
        text += &format!("`{}`, {} bytes\n", file.path.display(), file.bytes);
        text += &format!("SHA-256 {} matches the published one\n", file.sha256);
    }
    text += &format!("licence: {}; publisher: {}\n", model.licence, model.publisher);
    if let Some(note) = &model.note {
        text += &format!("note: {note}\n");
    }
    let folder = folder.display();
    text += &match (&model.card, files.iter().find(|file| file.path.extension().is_some_and(|e| e == "json")))
    {
        (None, Some(manifest)) => {
            format!("next: a classifier with model = \"{}\"\n", manifest.path.display())
        }
        _ => format!(
            "next: kws-lab evaluate --model {folder} --corpus CORPUS, or a classifier with model = \"{folder}/model.tflite\"\n"
        ),
    };
    text
}
