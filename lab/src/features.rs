//! From a clip's samples to the classifier's input, through the very stages that run in the pipeline.

mod chain;
mod clip;

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Result, ensure};
use kws_engine::{Buffer, Element};

use crate::audio::RATE;
use crate::nets::Shape;
use crate::quantise::Affine;

pub use chain::{Chain, plan};

/// Length in samples of the clips that models are trained on and judge: one second.
pub const CLIP: usize = RATE as usize;

/// Clips in, feature matrices out.
pub struct FrontEnd {
    chain: Chain,
    /// How integers that the last stage writes stand for real features.
    quantisation: Option<Affine>,
}

impl FrontEnd {
    /// Builds the stages that a model's `front_end` lists, in their order.
    ///
    /// # Errors
    /// When a stage is unknown or refuses its input, or what the last one writes is no matrix of features, either
    /// real or quantised.
    pub fn new(stages: &[toml::Table]) -> Result<Self> {
        let chain = Chain::new(stages, Path::new("."))?;
        let port = chain.port();
        let quantisation = port.quant.map(|q| Affine { scale: q.scale, zero_point: q.zero_point });
        let fits = match port.element {
            Element::F32 => true,
            Element::I8 => quantisation.is_some(),
            _ => false,
        };
        ensure!(
            fits && port.shape.len() == 2,
            "`front_end` writes {port}, expected f32 or quantised i8 of shape [frames, coefficients]: end it with \
             `stack`"
        );
        Ok(Self { chain, quantisation })
    }

    /// Frames and coefficients of the matrix of one clip, and one channel.
    #[must_use]
    pub fn shape(&self) -> Shape {
        [self.chain.port().shape[0], self.chain.port().shape[1], 1]
    }

    /// The quantisation of the features, where the last stage writes bytes: the model's input must have the same.
    #[must_use]
    pub fn quantisation(&self) -> Option<Affine> {
        self.quantisation
    }

    /// Writes the features of one clip, frame by frame, into `out` of `frames × coefficients`: the first matrix
    /// that the stages give. What comes after it in the clip is not looked at.
    ///
    /// # Errors
    /// When a stage fails, or `samples` are too short for a matrix.
    pub fn extract(&mut self, samples: &[i16], out: &mut [f32]) -> Result<()> {
        let mut written = false;
        let quantisation = self.quantisation;
        self.chain.run(samples, |_, block| {
            match (block, quantisation) {
                (Buffer::F32(matrix), _) => out.copy_from_slice(matrix),
                (Buffer::I8(matrix), Some(q)) => {
                    out.iter_mut().zip(matrix).for_each(|(o, m)| *o = q.real(*m));
                }
                _ => return ControlFlow::Break(()),
            }
            written = true;
            ControlFlow::Break(())
        })?;
        ensure!(written, "a clip of {} samples is too short for {} frames", samples.len(), self.shape()[0]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: &str = r#"
        stages = [
            { kind = "window", length_ms = 30.0, hop_ms = 20.0 },
            { kind = "fft", size = 512 },
            { kind = "mel", bands = 40, low_hz = 20.0, high_hz = 7600.0, of = "power" },
            { kind = "log", offset = 1e-6 },
            { kind = "stack", frames = 49 },
        ]"#;

    fn stages(text: &str) -> Vec<toml::Table> {
        #[derive(serde::Deserialize)]
        struct List {
            stages: Vec<toml::Table>,
        }
        toml::from_str::<List>(text).unwrap().stages
    }

    #[test]
    fn a_second_makes_49_frames_and_forgets_the_clip_before() {
        let mut front_end = FrontEnd::new(&stages(STAGES)).unwrap();
        assert_eq!(front_end.shape(), [49, 40, 1]);
        let tone: Vec<i16> = (0..CLIP).map(|i| if i % 40 < 20 { 8000 } else { -8000 }).collect();
        let (mut silent, mut loud, mut again) = (vec![0.0; 1960], vec![0.0; 1960], vec![0.0; 1960]);
        front_end.extract(&vec![0; CLIP], &mut silent).unwrap();
        front_end.extract(&tone, &mut loud).unwrap();
        front_end.extract(&vec![0; CLIP], &mut again).unwrap();
        assert!(silent.iter().all(|v| (v - 1e-6f32.ln()).abs() < 1e-4));
        assert_eq!(silent, again);
        assert_ne!(silent, loud);
    }

    #[test]
    fn bytes_are_read_as_the_real_values_that_they_stand_for() {
        let text = r#"stages = [{ kind = "micro_frontend" }, { kind = "stack", frames = 49 }]"#;
        let mut front_end = FrontEnd::new(&stages(text)).unwrap();
        let quantisation = front_end.quantisation().unwrap();
        let mut features = vec![f32::NAN; 1960];
        front_end.extract(&vec![0; CLIP], &mut features).unwrap();
        assert!(features.iter().all(|&f| f == quantisation.real(quantisation.quantise(f))), "{features:?}");
    }

    #[test]
    fn a_front_end_without_stack_is_refused() {
        let mut list = stages(STAGES);
        list.pop();
        let error = FrontEnd::new(&list).err().unwrap().to_string();
        assert!(error.contains("`stack`"), "{error}");
    }
}
