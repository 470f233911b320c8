//! Where figures go: the terminal, a file for programs, a page for people.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_lab::evaluate::{ClipReport, StreamReport};
use kws_lab::page::Page;
use serde_json::json;

use super::{word, write_json};

/// Files that figures go to.
#[derive(Args)]
pub(crate) struct Show {
    /// Writes the figures to this JSON file.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Writes the figures and plots to this file, a self-contained HTML page.
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Name of the keyword whose folder is measured.
    #[arg(skip)]
    pub(super) keyword: Option<String>,
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
            let title = self.keyword.clone().or(name).unwrap_or_default();
            let mut page = Page::new(format!("Evaluation of {title}"));
            if let Some(report) = streams {
                page = report.page(word::opening(page, report, self.keyword.is_some()))?;
            }
            if let Some(report) = clips {
                page = report.page(page)?;
            }
            page.write(path)?;
            println!("page: {}", path.display());
        }
        Ok(())
    }
}
