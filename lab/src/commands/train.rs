//! `kws-lab train`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use kws_lab::bundle;
use kws_lab::corpus::CorpusRef;
use kws_lab::device::Backend;
use kws_lab::train::{self, Config, Earlier, Outline, Teaching, Workplace};
use kws_lab::tune::Tuning;

use super::data::Data;
use super::paths::{path_of, seen_from};

/// Trains, quantises and exports a model.
///
/// The configuration states the labels, network, corpora and training schedule; `kws-lab init` writes one, and
/// `pipelines/models/*/train.toml` are those of the shipped models. A configuration with a `[view]` is for images:
/// import its corpora with `kws-lab corpus import images` or `coco`, use the networks `mobilenet_v1` or `separable`,
/// and set image augmentation in `[augment_view]`.
///
/// If a run is killed, run the same command again: it resumes after the last epoch and ends with the same weights.
/// Checkpoints, `history.csv` and `curves.html` are in `WORK/NAME`.
///
/// With `--more`, a trained model goes on from its weights with clips that `kws-lab review` has sorted, mixed with its corpora: valid
/// ones are examples of their word, the others of what is not. It is measured before and after on the test split, and where a figure
/// falls below the interval of what it was, nothing is written.
#[derive(Args)]
#[command(after_help = "\
Examples:
  kws-lab train pipelines/models/yes_no_tiny/train.toml --check   shows the network and the number of clips
  kws-lab train pipelines/models/yes_no_tiny/train.toml           trains, and writes the model next to the file
  kws-lab train pipelines/models/person --check                   the same for an image model
  kws-lab train computer                                          reads computer/train.toml
  kws-lab train computer --more kept                              learns from what `kws-lab review kept` has sorted")]
pub(crate) struct Train {
    /// Configuration file, or a folder with a `train.toml`.
    config: PathBuf,
    /// Output folder for `model.tflite`, `float.bpk`, `model.toml` and `card.md` [default: that of the configuration].
    #[arg(long)]
    output: Option<PathBuf>,
    /// Folder for checkpoints, with a subfolder per model.
    #[arg(long, default_value = "target/lab")]
    work: PathBuf,
    #[command(flatten)]
    data: Data,
    /// Training backend: `native` (built in, the fastest on a CPU), burn's `flex` or `ndarray`, or `cuda` or `wgpu` if
    /// built with that feature.
    #[arg(long, value_parser = Backend::parse, default_value_t)]
    device: Backend,
    /// Trained model for knowledge distillation: its folder, a `.tflite` file, a `float.bpk` file in a model folder, or
    /// its name in the data folder. Overrides the model of `[teacher]`; weight and temperature stay those of the
    /// configuration.
    #[arg(long, value_name = "MODEL")]
    teacher: Option<String>,
    /// Goes on from the trained model with these clips: a folder that `kws-lab review` has sorted, one of `--view-clips`, or
    /// a corpus.
    #[arg(long, value_name = "CLIPS", conflicts_with_all = ["check", "teacher"])]
    more: Option<String>,
    /// Epochs with `--more` [default: a tenth of the configuration's, and at least 2].
    #[arg(long, requires = "more", value_parser = clap::value_parser!(u16).range(1..))]
    epochs: Option<u16>,
    /// Starts over, ignoring checkpoints.
    #[arg(long)]
    restart: bool,
    /// Shows the layers, sizes and number of clips without training.
    #[arg(long)]
    check: bool,
    /// Writes the figures of each epoch (with `--check` and `--more`: the printed figures) to this JSON file.
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
        if let Some(more) = &self.more {
            let more = CorpusRef::argument(more, &data)?;
            return self.tune(&path, &config, &more, &folder);
        }
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

    /// Goes on from the trained model with more clips.
    fn tune(&self, path: &Path, config: &Config, more: &CorpusRef, output: &Path) -> Result<()> {
        more.check("--more")?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let output = if output.as_os_str().is_empty() { Path::new(".") } else { output };
        let tuned = Tuning {
            folder,
            config,
            more,
            epochs: self.epochs.map(usize::from),
            work: self.work.join(format!("{}-more", config.name)),
            backend: self.device,
            earlier: if self.restart { Earlier::Discard } else { Earlier::Resume },
            output,
        }
        .run()?;
        if let Some(path) = &self.json {
            write(path, &tuned)?;
        }
        print!("{}", tuned.text());
        let forgotten: Vec<String> = tuned.forgotten().map(|row| row.of.clone()).collect();
        ensure!(
            forgotten.is_empty(),
            "nothing was written: the model would forget: {} fell below the interval of what it was; review the clips again, \
             or add others of the words that suffer",
            forgotten.join(", ")
        );
        keep_configuration(path, config, output)?;
        println!("wrote {}; `kws-lab calibrate` chooses its thresholds anew", output.display());
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
