//! The images of a run, decoded once and held in memory at the size that the model is shown.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use kws_stages::vision::Size;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::batches::{Batch, Reader};
use super::sample::random;
use super::source::Source;
use crate::augment::AugmentView;
use crate::corpus::{Clip, Corpus, Split, Vocabulary};
use crate::features::{FrontEnd, View};
use crate::images::Viewer;
use crate::train::config::{Config, Weights};

/// A decoded image.
pub(crate) struct Photograph {
    /// The manifest's row.
    pub(crate) row: Clip,
    /// The output that it counts as.
    pub(crate) class: usize,
    /// RGB, of the view's size.
    pub(crate) pixels: Vec<u8>,
}

/// Images of the splits that training uses.
pub(crate) struct ImageSet {
    /// Every usable image.
    pub(crate) photographs: Vec<Photograph>,
    /// What could not be used, and why.
    pub(crate) excluded: Vec<(PathBuf, String)>,
    size: Size,
    augment: AugmentView,
    seed: u64,
    weights: Weights,
    /// For each label its training images, and how often each is drawn.
    draws: Vec<(Vec<usize>, WeightedIndex<f64>)>,
}

impl ImageSet {
    /// Decodes the images that a configuration names, for training and validation.
    ///
    /// Those that cannot be decoded are listed in [`excluded`](Self::excluded).
    ///
    /// # Errors
    /// When a corpus cannot be read.
    pub(crate) fn load(config: &Config, view: View, vocabulary: &Vocabulary) -> Result<Self> {
        let mut images = Self {
            photographs: Vec::new(),
            excluded: Vec::new(),
            size: view.size(),
            augment: config.augment_view.clone().unwrap_or_default(),
            seed: config.seed,
            weights: config.data.weights.clone(),
            draws: Vec::new(),
        };
        let mut viewer = Viewer::new(view);
        for root in &config.data.corpora {
            let corpus = Corpus::open(root)?;
            images.excluded.extend(corpus.missing.into_iter().map(|p| (p, "the file is absent".to_owned())));
            for row in corpus.clips.into_iter().filter(|row| row.split != Split::Test) {
                let Some(class) = vocabulary.class(&row.label) else { continue };
                match viewer.read(&row.path) {
                    Ok(pixels) => images.photographs.push(Photograph { row, class, pixels }),
                    Err(why) => images.excluded.push((row.path, format!("{why:#}"))),
                }
            }
        }
        Ok(images)
    }

    /// Draws a training image: a label, then one of its images by their weights.
    fn draw(&self, rng: &mut ChaCha8Rng) -> &Photograph {
        let (images, weights) = self.draws.choose(rng).expect("every label was checked to have images");
        &self.photographs[images[weights.sample(rng)]]
    }

    /// Makes ready to draw the training images of every label.
    ///
    /// # Errors
    /// When a label has none, or none with a weight.
    pub(crate) fn prepare(&mut self, vocabulary: &Vocabulary) -> Result<()> {
        for (class, label) in vocabulary.labels().iter().enumerate() {
            let training = |p: &Photograph| p.class == class && p.row.split == Split::Train;
            let places: Vec<usize> =
                (0..self.photographs.len()).filter(|&place| training(&self.photographs[place])).collect();
            ensure!(!places.is_empty(), "label `{label}` has no readable training image; add some");
            let weights = places.iter().map(|&place| self.weights.of(&self.photographs[place].row));
            let weights = WeightedIndex::new(weights).with_context(|| {
                format!("no training image of label `{label}` has a weight in `data.weights`")
            })?;
            self.draws.push((places, weights));
        }
        Ok(())
    }
}

impl Source for ImageSet {
    /// Every label is drawn equally often.
    fn batch(&self, epoch: usize, examples: Range<usize>, reader: &mut Reader) -> Result<Batch> {
        let mut batch = Batch::default();
        for index in examples {
            let mut rng = random(self.seed, epoch, index);
            let image = self.draw(&mut rng);
            let mut pixels = self.augment.distort(&image.pixels, self.size, &mut rng);
            let also = self.augment.pastes(&mut rng).then(|| {
                let other = self.draw(&mut rng);
                let part = self.augment.distort(&other.pixels, self.size, &mut rng);
                (other.class, self.augment.paste(&mut pixels, &part, self.size, &mut rng))
            });
            reader.add(&pixels, image.class, &mut batch)?;
            batch.also.push(also);
        }
        reader.teach(&mut batch);
        Ok(batch)
    }

    fn validation(&self, front_end: &mut FrontEnd) -> Result<Batch> {
        let mut batch = Batch::default();
        for image in self.photographs.iter().filter(|p| p.row.split == Split::Validation) {
            batch.add(&image.pixels, image.class, front_end)?;
        }
        Ok(batch)
    }

    fn words(&self) -> usize {
        0
    }
}
