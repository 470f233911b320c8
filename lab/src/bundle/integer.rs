//! An integer classifier, run as the stage `classifier` runs it.

use anyhow::{Context, Result, ensure};
use kws_stages::nn::{Element, Model};
use kws_stages::{Quantiser, Rounding};

use crate::quantise::Affine;

/// A model of one int8 input and one int8 output, and its memory.
pub struct Integer {
    model: Model,
    arena: Vec<i8>,
}

impl Integer {
    /// Checks and plans the contents of a `.tflite` file.
    ///
    /// # Errors
    /// When the runtime does not support it, or its input or output is not the one int8 tensor that is expected.
    pub fn open(bytes: &[u8]) -> Result<Self> {
        let model = Model::open(bytes).context("the runtime does not support it")?;
        let ([input], [output]) = (model.inputs(), model.outputs()) else {
            anyhow::bail!("it has several inputs or outputs, expected one of each");
        };
        ensure!(
            input.element == Element::I8 && output.element == Element::I8,
            "its input is {:?} and its output {:?}, expected I8 and I8",
            input.element,
            output.element
        );
        Ok(Self { arena: model.arena(), model })
    }

    /// The model, for its shapes and cost.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Count of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.model.outputs()[0].count()
    }

    /// Real features as the bytes that the model reads.
    #[must_use]
    pub fn quantise(&self, features: &[f32]) -> Vec<i8> {
        let input = &self.model.inputs()[0];
        let (scale, zero_point) = (input.scale, input.zero_point);
        let quantiser = Quantiser { scale, zero_point, rounding: Rounding::default() };
        features.iter().map(|&real| quantiser.quantise(real)).collect()
    }

    /// Runs the model once.
    pub fn run(&mut self, input: &[i8]) -> Vec<i8> {
        self.model.plan().input_mut(&mut self.arena).copy_from_slice(input);
        self.model.run(&mut self.arena);
        self.model.plan().output(&self.arena).to_vec()
    }

    /// The probabilities that output bytes stand for.
    #[must_use]
    pub fn probabilities(&self, output: &[i8]) -> Vec<f32> {
        let tensor = &self.model.outputs()[0];
        let affine = Affine { scale: tensor.scale, zero_point: tensor.zero_point };
        output.iter().map(|&q| affine.real(q)).collect()
    }
}
