//! `kws-lab corpus check`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::corpus::check::{Checked, Limits, Review, Verdict, check};
use kws_lab::page::Table;

use crate::commands::json::Json;

/// Finds bad clips (clipped, silent, too short or long, noisy, duplicate, mislabelled) and bad images (unreadable, too
/// small, nearly black, overexposed, duplicate, mislabelled).
///
/// Writes `valid.csv`, `invalid.csv` and `other.csv`: the rows of the manifest with a column `reason`. Nothing else is
/// changed. Review `other.csv`, move the rows of good clips to `valid.csv`, then replace `manifest.csv` by it. Level
/// and length limits do not apply to clips labelled `_silence_` or `_speech_`.
#[derive(Args)]
pub(crate) struct Check {
    /// Corpus to check.
    corpus: PathBuf,
    /// Output folder for the lists [default: the corpus].
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Folder of a model that assists: clips in which it clearly recognises another of its labels go to `other.csv`.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Minimum probability for a clear recognition by the model.
    #[arg(long, default_value_t = Limits::default().doubt)]
    doubt: f32,
    /// Minimum length of a clip, in seconds.
    #[arg(long, default_value_t = Limits::default().shortest)]
    shortest: f64,
    /// Maximum length of a clip, in seconds.
    #[arg(long, default_value_t = Limits::default().longest)]
    longest: f64,
    /// Minimum level of the loud parts of a word, in dBFS; below it, the clip is silent.
    #[arg(long, allow_negative_numbers = true, default_value_t = Limits::default().silent_db)]
    silent_db: f64,
    /// Minimum level of the loud parts of a word above the quiet ones, in dB; below it, the clip is noisy.
    #[arg(long, default_value_t = Limits::default().contrast_db)]
    contrast_db: f64,
    /// Maximum share of clipped samples.
    #[arg(long, default_value_t = Limits::default().clipped)]
    clipped: f64,
    /// Minimum side of an image, in pixels.
    #[arg(long, default_value_t = Limits::default().smallest)]
    smallest: usize,
    /// Minimum mean luma of an image, 0 to 1; below it, the image is nearly black.
    #[arg(long, default_value_t = Limits::default().dark)]
    dark: f64,
    /// Maximum mean luma of an image, 0 to 1; above it, the image is overexposed.
    #[arg(long, default_value_t = Limits::default().bright)]
    bright: f64,
    #[command(flatten)]
    json: Json,
}

impl Check {
    pub(crate) fn run(self) -> Result<()> {
        let limits = Limits {
            shortest: self.shortest,
            longest: self.longest,
            silent_db: self.silent_db,
            contrast_db: self.contrast_db,
            clipped: self.clipped,
            doubt: self.doubt,
            smallest: self.smallest,
            dark: self.dark,
            bright: self.bright,
        };
        let review = check(&self.corpus, limits, self.model.as_deref())?;
        let lists = review.write(self.output.as_deref().unwrap_or(&self.corpus))?;
        self.json.show(&review, || describe(&review, &lists))
    }
}

fn describe(review: &Review, lists: &[PathBuf; 3]) -> String {
    let mut kinds: BTreeMap<&str, Vec<&Checked>> = BTreeMap::new();
    for clip in &review.clips {
        clip.faults.iter().for_each(|fault| kinds.entry(fault.kind).or_default().push(clip));
    }
    let many = review.medium.many();
    let mut table = Table::new(["fault", many, "for example", "what was found"]);
    for (kind, clips) in kinds {
        let first = clips[0];
        let what = first.faults.iter().find(|f| f.kind == kind).map_or("", |f| f.what.as_str());
        table = table.row([kind, &clips.len().to_string(), &first.path, what]);
    }
    let mut text =
        if review.count(Verdict::Valid) < review.clips.len() { table.text() } else { String::new() };
    for (verdict, list) in [Verdict::Valid, Verdict::Invalid, Verdict::Other].into_iter().zip(lists) {
        text += &format!("{:6} {many} in `{}`\n", review.count(verdict), list.display());
    }
    if review.alike > 0 {
        text += &format!(
            "{} synthesised clips are near-duplicates: there are fewer distinct voices than it seems\n",
            review.alike
        );
    }
    if review.count(Verdict::Other) > 0 {
        text += "review those in `other.csv`, move the good ones to `valid.csv`, then replace `manifest.csv` by it\n";
    }
    text
}
