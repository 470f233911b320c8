//! `kws-lab calibrate`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::corpus::Split;
use kws_lab::evaluate::{Limit, Listener, Stated, calibrate, write_points};

use super::evaluate::write_json;
use super::material::MaterialArguments;

/// Chooses a model's operating points on streams and writes them into its `model.toml`.
///
/// A `trigger` without `points` uses them. The thresholds, one per label, together meet the limit with the fewest
/// misses; a limit that the streams are too short to support is an error. Calibrate on the validation split, then
/// evaluate on the test split with `evaluate`.
#[derive(Args)]
#[command(
    after_help = "Example: kws-lab calibrate --model models/yes_no --pipeline yes_no.toml --corpus data/speech \
    --noise data/noise --speech data/talk --max-faph 0.5"
)]
pub(crate) struct Calibrate {
    /// Folder of the model.
    #[arg(long)]
    model: PathBuf,
    /// Pipeline file; its classifier runs the model of `--model`.
    #[arg(long)]
    pipeline: PathBuf,
    #[command(flatten)]
    material: MaterialArguments,
    /// Maximum false accepts per hour over all labels, met by the upper bound of the 95 % interval.
    #[arg(long, required_unless_present_any = ["max_frr", "keep"], conflicts_with_all = ["max_frr", "keep"], value_name = "RATE")]
    max_faph: Option<f64>,
    /// Maximum share of missed words; the thresholds that meet it with the fewest false accepts are chosen.
    #[arg(long, value_name = "SHARE", conflicts_with = "keep")]
    max_frr: Option<f64>,
    /// Keeps the thresholds of `model.toml` and measures only their curves, along which `sensitivity` goes.
    #[arg(long)]
    keep: bool,
    /// Streams to count false accepts in: `words`, `speech`, `noise` or the name of a recording [default: all]. A
    /// corpus of single words has many more words that resemble a keyword than a normal day.
    #[arg(long, num_args = 1.., value_name = "NAME")]
    count_in: Vec<String>,
    /// Name of the operating point.
    #[arg(long, default_value = "default")]
    name: String,
    /// Writes the figures to this JSON file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Calibrate {
    pub(crate) fn run(mut self) -> Result<()> {
        ensure!(
            self.material.split != Some(Split::Test),
            "operating points are chosen on the validation split, not on `test`: figures measured there would be too good"
        );
        self.material.split = self.material.split.or(Some(Split::Validation));
        let limit = match (self.max_faph, self.max_frr) {
            _ if self.keep => Limit::Stated(Stated::of(&self.model, &self.name)?),
            (_, Some(share)) => Limit::Missed(share),
            (rate, None) => Limit::FalseAcceptsPerHour(rate.unwrap_or(0.0)),
        };
        let listener = Listener::open(&self.pipeline, Some(&self.model))?;
        let parts = self.material.material()?.parts(listener.words())?;
        let found = calibrate(&listener, &parts, &limit, &self.count_in)?;
        let pipeline = self.pipeline.file_stem().unwrap_or_default().to_string_lossy();
        write_points(&self.model, &self.name, &found, &limit, &self.count_in, &pipeline)?;
        for point in &found.points {
            println!("{:12} on {:.3}, off {:.3}", point.label, point.on, point.off);
        }
        let f = &found.figures;
        println!(
            "missed {} of {} words ({})",
            f.missed,
            f.said,
            f.frr.map_or(String::new(), |s| format!("{:.2} %", 100.0 * s))
        );
        println!("false accepts: {}", f.claim());
        println!("written to `{}`", self.model.join("model.toml").display());
        if let Some(path) = &self.json {
            write_json(path, &serde_json::to_value(&found)?)?;
        }
        Ok(())
    }
}
