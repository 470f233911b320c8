//! `kws-lab learning-curve`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use kws_lab::bundle::{self, ModelInfo};
use kws_lab::device::Backend;
use kws_lab::page::{Axis, Chart, Page, Series, Table};
use kws_lab::train::{self, Config, Earlier, Workplace};

use super::data::Data;
use super::train::configuration;

/// Trains on fractions of the speakers (or images), to show whether more data would help.
///
/// Each fraction contains the smaller ones; validation and test data stay the same. If the curve still rises at its
/// end, collect more speakers or images; if it is flat, try another network. Interrupted runs resume, and finished ones
/// are not repeated.
#[derive(Args)]
pub(crate) struct LearningCurve {
    /// Configuration file, or a folder with a `train.toml`.
    config: PathBuf,
    /// Fractions of the training speakers, or of the training images.
    #[arg(long, value_delimiter = ',', default_value = "0.25,0.5,1")]
    fractions: Vec<f64>,
    /// Folder for checkpoints; the models and `learning_curve.html` are in `WORK/NAME/learning_curve`.
    #[arg(long, default_value = "target/lab")]
    work: PathBuf,
    #[command(flatten)]
    data: Data,
    /// Training backend, as for `train`.
    #[arg(long, value_parser = Backend::parse, default_value_t)]
    device: Backend,
    /// Epochs of float training, overriding the configuration; a shorter run shows the same slope sooner.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Seeds, overriding the configuration: each draws its own subsets, weights and examples. The spread between seeds
    /// shows which differences are significant.
    #[arg(long, value_delimiter = ',', value_name = "SEED")]
    seeds: Vec<u64>,
    /// Writes the figures into the `model.toml` next to the configuration, for the model card.
    #[arg(long)]
    record: bool,
    /// Writes the figures to this JSON file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What one share of the speakers came to.
#[derive(serde::Serialize)]
struct Outcome {
    fraction: f64,
    seed: u64,
    /// Of the best epoch of the last phase.
    validation_balanced: f64,
    /// Of the int8 model.
    test_top1: f64,
    test_balanced: f64,
    test_clips: i64,
}

impl LearningCurve {
    pub(crate) fn run(self) -> Result<()> {
        let path = configuration(&self.config);
        let mut config = Config::read(&path, &self.data.folder())?;
        config.fit.epochs = self.epochs.unwrap_or(config.fit.epochs);
        for fraction in &self.fractions {
            ensure!(
                *fraction > 0.0 && *fraction <= 1.0,
                "fraction {fraction}, expected more than 0 and at most 1"
            );
        }
        let folder = self.work.join(&config.name).join("learning_curve");
        let seeds = if self.seeds.is_empty() { vec![config.seed] } else { self.seeds.clone() };
        let mut outcomes = Vec::new();
        for &fraction in &self.fractions {
            for &seed in &seeds {
                eprintln!("{} % of the training {}, seed {seed}", 100.0 * fraction, parts(&config));
                outcomes.push(self.outcome(&config, &folder, fraction, seed)?);
            }
        }
        let table = table(parts(&config), &outcomes);
        print!("{}", table.text());
        let page_path = folder.join("learning_curve.html");
        page(&config, &outcomes, table)?.write(&page_path)?;
        eprintln!("curve: {}", page_path.display());
        if self.record {
            record(path.parent().unwrap_or(Path::new(".")), &config, &outcomes)?;
        }
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(&outcomes)?;
            std::fs::write(path, text + "\n")
                .with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(())
    }

    fn outcome(&self, config: &Config, folder: &Path, fraction: f64, seed: u64) -> Result<Outcome> {
        let mut config = config.clone();
        config.data.speakers = fraction;
        let folder = match seed == config.seed {
            true => folder.join(fraction.to_string()),
            false => folder.join(format!("{fraction}-{seed}")),
        };
        config.seed = seed;
        let workplace = Workplace { folder: &folder, backend: self.device, earlier: Earlier::Resume };
        let trained = train::train(&config, workplace)?;
        bundle::export(&folder, &config, &trained)?;
        let measured = ModelInfo::read(&folder)?.measured;
        let figure = |name: &str| {
            measured
                .get(name)
                .and_then(toml::Value::as_float)
                .with_context(|| format!("`{name}` was not measured"))
        };
        let last = trained.history.last().map(|e| e.phase);
        let phase = trained.history.iter().filter(|e| Some(e.phase) == last);
        let best = phase.min_by(|a, b| a.validation_loss.total_cmp(&b.validation_loss));
        Ok(Outcome {
            fraction,
            seed,
            validation_balanced: best.map_or(0.0, |e| e.validation_balanced),
            test_top1: figure("top1")?,
            test_balanced: figure("balanced")?,
            test_clips: measured.get("clips").and_then(toml::Value::as_integer).unwrap_or(0),
        })
    }
}

/// Keeps the figures with the model's own.
fn record(folder: &Path, config: &Config, outcomes: &[Outcome]) -> Result<()> {
    let mut card = ModelInfo::read(folder)?;
    let rows = outcomes.iter().map(|o| Ok(toml::Value::Table(toml::Table::try_from(o)?)));
    let mut curve = toml::Table::new();
    curve.insert("epochs".to_owned(), (config.fit.epochs as i64).into());
    curve.insert("clips_per_epoch".to_owned(), (config.fit.clips as i64).into());
    curve.insert("shares".to_owned(), toml::Value::Array(rows.collect::<Result<_>>()?));
    card.measured.insert("learning_curve".to_owned(), curve.into());
    card.write(folder)
}

/// What training has a share of.
fn parts(config: &Config) -> &'static str {
    if config.view.is_some() { "images" } else { "speakers" }
}

fn table(parts: &str, outcomes: &[Outcome]) -> Table {
    let header = [parts, "seed", "validation, balanced", "test top-1", "test, balanced", "test clips"];
    outcomes.iter().fold(Table::new(header), |table, o| {
        table.row([
            format!("{} %", 100.0 * o.fraction),
            o.seed.to_string(),
            format!("{:.4}", o.validation_balanced),
            format!("{:.4}", o.test_top1),
            format!("{:.4}", o.test_balanced),
            o.test_clips.to_string(),
        ])
    })
}

fn page(config: &Config, outcomes: &[Outcome], table: Table) -> Result<Page> {
    let series = |title: &str, figure: fn(&Outcome) -> f64| {
        let means = outcomes.chunk_by(|a, b| a.fraction == b.fraction).map(|seeds| {
            let sum: f64 = seeds.iter().map(figure).sum();
            (100.0 * seeds[0].fraction, sum / seeds.len() as f64)
        });
        Series::line(title, means)
    };
    let chart = Chart::new(
        Axis::new(format!("% of the training {}", parts(config))).logarithmic(),
        Axis::new("share right"),
    )
    .with(series("test top-1", |o| o.test_top1))
    .with(series("test, balanced", |o| o.test_balanced))
    .with(series("validation, balanced", |o| o.validation_balanced));
    Ok(Page::new(format!("Learning curve of {}", config.name))
        .figure(
            chart.svg()?,
            "Int8 on test, fake-quantised on validation; balanced is the mean over the labels. Points are means over the \
             seeds.",
        )
        .table(table))
}
