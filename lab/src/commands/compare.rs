//! `kws-lab compare`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use kws_lab::bundle::Bundle;
use kws_lab::corpus::Split;
use kws_lab::evaluate::{
    Listener, Variant, compare_clips, compare_streams, compared_page, compared_text, score_clips, variants,
    variants_page, variants_text,
};
use kws_lab::page::Page;
use serde_json::json;

use super::evaluate::write_json;
use super::material::MaterialArguments;

/// Compares two models, or the float and integer forms of one, with a paired test.
///
/// On clips or images, McNemar's exact test is used. With `--pipeline`, the models are also compared on streams: misses
/// by a paired bootstrap over the words, false accepts by an exact test of two rates. With `--variants`, one model is
/// quantised after training in two ways and compared with its float form and the shipped form.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    kws-lab compare models/yes_no models/yes_no_tiny --corpus data/speech --split test\n  \
    kws-lab compare --variants models/yes_no --corpus data/speech --split test\n  \
    kws-lab compare models/person models/mlperf --corpus data/photos --split test")]
pub(crate) struct Compare {
    /// Folders of two models.
    #[arg(num_args = 0..=2, value_name = "MODEL", conflicts_with = "variants")]
    models: Vec<PathBuf>,
    /// Folder of a model: compares its float form, two quantised forms and the shipped form.
    #[arg(long, value_name = "DIR")]
    variants: Option<PathBuf>,
    /// Pipeline file to run both models on streams, or two, one for each.
    #[arg(long, num_args = 1..=2, conflicts_with = "variants")]
    pipeline: Vec<PathBuf>,
    #[command(flatten)]
    material: MaterialArguments,
    /// Fails if a form of `--variants` loses more points against float: `PTQ=1.0` or `shipped=0.5`.
    #[arg(long, value_name = "FORM=POINTS", requires = "variants")]
    at_most: Vec<String>,
    /// Writes the table of `--variants` into the model's `model.toml`, for the model card.
    #[arg(long, requires = "variants")]
    record: bool,
    /// Writes the figures to this JSON file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the figures to this file, a self-contained HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Compare {
    pub(crate) fn run(self) -> Result<()> {
        ensure!(
            !self.material.corpus.is_empty(),
            "models are compared on clips or images: give `--corpus CORPUS`"
        );
        match (&self.variants, &self.models[..]) {
            (Some(model), []) => self.forms(model),
            (None, [a, b]) => self.two(a, b),
            (_, found) => {
                anyhow::bail!("found {} models, expected two, or one with `--variants DIR`", found.len())
            }
        }
    }

    fn two(&self, a: &Path, b: &Path) -> Result<()> {
        let corpora = &self.material.corpora()?;
        let mut bundles = [Bundle::open(a)?, Bundle::open(b)?];
        let names = bundles.each_ref().map(|bundle| bundle.card.name.clone());
        let [first, second] = &mut bundles;
        let scores = [first, second].map(|bundle| score_clips(bundle, corpora, self.material.split));
        let [first, second] = scores;
        let clips = compare_clips([&names[0], &names[1]], &first?, &second?)?;
        let streams = match &self.pipeline[..] {
            [] => None,
            [first, rest @ ..] => {
                let second = rest.first().unwrap_or(first);
                let listeners = [Listener::open(first, Some(a))?, Listener::open(second, Some(b))?];
                let words: Vec<String> = listeners.iter().flat_map(|l| l.words().to_vec()).collect();
                let parts = self.material.material()?.parts(&words)?;
                Some(compare_streams([&listeners[0], &listeners[1]], &parts)?)
            }
        };
        print!("{}", compared_text(&clips, streams.as_ref()));
        if let Some(path) = &self.json {
            write_json(path, &json!({ "clips": clips, "streams": streams }))?;
        }
        if let Some(path) = &self.html {
            let page = Page::new(format!("{} and {}", names[0], names[1]));
            compared_page(page, &clips, streams.as_ref())?.write(path)?;
        }
        Ok(())
    }

    fn forms(&self, model: &Path) -> Result<()> {
        let mut bundle = Bundle::open(model)?;
        let corpora = &self.material.corpora()?;
        let scores = score_clips(&mut bundle, corpora, self.material.split)?;
        let list = score_clips(&mut bundle, corpora, Some(Split::Train))?;
        let forms = variants(&bundle, &scores, &list)?;
        let name = &bundle.card.name;
        print!("{}", variants_text(name, &forms, &scores));
        if let Some(path) = &self.json {
            write_json(path, &json!({ "model": name, "clips": scores.clips.len(), "forms": forms }))?;
        }
        if let Some(path) = &self.html {
            variants_page(Page::new(format!("Forms of {name}")), &forms, scores.medium)?.write(path)?;
        }
        if self.record {
            let rows = forms.iter().map(row).collect();
            bundle.card.measured.insert("variants".to_owned(), toml::Value::Array(rows));
            bundle.card.write(model)?;
        }
        self.check(&forms)
    }

    /// Whether every form keeps the limits of `--at-most`.
    fn check(&self, forms: &[Variant]) -> Result<()> {
        for limit in &self.at_most {
            let (form, points) = limit
                .split_once('=')
                .with_context(|| format!("`{limit}` is not of the form `FORM=POINTS`"))?;
            let points: f64 =
                points.parse().with_context(|| format!("`{points}` is not a number of points"))?;
            let matching: Vec<&Variant> = forms.iter().filter(|f| f.name.starts_with(form)).collect();
            ensure!(!matching.is_empty(), "unknown form `{form}`");
            // Of several ways of rounding, the better one is what a person would ship.
            let best = matching.iter().map(|f| f.lost_points).fold(f64::INFINITY, f64::min);
            ensure!(
                best <= points,
                "`{form}` loses {best:.2} points against float, expected at most {points}"
            );
        }
        Ok(())
    }
}

fn row(variant: &Variant) -> toml::Value {
    let round = |value: f64| toml::Value::Float((value * 1e4).round() / 1e4);
    let mut row = toml::Table::new();
    row.insert("name".to_owned(), variant.name.clone().into());
    row.insert("top1".to_owned(), round(variant.top1));
    row.insert("lost_points".to_owned(), round(variant.lost_points));
    row.insert("p".to_owned(), round(variant.p));
    toml::Value::Table(row)
}
