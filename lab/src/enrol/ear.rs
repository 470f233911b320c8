//! From a second of sound to what is compared.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use kws_engine::Quant;
use kws_stages::nn::tapped;

use crate::bundle::{Integer, ModelInfo};
use crate::features::FrontEnd;

/// What was heard of one clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The embedding, as the model stores it.
    pub embedding: Vec<i8>,
    /// Mean of each band over time, and then the largest value of each, as the model's input stores them.
    pub voice: Vec<i8>,
}

/// The embedding's model behind its front end.
pub struct Ear {
    /// The model's `model.toml`.
    pub card: ModelInfo,
    front_end: FrontEnd,
    model: Integer,
}

impl Ear {
    /// Opens the folder of an embedding.
    ///
    /// # Errors
    /// When it is not one: `model.toml` names no `embedding`, or the model has no such tensor.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::read(folder).with_context(|| format!("cannot use the embedding in `{}`", folder.display()))
    }

    fn read(folder: &Path) -> Result<Self> {
        let card = ModelInfo::read(folder)?;
        let tensor = card.embedding.as_deref().context(
            "its `model.toml` has no `embedding`, the name of the tensor that is one; `kws-lab enrol bank --tensor NAME` adds it",
        )?;
        let path = folder.join("model.tflite");
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let model = Integer::open(&tapped(&bytes, tensor)?)?;
        let front_end = FrontEnd::new(card.view, &card.front_end)?;
        let (shape, input) = (front_end.shape(), model.model().inputs()[0].count());
        ensure!(
            card.view.is_none() && shape.iter().product::<usize>() == input,
            "its `front_end` writes {shape:?}, and its model reads {input} values"
        );
        Ok(Self { card, front_end, model })
    }

    /// Values of an embedding.
    #[must_use]
    pub fn values(&self) -> usize {
        self.model.outputs()
    }

    /// Frames of a clip, and bands of each.
    #[must_use]
    pub fn features(&self) -> [usize; 2] {
        self.front_end.matrix()
    }

    /// How the model's input stores features.
    #[must_use]
    pub fn input(&self) -> Quant {
        let input = &self.model.model().inputs()[0];
        Quant { scale: input.scale, zero_point: input.zero_point }
    }

    /// How the embedding is stored.
    #[must_use]
    pub fn output(&self) -> Quant {
        let output = &self.model.model().outputs()[0];
        Quant { scale: output.scale, zero_point: output.zero_point }
    }

    /// Hears a second of sound.
    ///
    /// # Errors
    /// When the samples are too few for the front end.
    pub fn hear(&mut self, samples: &[i16]) -> Result<Heard> {
        let [frames, bands] = self.features();
        let mut features = vec![0.0; frames * bands];
        self.front_end.extract(samples, &mut features)?;
        let input = self.model.quantise(&features);
        Ok(Heard { voice: pooled(&input, bands), embedding: self.model.run(&input) })
    }
}

/// Mean and maximum over time, as the average pool and the max pool compute them.
fn pooled(input: &[i8], bands: usize) -> Vec<i8> {
    let frames = (input.len() / bands) as i32;
    let band = |band: usize| input.iter().skip(band).step_by(bands).copied();
    let mean = |b: usize| {
        let sum: i32 = band(b).map(i32::from).sum();
        // To the nearest, ties away from zero.
        let half = if sum > 0 { frames / 2 } else { -(frames / 2) };
        ((sum + half) / frames) as i8
    };
    let most = |b: usize| band(b).max().unwrap_or(i8::MIN);
    (0..bands).map(mean).chain((0..bands).map(most)).collect()
}
