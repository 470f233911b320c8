//! `kws-lab evaluate`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use kws_lab::bundle::Bundle;
use kws_lab::corpus::Split;
use kws_lab::evaluate::{ClipReport, evaluate_clips};

/// Measures a model on the clips of a corpus.
#[derive(Args)]
pub(crate) struct Evaluate {
    /// Folder of the model.
    #[arg(long)]
    model: PathBuf,
    /// Folder of a corpus; may be given several times.
    #[arg(long, required = true)]
    corpus: Vec<PathBuf>,
    /// The split to measure on; all clips where none is named.
    #[arg(long, value_parser = Split::parse)]
    split: Option<Split>,
    /// Writes the figures to this file.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Evaluate {
    pub(crate) fn run(self) -> Result<()> {
        let mut bundle = Bundle::open(&self.model)?;
        let (report, _) = evaluate_clips(&mut bundle, &self.corpus, self.split)?;
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(&report)?;
            std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        print(&report);
        Ok(())
    }
}

fn print(report: &ClipReport) {
    let split = report.split.as_deref().unwrap_or("all");
    println!("{} on {} clips, split {split}", report.model, report.clips);
    println!("top-1 {:.4}, balanced {:.4}", report.top1, report.balanced);
    if let Some(top1) = report.float_top1 {
        println!("top-1 of the float twin {top1:.4}");
    }
    let width = report.labels.iter().map(String::len).max().unwrap_or(0).max(6);
    print!("{:width$}", "");
    report.labels.iter().for_each(|l| print!(" {l:>width$}"));
    println!();
    for (label, row) in report.labels.iter().zip(&report.confusion) {
        print!("{label:width$}");
        row.iter().for_each(|n| print!(" {n:>width$}"));
        println!();
    }
    for (path, why) in &report.excluded {
        println!("excluded `{}`: {why}", path.display());
    }
}
