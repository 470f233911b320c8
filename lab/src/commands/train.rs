//! `kws-lab train`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use kws_lab::bundle;
use kws_lab::corpus::CorpusRef;
use kws_lab::device::Backend;
use kws_lab::train::{self, Config, Earlier, Outline, Teaching, Workplace};

use super::data::Data;
use super::paths::{path_of, seen_from};

/// Trains, quantises and exports the model that a configuration describes.
///
/// The configuration says what the model tells apart, what it is made of, which corpora it hears and how long it
/// learns; `kws-lab init` writes one, and those of the shipped models lie in `pipelines/models/*/train.toml`. One with a
/// `[view]` is for pictures: its corpora are those of `kws-lab corpus import pictures` or `coco`, its networks
/// `mobilenet_v1` and `separable`, and `[augment_view]` says how the pictures are distorted.
///
/// A run that was killed goes on from its last epoch when the same command is given again, and ends with the same
/// weights. Its checkpoints, `history.csv` and `curves.html` lie in `WORK/NAME`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kws-lab train pipelines/models/yes_no_tiny/train.toml --check   what would be trained, and on how many clips
  kws-lab train pipelines/models/yes_no_tiny/train.toml           trains, and writes the model beside the file
  kws-lab train pipelines/models/person --check                   the same of a model that is shown pictures
  kws-lab train computer                                          reads computer/train.toml")]
pub(crate) struct Train {
    /// Configuration, or a folder that holds it as `train.toml`.
    config: PathBuf,
    /// Folder for `model.tflite`, `float.bpk`, `model.toml` and `card.md` [default: the configuration's].
    #[arg(long)]
    output: Option<PathBuf>,
    /// Folder for what is left between runs, a folder for each model's name.
    #[arg(long, default_value = "target/lab")]
    work: PathBuf,
    #[command(flatten)]
    data: Data,
    /// What trains: `native`, loops of this program's own, or burn's `flex` or `ndarray`, and `cuda` or `wgpu` where they
    /// were built in.
    #[arg(long, value_parser = Backend::parse, default_value_t)]
    device: Backend,
    /// A trained model whose answers are learnt beside the labels: its folder, a `float.bpk` in one, a `.tflite`, or the
    /// name of one in the data folder; instead
    /// of the configuration's own `[teacher]`, whose weight and temperature stay.
    #[arg(long, value_name = "MODEL")]
    teacher: Option<String>,
    /// Begins anew, whatever an earlier run left.
    #[arg(long)]
    restart: bool,
    /// Trains nothing: prints the network's layers and sizes, and the clips that there are for it.
    #[arg(long)]
    check: bool,
    /// Writes the figures of every epoch, or with `--check` what it prints, to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Train {
    pub(crate) fn run(self) -> Result<()> {
        let path = configuration(&self.config);
        let data = self.data.folder();
        let mut config = Config::read(&path, &data)?;
        if let Some(model) = &self.teacher {
            let model = CorpusRef::argument(model, &data)?;
            match &mut config.teacher {
                Some(teaching) => teaching.model = model,
                none => *none = Some(Teaching::new(model)),
            }
        }
        if self.check {
            return self.outline(&config);
        }
        let folder = match &self.output {
            Some(folder) => folder.clone(),
            None => path.parent().context("the configuration has no folder")?.to_owned(),
        };
        ensure!(
            folder.as_os_str().is_empty() || folder.is_dir(),
            "output folder `{}` does not exist; create it first",
            folder.display()
        );
        keep_configuration(&path, &config, &folder)?;
        let work = self.work.join(&config.name);
        let earlier = if self.restart { Earlier::Discard } else { Earlier::Resume };
        let trained = train::train(&config, Workplace { folder: &work, backend: self.device, earlier })?;
        if let Some(path) = &self.json {
            write(path, &trained.history)?;
        }
        let page = work.join("curves.html");
        train::curves(&config.name, &trained.history)?.write(&page)?;
        bundle::export(&folder, &config, &trained)?;
        eprintln!("curves: {}", page.display());
        Ok(())
    }

    fn outline(&self, config: &Config) -> Result<()> {
        let outline = Outline::new(config)?;
        println!("{outline}");
        if let Some(path) = &self.json {
            write(path, &outline)?;
        }
        outline.clips.check()
    }
}

/// The file that a person means who names its folder.
pub(crate) fn configuration(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("train.toml") } else { path.to_owned() }
}

/// First line of configurations that this program wrote, which it may write again.
const WRITTEN: &str = "# Written by `kws-lab train --output`, paths and all.\n";

/// Leaves the configuration beside a model that goes elsewhere, its paths seen from there.
fn keep_configuration(from: &Path, config: &Config, folder: &Path) -> Result<()> {
    let to = folder.join("train.toml");
    let there = std::fs::read_to_string(&to).ok();
    if there.as_ref().is_some_and(|text| !text.starts_with(WRITTEN)) {
        let same = to.canonicalize()? == from.canonicalize()?;
        ensure!(
            same,
            "`{}` already holds a configuration that differs from `{}`; choose another `--output`",
            to.display(),
            from.display()
        );
        return Ok(());
    }
    let mut config = config.clone();
    let teacher = config.teacher.iter_mut().map(|teacher| &mut teacher.model);
    for named in config.data.each().chain(teacher).filter(|named| !named.is_name()) {
        named.write_as(path_of(seen_from(folder, named)?));
    }
    if let Some(start) = &mut config.start {
        start.model = seen_from(folder, &start.model)?.into();
    }
    let text = WRITTEN.to_owned() + &toml::to_string(&config)?;
    std::fs::write(&to, text).with_context(|| format!("cannot write `{}`", to.display()))
}

fn write(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    std::fs::write(path, text + "\n").with_context(|| format!("cannot write `{}`", path.display()))
}
