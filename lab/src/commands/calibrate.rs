//! `kws-lab calibrate`.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use clap::Args;
use kws_lab::bundle::Bundle;
use kws_lab::corpus::Split;
use kws_lab::evaluate::{
    Chosen, ImageLimit, Limit, Listener, Stated, calibrate, calibrate_images, percent, score_clips,
    write_points,
};

use serde_json::Value;

use super::evaluate::write_json;
use super::material::MaterialArguments;

/// Chooses a model's operating points on streams, or on images, and writes them into its `model.toml`.
///
/// A `trigger` whose points state no `on` uses them, and its `sensitivity` goes along the curve that is measured with
/// them. Calibrate on the validation split, then evaluate on the test split with `evaluate`.
///
/// For audio, the thresholds, one per label, together meet the limit with the fewest misses; a limit that the streams
/// are too short to support is an error. A model with a `[view]` is calibrated on the images of `--corpus`, without a
/// pipeline: each label's threshold meets the limit on single images.
#[derive(Args)]
#[command(
    group = clap::ArgGroup::new("limit").required(true).multiple(false),
    after_help = "Examples:\n  \
    kws-lab calibrate --model models/yes_no --pipeline yes_no.toml --corpus data/speech --noise data/noise \
    --speech data/talk --max-faph 0.5\n  \
    kws-lab calibrate --model models/person --corpus data/photos --max-accepted 0.1"
)]
pub(crate) struct Calibrate {
    /// Folder of the model.
    #[arg(long)]
    model: PathBuf,
    /// Pipeline file; its classifier runs the model of `--model`. Images need none.
    #[arg(long)]
    pipeline: Option<PathBuf>,
    #[command(flatten)]
    material: MaterialArguments,
    /// Maximum false accepts per hour over all labels, met by the upper bound of the 95 % interval.
    #[arg(long, group = "limit", value_name = "RATE")]
    max_faph: Option<f64>,
    /// Maximum share of missed words, or of the label's images; the thresholds that meet it with the fewest false accepts
    /// are chosen.
    #[arg(long, group = "limit", value_name = "SHARE", value_parser = share)]
    max_frr: Option<f64>,
    /// Maximum share of the images of other labels that are accepted; for images.
    #[arg(long, group = "limit", value_name = "SHARE", value_parser = share)]
    max_accepted: Option<f64>,
    /// Keeps the thresholds of `model.toml` and measures only their curves, along which `sensitivity` goes.
    #[arg(long, group = "limit")]
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
        let bundle = Bundle::open(&self.model)?;
        let (points, all) = if bundle.card.view.is_some() { self.images(bundle)? } else { self.streams()? };
        for point in &points {
            println!("{:12} on {:.3}, off {:.3}", point.label, point.on, point.off);
        }
        println!("written to `{}`", self.model.join("model.toml").display());
        if let Some(path) = &self.json {
            write_json(path, &all)?;
        }
        Ok(())
    }

    /// On streams, through the pipeline.
    fn streams(&self) -> Result<(Vec<Chosen>, Value)> {
        let Some(pipeline) = &self.pipeline else {
            bail!("an audio model is calibrated on streams, through a pipeline: give `--pipeline FILE`")
        };
        let limit = match (self.max_faph, self.max_frr) {
            _ if self.keep => Limit::Stated(Stated::of(&self.model, &self.name)?),
            (_, Some(share)) => Limit::Missed(share),
            (Some(rate), None) => Limit::FalseAcceptsPerHour(rate),
            (None, None) => bail!("`--max-accepted` is for images: give `--max-faph` or `--max-frr`"),
        };
        let listener = Listener::open(pipeline, Some(&self.model))?;
        let parts = self.material.material()?.parts(listener.words())?;
        let found = calibrate(&listener, &parts, &limit, &self.count_in)?;
        let name = pipeline.file_stem().unwrap_or_default().to_string_lossy();
        write_points(&self.model, &self.name, &found.points, found.how(&limit, &self.count_in, &name))?;
        let f = &found.figures;
        let share = f.frr.map_or(String::new(), percent);
        println!("missed {} of {} words ({share})", f.missed, f.said);
        println!("false accepts: {}", f.claim());
        let all = serde_json::to_value(&found)?;
        Ok((found.points, all))
    }

    /// On single images.
    fn images(&self, mut bundle: Bundle) -> Result<(Vec<Chosen>, Value)> {
        let m = &self.material;
        let sound =
            !(m.speech.is_empty() && m.noise.is_empty() && m.stream.is_empty() && self.count_in.is_empty());
        ensure!(
            self.pipeline.is_none() && !sound,
            "`{}` is an image model: give its images by `--corpus`, without `--pipeline` and the options for audio",
            bundle.card.name
        );
        let limit = match (self.max_accepted, self.max_frr) {
            _ if self.keep => ImageLimit::Stated(Stated::of(&self.model, &self.name)?),
            (_, Some(share)) => ImageLimit::Missed(share),
            (Some(share), None) => ImageLimit::Accepted(share),
            (None, None) => bail!("`--max-faph` is for audio: give `--max-accepted` or `--max-frr`"),
        };
        let corpora = m.corpora()?;
        ensure!(!corpora.is_empty(), "an image model is calibrated on images: give `--corpus CORPUS`");
        let scores = score_clips(&mut bundle, &corpora, m.split)?;
        let found = calibrate_images(&bundle.card.labels, &scores.clips, &limit)?;
        let split = m.split.map_or_else(|| "all".to_owned(), |split| split.to_string());
        write_points(&self.model, &self.name, &found.points, found.how(&limit, &m.corpus, &split))?;
        for (point, share) in found.points.iter().zip(&found.shares) {
            println!(
                "{:12} {} of its images missed, {} of the others accepted",
                point.label,
                percent(share.missed),
                percent(share.accepted)
            );
        }
        let all = serde_json::to_value(&found)?;
        Ok((found.points, all))
    }
}

/// A share, 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1, such as 0.1 for 10 %".to_owned()),
    }
}
