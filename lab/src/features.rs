//! From a clip's samples, or an image's pixels, to the classifier's input, through the very stages that run in the
//! pipeline.

mod chain;
mod clip;
mod view;

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use kws_engine::{Buffer, Element, Item};

use crate::audio::RATE;
use crate::nets::Shape;
use crate::quantise::Affine;

pub use chain::{Chain, kinds, plan};
pub use view::View;

/// Length in samples of the clips that models are trained on and judge: one second.
pub const CLIP: usize = RATE as usize;

/// Clips or images in, feature matrices out.
pub struct FrontEnd {
    chain: Chain,
    shape: Shape,
    /// How integers that the last stage writes stand for real features.
    quantisation: Option<Affine>,
}

impl FrontEnd {
    /// Builds the stages that a model's `front_end` lists, in their order, behind the images of a `view`, or behind
    /// clips where there is none.
    ///
    /// # Errors
    /// When a stage is unknown or refuses its input, or what the last one writes is no matrix of features, either
    /// real or quantised.
    pub fn new(view: Option<View>, stages: &[toml::Table]) -> Result<Self> {
        let source = match view {
            None => clip::source(),
            Some(view) => view.source()?,
        };
        let chain = Chain::new(source, stages, Path::new("."))?;
        let port = chain.port();
        let quantisation = port.quant.map(|q| Affine { scale: q.scale, zero_point: q.zero_point });
        let fits = match port.element {
            Element::F32 => true,
            Element::I8 => quantisation.is_some(),
            _ => false,
        };
        let (expected, last) = match view {
            None => ("[frames, coefficients]", "stack"),
            Some(_) => ("[height, width, channels]", "normalise"),
        };
        let shape = match (view, &port.shape[..]) {
            (None, &[frames, coefficients]) if fits => [frames, coefficients, 1],
            (Some(_), &[height, width, channels]) if fits => [height, width, channels],
            _ => bail!(
                "`front_end` writes {port}, expected f32 or quantised i8 of shape {expected}: end it with `{last}`"
            ),
        };
        Ok(Self { chain, shape, quantisation })
    }

    /// Rows, columns and channels of the features: frames and coefficients of a clip, which have one channel, or height,
    /// width and channels of an image.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Rows of the features and values of each: frames and coefficients of a clip, or height and width × channels of an
    /// image.
    #[must_use]
    pub fn matrix(&self) -> [usize; 2] {
        let [rows, columns, channels] = self.shape;
        [rows, columns * channels]
    }

    /// The quantisation of the features, where the last stage writes bytes: the model's input must have the same.
    #[must_use]
    pub fn quantisation(&self) -> Option<Affine> {
        self.quantisation
    }

    /// Writes the features of one clip (samples, `i16`) or image (RGB pixels of the view's size, `u8`) into `out`, row
    /// by row, the channels of a pixel together: the first matrix that the stages give. What comes after it in the clip
    /// is not looked at.
    ///
    /// # Errors
    /// When a stage fails, the front end is one of the other sort, or `items` are too few for a matrix.
    pub fn extract<T: Item>(&mut self, items: &[T], out: &mut [f32]) -> Result<()> {
        let mut written = false;
        let quantisation = self.quantisation;
        self.chain.run(items, |_, block| {
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
        let [rows, columns] = self.matrix();
        ensure!(written, "{} values gave no matrix of {rows} × {columns}: they are too few", items.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kws_stages::vision::Fit;

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
        let mut front_end = FrontEnd::new(None, &stages(STAGES)).unwrap();
        assert_eq!(front_end.shape(), [49, 40, 1]);
        let tone: Vec<i16> = (0..CLIP).map(|i| if i % 40 < 20 { 8000 } else { -8000 }).collect();
        let (mut silent, mut loud, mut again) = (vec![0.0; 1960], vec![0.0; 1960], vec![0.0; 1960]);
        front_end.extract(&vec![0_i16; CLIP], &mut silent).unwrap();
        front_end.extract(&tone, &mut loud).unwrap();
        front_end.extract(&vec![0_i16; CLIP], &mut again).unwrap();
        assert!(silent.iter().all(|v| (v - 1e-6f32.ln()).abs() < 1e-4));
        assert_eq!(silent, again);
        assert_ne!(silent, loud);
    }

    #[test]
    fn bytes_are_read_as_the_real_values_that_they_stand_for() {
        let text = r#"stages = [{ kind = "micro_frontend" }, { kind = "stack", frames = 49 }]"#;
        let mut front_end = FrontEnd::new(None, &stages(text)).unwrap();
        let quantisation = front_end.quantisation().unwrap();
        let mut features = vec![f32::NAN; 1960];
        front_end.extract(&vec![0_i16; CLIP], &mut features).unwrap();
        assert!(features.iter().all(|&f| f == quantisation.real(quantisation.quantise(f))), "{features:?}");
    }

    #[test]
    fn a_front_end_without_stack_is_refused() {
        let mut list = stages(STAGES);
        list.pop();
        let error = FrontEnd::new(None, &list).err().unwrap().to_string();
        assert!(error.contains("`stack`"), "{error}");
    }

    const VIEW: View = View { width: 8, height: 4, fit: Fit::Stretch };

    #[test]
    fn an_image_is_resized_and_normalised_by_the_pipeline_s_stages() {
        let text = r#"stages = [{ kind = "resize", width = 4, height = 2 }, { kind = "normalise" }]"#;
        let mut front_end = FrontEnd::new(Some(VIEW), &stages(text)).unwrap();
        assert_eq!(front_end.shape(), [2, 4, 3]);
        let (mut black, mut grey) = (vec![f32::NAN; 24], vec![f32::NAN; 24]);
        front_end.extract(&[0_u8; 96], &mut black).unwrap();
        front_end.extract(&[51_u8; 96], &mut grey).unwrap();
        assert!(black.iter().all(|v| *v == 0.0), "{black:?}");
        assert!(grey.iter().all(|v| (v - 0.2).abs() < 1e-6), "{grey:?}");
        let quantisation = front_end.quantisation().unwrap();
        assert_eq!((quantisation.quantise(grey[0]), quantisation.zero_point), (-77, -128));
    }

    #[test]
    fn a_front_end_says_what_it_does_not_read() {
        let grey = r#"stages = [{ kind = "colour", to = "grey" }, { kind = "normalise" }]"#;
        let mut front_end = FrontEnd::new(Some(VIEW), &stages(grey)).unwrap();
        assert_eq!(front_end.shape(), [4, 8, 1]);
        let error = front_end.extract(&[0_i16; 96], &mut [0.0; 32]).unwrap_err().to_string();
        assert_eq!(error, "the stages were handed i16, and read u8");
        let error = front_end.extract(&[0_u8; 95], &mut [0.0; 32]).unwrap_err().to_string();
        assert!(error.contains("95 values"), "{error}");
        let error = FrontEnd::new(Some(VIEW), &[]).err().unwrap().to_string();
        assert!(error.contains("`normalise`"), "{error}");
        let error = FrontEnd::new(Some(VIEW), &stages(STAGES)).err().unwrap().to_string();
        assert!(error.contains("`window`"), "{error}");
    }
}
