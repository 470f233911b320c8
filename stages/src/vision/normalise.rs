//! Pixels as the bytes that an integer classifier reads.

use kws_engine::{Block, Flow, Stage, StageFault};

/// Each pixel as the model's own integer, by a table of 256 bytes.
///
/// A pixel p stands for the real value (p − `mean`) / `deviation`, and that is written as real / `scale` +
/// `zero_point`, rounded to the nearest with ties away from zero, held in −128 to 127. With the defaults that is
/// p − 128: what MLPerf Tiny's Visual Wake Words and most image models of TensorFlow Lite read.
///
/// What it reads and writes: [`NormaliseParams`](super::NormaliseParams).
///
/// # Parameters
/// `mean`, `deviation`, `scale`, `zero_point`.
///
/// # Reference
/// MLPerf Tiny, `benchmark/training/visual_wake_words`: input scale 1/255, zero point −128.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::vision::Normalise;
///
/// let mut table = [0; 256];
/// (0..=255).for_each(|pixel: u8| table[usize::from(pixel)] = (i16::from(pixel) - 128) as i8);
/// let mut out = [0; 3];
/// Normalise(table).process(Block { at: 1, items: &[0, 128, 255] }, &mut out)?;
/// assert_eq!(out, [-128, 0, 127]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Normalise<T>(
    /// The integer of each of the 256 pixel values.
    pub T,
);

impl<T: AsRef<[i8]>> Stage for Normalise<T> {
    type In = u8;
    type Out = i8;

    fn process(&mut self, input: Block<'_, u8>, output: &mut [i8]) -> Result<Flow, StageFault> {
        let Some(table) = self.0.as_ref().first_chunk::<256>() else {
            return Err(StageFault::new("`normalise` was given a table of fewer than 256 values"));
        };
        for (out, pixel) in output.iter_mut().zip(input.items) {
            *out = table[usize::from(*pixel)];
        }
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind {
    use kws_engine::firmware::{self, Code};
    use kws_engine::{Cost, Design, DesignError, Element, Kind, Quant, Role, Site};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::Normalise;
    use crate::resolved::{Emit, Resolved};

    /// Converts pixels to the integers of a model's input: by default pixel − 128.
    ///
    /// # Reads
    /// `image` u8, any shape.
    ///
    /// # Writes
    /// `image` i8, the same shape, with its quantisation.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    pub struct NormaliseParams {
        /// Pixel value that is mapped to 0.
        #[schemars(range(min = 0, max = 255))]
        pub mean: f64,
        /// Difference of pixel values that is mapped to 1.
        #[schemars(range(min = 0.001, max = 255))]
        pub deviation: f64,
        /// Quantisation scale of the model's input.
        #[schemars(range(min = 1e-9, max = 1e9))]
        pub scale: f64,
        /// Quantised value of 0.
        #[schemars(range(min = -128, max = 127))]
        pub zero_point: i32,
    }

    impl Default for NormaliseParams {
        fn default() -> Self {
            NormaliseParams { mean: 0.0, deviation: 255.0, scale: 1.0 / 255.0, zero_point: -128 }
        }
    }

    impl NormaliseParams {
        /// The integer of each pixel value.
        fn table(&self) -> [i8; 256] {
            std::array::from_fn(|pixel| {
                let real = (pixel as f64 - self.mean) / self.deviation;
                let whole = (real / self.scale).round() + f64::from(self.zero_point);
                whole.clamp(-128.0, 127.0) as i8
            })
        }
    }

    impl Emit for Normalise<[i8; 256]> {
        fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
            let mut code = Code::new(site);
            code.uses("kws_stages::vision::Normalise");
            let table = code.table("integers", "The integer of each pixel value.", "i8", &self.0);
            Ok(code.is(format!("Normalise<{}>", table.of), format!("Normalise({})", table.value)))
        }
    }

    impl Kind for NormaliseParams {
        const NAME: &'static str = "normalise";

        fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
            let input = site.input_as(&[Element::U8], &[Role::IMAGE])?;
            let mut output = input.then(Element::I8, input.shape.clone(), Role::IMAGE);
            output.quant = Some(Quant { scale: self.scale as f32, zero_point: self.zero_point });
            let cost = Cost { tables: 256, ..Cost::default() };
            Ok(Resolved { output, cost, stage: Normalise(self.table()) }.boxed())
        }
    }
}
#[cfg(feature = "std")]
pub use kind::NormaliseParams;
