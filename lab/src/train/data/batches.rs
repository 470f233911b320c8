//! Examples in batches, made ahead of the network by a thread of their own.

use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use anyhow::Result;
use burn::tensor::{Device, Tensor, TensorData};

use crate::augment::{draw, mask, warp};
use crate::corpus::Split;
use crate::features::{CLIP, FrontEnd};
use crate::nets::Shape;

use super::material::Material;
use super::sample::Drawer;
use crate::train::config::{Config, Fit};

/// Features and classes of some clips.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// `[clips, rows, columns, channels]`, item by item.
    pub features: Vec<f32>,
    /// One per clip.
    pub classes: Vec<usize>,
    /// Which of all words of the corpora each clip shows, where it shows one whole and alone; empty where nobody asks.
    pub words: Vec<Option<usize>>,
}

/// Starts drawing the batches of `epoch`; they arrive in order, a few ahead of their use.
pub(crate) fn draw_ahead<'scope>(
    scope: &'scope Scope<'scope, '_>,
    drawer: &'scope Drawer<'_>,
    config: &'scope Config,
    fit: &'scope Fit,
    epoch: usize,
) -> Result<Receiver<Result<Batch>>> {
    let mut front_end = FrontEnd::new(config.view, &config.front_end)?;
    let (sender, receiver) = sync_channel(8);
    scope.spawn(move || {
        for step in 0..fit.clips / fit.batch {
            let clips = step * fit.batch..(step + 1) * fit.batch;
            // The receiver is gone when the run ends early.
            if sender.send(drawer.batch(epoch, clips, config, &mut front_end)).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

impl Drawer<'_> {
    /// Draws the features of some examples of an epoch.
    pub(crate) fn batch(
        &self,
        epoch: usize,
        clips: Range<usize>,
        config: &Config,
        fe: &mut FrontEnd,
    ) -> Result<Batch> {
        let [frames, width] = fe.matrix();
        let mut batch = Batch::default();
        for index in clips {
            let mut rng = self.rng(epoch, index);
            let drawn = self.draw(CLIP, &mut rng);
            let start = batch.features.len();
            batch.features.resize(start + frames * width, 0.0);
            let features = &mut batch.features[start..];
            fe.extract(&drawn.samples, features)?;
            if config.augment.warp != [1.0; 2] {
                warp(features, width, draw(config.augment.warp, &mut rng));
            }
            mask(features, width, config.augment.time_mask, config.augment.frequency_mask, &mut rng);
            batch.classes.push(drawn.class);
            batch.words.push(drawn.word);
        }
        Ok(batch)
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

/// Features of every clip of a split as it is, centred in the window.
pub(crate) fn clean(material: &Material, split: Split, front_end: &mut FrontEnd) -> Result<Batch> {
    let [frames, width] = front_end.matrix();
    let mut batch = Batch::default();
    for spoken in material.split(split) {
        let window = centre(&spoken.samples);
        let start = batch.features.len();
        batch.features.resize(start + frames * width, 0.0);
        front_end.extract(&window, &mut batch.features[start..])?;
        batch.classes.push(spoken.class);
    }
    Ok(batch)
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
