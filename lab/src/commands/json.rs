//! Figures for programs.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

/// Figures for a program.
#[derive(Args)]
pub(crate) struct Json {
    /// Writes the figures to this JSON file; `-` prints them instead of the text.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Json {
    /// Shows figures as text, and as JSON where that was asked for.
    pub(crate) fn show<T: Serialize>(&self, figures: &T, text: impl FnOnce() -> String) -> Result<()> {
        let json = || serde_json::to_string_pretty(figures);
        match &self.json {
            Some(path) if path.as_os_str() == "-" => println!("{}", json()?),
            Some(path) => {
                std::fs::write(path, json()?)
                    .with_context(|| format!("cannot write `{}`", path.display()))?;
                print!("{}", text());
            }
            None => print!("{}", text()),
        }
        Ok(())
    }
}
