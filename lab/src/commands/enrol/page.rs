//! `kws-lab enrol page`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use kws_stages::decide::{EnrolledWord, page_of};

/// Writes enrolled words as the page of flash that replaces those of a board's firmware.
///
/// The firmware's `match` must be `replaceable` and have as many words, of the same embedding; names stay those of the firmware. A
/// board takes the page when it starts, and goes on with its own words, and says why, if the page is damaged or of another embedding.
#[derive(Args)]
#[command(after_help = "\
Example, for a board whose flash can be written by probe-rs:
  kws-lab enrol --word lumos --speaker anna --consent yes lumos/*.wav --output lumos.toml
  kws-lab enrol page lumos.toml --output page.bin
  probe-rs download --chip nRF52840_xxAA --binary-format bin --base-address 0x000ff000 page.bin")]
pub(super) struct WritePage {
    /// Files of enrolled words, in the order of the firmware's.
    #[arg(required = true, value_name = "WORD.toml")]
    words: Vec<PathBuf>,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

impl WritePage {
    pub(super) fn run(&self) -> Result<()> {
        let words: Vec<EnrolledWord> = self.words.iter().map(|path| read(path)).collect::<Result<_>>()?;
        let page = page_of(&words).map_err(|why| anyhow!("no page was written: {why}"))?;
        std::fs::write(&self.output, &page)
            .with_context(|| format!("cannot write `{}`", self.output.display()))?;
        let names: Vec<&str> = words.iter().map(|word| word.word.as_str()).collect();
        println!("wrote {}, {} bytes: {}", self.output.display(), page.len(), names.join(", "));
        Ok(())
    }
}

fn read(path: &Path) -> Result<EnrolledWord> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    EnrolledWord::parse(&text).map_err(|why| {
        anyhow!("`{}` is no enrolled word: {why}; `kws-lab enrol --word` makes such files", path.display())
    })
}
