//! The pictures of a run, decoded once and held in memory at the size that the model is shown.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use kws_stages::vision::Size;
use rand::seq::IndexedRandom;

use super::batches::Batch;
use super::sample::random;
use super::source::Source;
use crate::augment::AugmentView;
use crate::corpus::{Clip, Corpus, Split, Vocabulary};
use crate::features::{FrontEnd, View};
use crate::picture::Viewer;
use crate::train::config::Config;

/// A decoded picture.
pub(crate) struct Photograph {
    /// The manifest's row.
    pub(crate) row: Clip,
    /// The output that it counts as.
    pub(crate) class: usize,
    /// RGB, of the view's size.
    pub(crate) pixels: Vec<u8>,
}

/// Pictures of the splits that training uses.
pub(crate) struct ImageSet {
    /// Every usable picture.
    pub(crate) pictures: Vec<Photograph>,
    /// What could not be used, and why.
    pub(crate) excluded: Vec<(PathBuf, String)>,
    size: Size,
    augment: AugmentView,
    seed: u64,
}

impl ImageSet {
    /// Decodes the pictures that a configuration names, for training and validation.
    ///
    /// Those that cannot be decoded are listed in [`excluded`](Self::excluded).
    ///
    /// # Errors
    /// When a corpus cannot be read.
    pub(crate) fn load(config: &Config, view: View, vocabulary: &Vocabulary) -> Result<Self> {
        let mut images = Self {
            pictures: Vec::new(),
            excluded: Vec::new(),
            size: view.size(),
            augment: config.augment_view.clone().unwrap_or_default(),
            seed: config.seed,
        };
        let mut viewer = Viewer::new(view);
        for root in &config.data.corpora {
            let corpus = Corpus::open(root)?;
            images.excluded.extend(corpus.missing.into_iter().map(|p| (p, "the file is absent".to_owned())));
            for row in corpus.clips.into_iter().filter(|row| row.split != Split::Test) {
                let Some(class) = vocabulary.class(&row.label) else { continue };
                match viewer.read(&row.path) {
                    Ok(pixels) => images.pictures.push(Photograph { row, class, pixels }),
                    Err(why) => images.excluded.push((row.path, format!("{why:#}"))),
                }
            }
        }
        Ok(images)
    }

    /// Checks that every label has training pictures.
    ///
    /// # Errors
    /// Names the first label that has none left.
    pub(crate) fn check(&self, vocabulary: &Vocabulary) -> Result<()> {
        for (class, label) in vocabulary.labels().iter().enumerate() {
            ensure!(
                self.of(class).next().is_some(),
                "label `{label}` has no training picture that can be read; add some"
            );
        }
        Ok(())
    }

    /// Training pictures of a class.
    fn of(&self, class: usize) -> impl Iterator<Item = &Photograph> {
        self.pictures.iter().filter(move |p| p.class == class && p.row.split == Split::Train)
    }
}

impl Source for ImageSet {
    /// Every label is drawn equally often.
    fn batch(&self, epoch: usize, examples: Range<usize>, front_end: &mut FrontEnd) -> Result<Batch> {
        let labels = self.pictures.iter().map(|p| p.class + 1).max().unwrap_or(0);
        let classes: Vec<Vec<&Photograph>> = (0..labels).map(|class| self.of(class).collect()).collect();
        let mut batch = Batch::default();
        for index in examples {
            let mut rng = random(self.seed, epoch, index);
            let pictures = classes.choose(&mut rng).expect("every label was checked to have pictures");
            let picture = pictures.choose(&mut rng).expect("every label was checked to have pictures");
            let pixels = self.augment.distort(&picture.pixels, self.size, &mut rng);
            batch.add(&pixels, picture.class, front_end)?;
        }
        Ok(batch)
    }

    fn validation(&self, front_end: &mut FrontEnd) -> Result<Batch> {
        let mut batch = Batch::default();
        for picture in self.pictures.iter().filter(|p| p.row.split == Split::Validation) {
            batch.add(&picture.pixels, picture.class, front_end)?;
        }
        Ok(batch)
    }

    fn words(&self) -> usize {
        0
    }
}
