//! Examples in batches, made ahead of the network by a thread of their own.

use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use anyhow::Result;
use burn::tensor::{Device, Tensor, TensorData};
use kws_engine::Item;

use crate::augment::{draw, mask, warp};
use crate::corpus::Split;
use crate::features::{CLIP, FrontEnd};
use crate::nets::Shape;

use super::sample::ExampleSampler;
use super::source::Source;
use super::teacher::Teacher;
use crate::train::config::{Config, Fit};

/// Features and classes of some clips or images.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// `[clips, rows, columns, channels]`, item by item.
    pub features: Vec<f32>,
    /// One per clip.
    pub classes: Vec<usize>,
    /// Which other class an example shows a part of, and how large a part; empty where no example does.
    pub also: Vec<Option<(usize, f32)>>,
    /// Which of all words of the corpora each clip shows, where it shows one whole and alone; empty where nobody asks.
    pub words: Vec<Option<usize>>,
    /// The probabilities of the labels that a teacher gives each example; empty without one.
    pub taught: Vec<f32>,
}

impl Batch {
    /// Adds an example: its features, by the front end, and its class.
    pub(super) fn add<T: Item>(
        &mut self,
        items: &[T],
        class: usize,
        front_end: &mut FrontEnd,
    ) -> Result<&mut [f32]> {
        let start = self.features.len();
        let size: usize = front_end.shape().iter().product();
        self.features.resize(start + size, 0.0);
        let features = &mut self.features[start..];
        front_end.extract(items, features)?;
        self.classes.push(class);
        Ok(features)
    }
}

impl Batch {
    /// The same images at half the height and width: each pixel the mean of four. A last odd row or column is left out.
    pub(crate) fn halved(&self, [rows, columns, channels]: Shape) -> Self {
        let (height, width) = (rows / 2, columns / 2);
        let mut features = Vec::with_capacity(self.features.len() / 4);
        for image in self.features.chunks_exact(rows * columns * channels) {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
                    .map(|(down, along)| ((2 * y + down) * columns + 2 * x + along) * channels);
                let mean = |channel| corners.iter().map(|corner| image[corner + channel]).sum::<f32>() / 4.0;
                features.extend((0..channels).map(mean));
            }
        }
        Self {
            features,
            classes: self.classes.clone(),
            also: self.also.clone(),
            words: self.words.clone(),
            taught: self.taught.clone(),
        }
    }
}

/// What reads the examples of a training run.
pub(crate) struct Reader {
    pub(super) front_end: FrontEnd,
    pub(super) teacher: Option<Teacher>,
}

impl Reader {
    /// Those of a configuration.
    ///
    /// # Errors
    /// When the front end or the teacher cannot be built.
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let front_end = FrontEnd::new(config.view, &config.front_end)?;
        Ok(Self { front_end, teacher: Teacher::of(config)? })
    }

    /// Adds an example to a batch, and shows it to the teacher; returns its features.
    pub(super) fn add<'a, T: Item>(
        &mut self,
        items: &[T],
        class: usize,
        batch: &'a mut Batch,
    ) -> Result<&'a mut [f32]> {
        if let Some(teacher) = &mut self.teacher {
            teacher.read(items)?;
        }
        batch.add(items, class, &mut self.front_end)
    }

    /// Adds what the teacher, if there is one, says of a batch's examples.
    pub(super) fn teach(&mut self, batch: &mut Batch) {
        if let Some(teacher) = &mut self.teacher {
            batch.taught = teacher.answers();
        }
    }
}

/// Starts drawing the batches of `epoch`; they arrive in order, a few ahead of their use.
pub(crate) fn draw_ahead<'scope>(
    scope: &'scope Scope<'scope, '_>,
    source: &'scope dyn Source,
    config: &Config,
    fit: &'scope Fit,
    epoch: usize,
) -> Result<Receiver<Result<Batch>>> {
    let mut reader = Reader::new(config)?;
    let (sender, receiver) = sync_channel(8);
    scope.spawn(move || {
        for step in 0..fit.clips / fit.batch {
            let examples = step * fit.batch..(step + 1) * fit.batch;
            // The receiver is gone when the run ends early.
            if sender.send(source.batch(epoch, examples, &mut reader)).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

impl Source for ExampleSampler<'_> {
    fn batch(&self, epoch: usize, examples: Range<usize>, reader: &mut Reader) -> Result<Batch> {
        let [_, width] = reader.front_end.matrix();
        let mut batch = Batch::default();
        for index in examples {
            let mut rng = self.rng(epoch, index);
            let drawn = self.draw(CLIP, &mut rng);
            let features = reader.add(&drawn.samples, drawn.class, &mut batch)?;
            if self.augment.warp != [1.0; 2] {
                warp(features, width, draw(self.augment.warp, &mut rng));
            }
            mask(features, width, self.augment.time_mask, self.augment.frequency_mask, &mut rng);
            batch.words.push(drawn.word);
        }
        reader.teach(&mut batch);
        Ok(batch)
    }

    /// Clips are centred in the window.
    fn validation(&self, front_end: &mut FrontEnd) -> Result<Batch> {
        let mut batch = Batch::default();
        for spoken in self.material.split(Split::Validation) {
            batch.add(&centre(&spoken.samples), spoken.class, front_end)?;
        }
        Ok(batch)
    }

    fn words(&self) -> usize {
        self.words.len()
    }
}

/// Some clips of a batch as `[clips, rows, columns × channels]`.
pub(crate) fn tensor(
    batch: &Batch,
    clips: Range<usize>,
    [rows, columns, channels]: Shape,
    device: &Device,
) -> Tensor<3> {
    let size = rows * columns * channels;
    let part = batch.features[clips.start * size..clips.end * size].to_vec();
    Tensor::from_data(TensorData::new(part, [clips.len(), rows, columns * channels]), device)
}

/// Cuts or pads a clip to the length that front ends take, keeping its middle.
pub(crate) fn centre(samples: &[i16]) -> Vec<i16> {
    let mut window = vec![0; CLIP];
    if samples.len() >= CLIP {
        let start = (samples.len() - CLIP) / 2;
        window.copy_from_slice(&samples[start..start + CLIP]);
    } else {
        let start = (CLIP - samples.len()) / 2;
        window[start..start + samples.len()].copy_from_slice(samples);
    }
    window
}
