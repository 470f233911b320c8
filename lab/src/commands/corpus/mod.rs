//! `kws-lab corpus`: one module for each of its commands.

mod add;
mod align;
mod check;
mod cut;
mod fetch;
mod import;
mod output;
mod report;
mod report_page;
mod split;
mod stream;
mod synth;

use anyhow::Result;
use clap::{Args, Subcommand};

/// What to type, from nothing to corpora for training.
const EXAMPLE: &str = "\
A corpus is a folder of 16 kHz clips, or of images, with a `manifest.csv`: the columns `path,label,speaker,split` and
any metadata; images need no `speaker`. `align`, `cut`, `stream` and `synth` only apply to clips.

Example, from an empty folder to training data:

  kws-lab corpus fetch speech_commands
  kws-lab corpus import folder recordings --output corpora/words
  kws-lab corpus synth --words computer --near commuter,compute --output corpora/computer
  kws-lab corpus check corpora/computer
  kws-lab corpus report corpora/computer --html report.html";

/// Imports, synthesises, checks and describes corpora.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Corpus {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Fetch(fetch::Fetch),
    Add(add::Add),
    Import(import::Import),
    Synth(synth::Synth),
    Align(align::Align),
    Cut(cut::Cut),
    Check(check::Check),
    Split(split::Split),
    Report(report::Report),
    Stream(stream::Stream),
}

impl Corpus {
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::Fetch(fetch) => fetch.run(),
            Command::Add(add) => add.run(),
            Command::Import(import) => import.run(),
            Command::Synth(synth) => synth.run(),
            Command::Align(align) => align.run(),
            Command::Cut(cut) => cut.run(),
            Command::Check(check) => check.run(),
            Command::Split(split) => split.run(),
            Command::Report(report) => report.run(),
            Command::Stream(stream) => stream.run(),
        }
    }
}
