//! Where figures go: the terminal, a file for programs, a page for people.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::evaluate::{ClipReport, StreamReport};
use kws_lab::page::Page;
use serde_json::json;

use super::write_json;

/// Files that figures go to.
#[derive(Args)]
pub(crate) struct Show {
    /// Writes the figures to this JSON file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes the figures and plots to this file, a self-contained HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Show {
    /// Prints reports, and writes the files that were asked for.
    pub(super) fn reports(&self, clips: Option<&ClipReport>, streams: Option<&StreamReport>) -> Result<()> {
        let name = clips.map(|c| c.model.clone()).or(streams.map(|s| s.pipeline.clone()));
        let mut json = match clips {
            Some(report) => serde_json::to_value(report)?,
            None => json!({}),
        };
        if let Some(report) = clips {
            print!("{}", report.text());
        }
        if let Some(report) = streams {
            print!("{}{}", if clips.is_some() { "\n" } else { "" }, report.text());
            json["streams"] = serde_json::to_value(report)?;
        }
        if let Some(path) = &self.json {
            write_json(path, &json)?;
        }
        if let Some(path) = &self.html {
            let mut page = Page::new(format!("Evaluation of {}", name.unwrap_or_default()));
            if let Some(report) = clips {
                page = report.page(page)?;
            }
            if let Some(report) = streams {
                page = report.page(page)?;
            }
            page.write(path)?;
        }
        Ok(())
    }
}
