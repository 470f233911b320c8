//! `kws-lab ablate`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use clap::Args;
use kws_lab::bundle::{self, Bundle};
use kws_lab::corpus::Split;
use kws_lab::device::Backend;
use kws_lab::evaluate::{evaluate_clips, percent};
use kws_lab::page::Table;
use kws_lab::statistics::{Interval, mean_interval};
use kws_lab::train::{self, Ablated, Config, Earlier, PARTS, Workplace};
use serde::Serialize;

use super::data::Data;
use super::json::Json;
use super::train::configuration;

/// Trains with and without each part of a configuration, to show what each part contributes.
///
/// Parts are the augmentations of `[augment]`, the kinds of clips of `[mix]`, and training techniques. Each part is
/// removed alone, once per seed. Its contribution is the difference in int8 top-1, in points, between the full run and
/// the run without it; the 95 % interval is Student's t over the seeds, so give at least two. Interrupted runs resume,
/// and finished ones are not repeated.
///
/// Decide on the validation split (the default), not on the clips that the model will be tested on.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kws-lab ablate pipelines/models/yes_no_tiny                            every part, 24 epochs, 3 seeds
  kws-lab ablate computer --without room,codec,far --seeds 1,2,3,4,5     three parts, five seeds")]
pub(crate) struct Ablate {
    /// Configuration file, or a folder with a `train.toml`.
    config: PathBuf,
    /// Parts to remove, one per run [default: all parts of the configuration].
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    without: Vec<String>,
    /// Epochs of float training, overriding the configuration.
    #[arg(long, default_value_t = 24, value_name = "N")]
    epochs: usize,
    /// Seeds of the runs.
    #[arg(long, value_delimiter = ',', default_value = "1,2,3", value_name = "SEED")]
    seeds: Vec<u64>,
    /// Split to evaluate on.
    #[arg(long, value_parser = Split::parse, default_value = "validation")]
    split: Split,
    /// Folder for checkpoints; the models are in `WORK/NAME/ablation`.
    #[arg(long, default_value = "target/lab")]
    work: PathBuf,
    #[command(flatten)]
    data: Data,
    /// Training backend, as for `train`.
    #[arg(long, value_parser = Backend::parse, default_value_t)]
    device: Backend,
    #[command(flatten)]
    json: Json,
}

/// Runs without one part, a figure for each seed.
#[derive(Serialize)]
struct Runs {
    /// What was left out; none of the runs with everything.
    without: Option<&'static str>,
    /// Top-1 of the int8 model.
    top1: Vec<f64>,
    /// Points that the part brings, and their interval.
    points: Option<f64>,
    interval: Option<Interval>,
}

impl Ablate {
    pub(crate) fn run(self) -> Result<()> {
        let mut config = Config::read(&configuration(&self.config), &self.data.folder())?;
        config.fit.epochs = self.epochs;
        let parts = self.parts(&config)?;
        let folder = self.work.join(&config.name).join("ablation");
        let mut runs = vec![self.runs(None, &config, &folder)?];
        for (part, without) in parts {
            let run = self.runs(Some(part.name), &without, &folder)?;
            runs.push(run.against(&runs[0]));
        }
        self.json.show(&runs, || self.table(&runs).text())
    }

    /// What is left out, and the configuration without it.
    fn parts(&self, config: &Config) -> Result<Vec<(Ablated, Config)>> {
        ensure!(!self.seeds.is_empty(), "`--seeds` names none");
        let known = || PARTS.map(|part| part.name).join("`, `");
        for name in &self.without {
            match PARTS.iter().find(|part| part.name == *name) {
                None => bail!("`--without` names `{name}`, expected one of `{}`", known()),
                Some(part) if part.removed(config).is_none() => {
                    bail!("`{name}` cannot be removed: the configuration does not have it")
                }
                Some(_) => {}
            }
        }
        let wanted =
            |part: &&Ablated| self.without.is_empty() || self.without.iter().any(|name| name == part.name);
        let removed = |part: &Ablated| Some((*part, part.removed(config)?));
        Ok(PARTS.iter().filter(wanted).filter_map(removed).collect())
    }

    fn runs(&self, without: Option<&'static str>, config: &Config, folder: &Path) -> Result<Runs> {
        let mut top1 = Vec::new();
        for &seed in &self.seeds {
            let name = without.unwrap_or("everything");
            match without {
                None => eprintln!("with everything, seed {seed}"),
                Some(part) => eprintln!("without {part}, seed {seed}"),
            }
            let config = Config { seed, ..config.clone() };
            let folder = folder.join(format!("{name}-{seed}"));
            let workplace = Workplace { folder: &folder, backend: self.device, earlier: Earlier::Resume };
            let trained = train::train(&config, workplace)?;
            bundle::export(&folder, &config, &trained)?;
            let (report, _) =
                evaluate_clips(&mut Bundle::open(&folder)?, &config.data.corpora, Some(self.split))?;
            top1.push(report.top1);
        }
        Ok(Runs { without, top1, points: None, interval: None })
    }

    fn table(&self, runs: &[Runs]) -> Table {
        let split = format!("top-1 on {}", self.split);
        runs.iter().fold(Table::new(["without", &split, "contributes", "95 %"]), |table, run| {
            let mean = run.top1.iter().sum::<f64>() / run.top1.len() as f64;
            let points = run.points.map_or(String::new(), |points| format!("{points:+.2}"));
            let interval = run.interval.map_or(String::new(), |i| format!("{:+.2} to {:+.2}", i.low, i.high));
            table.row([run.without.unwrap_or("-").to_owned(), percent(mean), points, interval])
        })
    }
}

impl Runs {
    /// With what the part brings, seed by seed.
    fn against(self, everything: &Runs) -> Self {
        let points: Vec<f64> =
            everything.top1.iter().zip(&self.top1).map(|(with, without)| 100.0 * (with - without)).collect();
        let mean = points.iter().sum::<f64>() / points.len() as f64;
        let interval = mean_interval(&points).map(|(_, interval)| interval);
        Self { points: Some(mean), interval, ..self }
    }
}
