//! What a teacher says of an example.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use kws_engine::Item;

use crate::bundle::{Integer, ModelInfo};
use crate::corpus::{CorpusRef, DataFolder};
use crate::features::FrontEnd;
use crate::native::Pass;
use crate::nets::Network;
use crate::published::Published;
use crate::train::config::{Config, Teaching};
use crate::train::kept::store::load;

/// A trained model behind its own front end.
pub(crate) struct Teacher {
    front_end: FrontEnd,
    model: Model,
    /// Which of its outputs stands for each label.
    outputs: Vec<usize>,
    /// What the logarithms of its probabilities are divided by.
    temperature: f32,
    /// Features of the examples that it has read and not yet answered.
    read: Vec<f32>,
}

enum Model {
    Integer(Box<Integer>),
    Float(Box<(Network, Pass)>),
}

impl Teacher {
    /// The teacher of a configuration, if it has one.
    ///
    /// # Errors
    /// When it cannot be read, tells other labels apart, or reads other examples.
    pub(crate) fn of(config: &Config) -> Result<Option<Self>> {
        let open = |teaching: &Teaching| {
            Self::open(teaching, config)
                .with_context(|| format!("`teacher.model`, `{}`", teaching.model.written()))
        };
        config.teacher.as_ref().map(open).transpose()
    }

    fn open(teaching: &Teaching, config: &Config) -> Result<Self> {
        let path = teaching.model.folder();
        ensure!(path.exists(), "{}", absent(&teaching.model));
        let float = path.extension().is_some_and(|ending| ending == "bpk");
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
        let file = if path.is_dir() { path.join("model.tflite") } else { path.to_owned() };
        let card = folder.join("model.toml").is_file() && (float || file == folder.join("model.tflite"));
        let card = card.then(|| ModelInfo::read(folder)).transpose()?;
        let stages = card.as_ref().map_or(&config.front_end, |card| &card.front_end);
        if let Some(card) = &card {
            ensure!(
                card.view.is_some() == config.view.is_some(),
                "it is {} model, but the examples are {}",
                if card.view.is_some() { "an image" } else { "an audio" },
                if config.view.is_some() { "images" } else { "clips" },
            );
        }
        let front_end = FrontEnd::new(config.view, stages)?;
        let model = if float {
            let card = card.as_ref().context("a float network needs the `model.toml` of its folder")?;
            let own = Config::read(&folder.join("train.toml"), &DataFolder::find(None))?;
            let graph = own.architecture.graph(front_end.shape(), card.labels.len());
            let network = load(Network::folded(graph, &Device::flex()), path)?;
            Model::Float(Box::new((network, Pass::default())))
        } else {
            let bytes = std::fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
            Model::Integer(Box::new(Integer::open(&bytes)?))
        };
        let outputs = outputs(&model, card.as_ref(), &config.labels)?;
        let count = front_end.shape().iter().product::<usize>();
        if let Model::Integer(integer) = &model {
            let reads = &integer.model().inputs()[0];
            ensure!(
                reads.count() == count,
                "it reads {:?}, but the front end writes {:?}: state its own front end in a `model.toml` next to it",
                reads.dims,
                front_end.shape()
            );
        }
        Ok(Self { front_end, model, outputs, temperature: teaching.temperature, read: Vec::new() })
    }

    /// Reads an example: samples of a clip, or pixels of an image.
    ///
    /// # Errors
    /// When the front end fails.
    pub(crate) fn read<T: Item>(&mut self, items: &[T]) -> Result<()> {
        let start = self.read.len();
        self.read.resize(start + self.front_end.shape().iter().product::<usize>(), 0.0);
        self.front_end.extract(items, &mut self.read[start..])
    }

    /// The probability of each label for each example that was read since the last call. All at once: a float network
    /// takes many examples in a fraction of the time that it takes one after the other.
    pub(crate) fn answers(&mut self) -> Vec<f32> {
        let read = std::mem::take(&mut self.read);
        let count: usize = self.front_end.shape().iter().product();
        let logs: Vec<f32> = match &mut self.model {
            Model::Integer(integer) => {
                read.chunks_exact(count).flat_map(|one| logarithms(integer, one)).collect()
            }
            Model::Float(float) => float.1.logits(&float.0, &read, None),
        };
        logs.chunks_exact(self.outputs.len()).flat_map(|logs| self.probabilities(logs)).collect()
    }

    /// Probabilities in the order of the labels, from the logarithms of the outputs.
    fn probabilities(&self, logs: &[f32]) -> Vec<f32> {
        let top = logs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let power = |&output: &usize| ((logs[output] - top) / self.temperature).exp();
        let powers: Vec<f32> = self.outputs.iter().map(power).collect();
        let sum: f32 = powers.iter().sum();
        powers.iter().map(|power| power / sum).collect()
    }
}

/// The logarithms of an integer model's probabilities for an example.
fn logarithms(integer: &mut Integer, features: &[f32]) -> Vec<f32> {
    let output = integer.run(&integer.quantise(features));
    // An int8 probability of 0 is less than half a step.
    let least = integer.model().outputs()[0].scale / 4.0;
    integer.probabilities(&output).iter().map(|p| p.max(least).ln()).collect()
}

/// What to do about a model that is not there.
fn absent(model: &CorpusRef) -> String {
    let place = model.folder().display();
    let published = model.folder().file_name().map(|name| Published::named(&name.to_string_lossy()));
    match published {
        Some(Ok(known)) => format!(
            "`{place}` does not exist; `kws-lab model fetch {} --output {place}` downloads it",
            known.name
        ),
        _ => format!(
            "`{place}` does not exist, expected a model folder, a `float.bpk` in one, or a `.tflite`; a path starts with `.` \
             or `/`, everything else is a name in the data folder"
        ),
    }
}

/// Which output stands for each label.
fn outputs(model: &Model, card: Option<&ModelInfo>, labels: &[String]) -> Result<Vec<usize>> {
    let Some(card) = card else {
        let Model::Integer(integer) = model else { bail!("a float network needs its `model.toml`") };
        ensure!(
            integer.outputs() == labels.len(),
            "it has {} outputs, but the configuration has {} labels: a teacher needs the same labels",
            integer.outputs(),
            labels.len()
        );
        return Ok((0..labels.len()).collect());
    };
    let place = |label: &String| card.labels.iter().position(|theirs| theirs == label);
    let found: Option<Vec<usize>> = labels.iter().map(place).collect();
    found.filter(|found| found.len() == card.labels.len()).with_context(|| {
        format!(
            "its labels are `{}`, expected `{}`: a teacher needs the same labels",
            card.labels.join("`, `"),
            labels.join("`, `")
        )
    })
}
