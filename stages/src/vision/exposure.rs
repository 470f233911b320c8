//! Whether an image shows anything.

use kws_engine::{Block, Flow, Stage, StageFault};

/// Tells images that are too dark or blown out from those that are worth a classifier's time.
///
/// An image is `dark` when its mean is below `dark`, or more than `clipped` of its values are at most 4; it is
/// `bright` when its mean is above `bright`, or more than `clipped` of its values are at least 251; else it is `good`.
/// A `trigger` after it reports what it found, and a `gate` lets only good images go on.
///
/// What it reads and writes: [`ExposureParams`](super::ExposureParams).
///
/// # Parameters
/// `dark`, `bright`, `clipped`.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::vision::{Exposure, Limits};
///
/// // Of four values at most one may be black or white.
/// let mut exposure = Exposure(Limits { dark: 4 * 30, bright: 4 * 225, clipped: 1 });
/// let mut out = [0.0; 3];
/// exposure.process(Block { at: 1, items: &[10, 20, 30, 40] }, &mut out)?;
/// assert_eq!(out, [1.0, 0.0, 0.0]);
/// exposure.process(Block { at: 2, items: &[255, 255, 120, 100] }, &mut out)?;
/// assert_eq!(out, [0.0, 1.0, 0.0]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Exposure(pub Limits);

/// What an image of a certain size must keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The sum of all values is at least this.
    pub dark: u32,
    /// The sum of all values is at most this.
    pub bright: u32,
    /// As many values may be black, and as many white.
    pub clipped: u32,
}

/// Values up to here are black.
const BLACK: u8 = 4;
/// Values from here on are white.
const WHITE: u8 = 251;
/// Values that are counted in bytes, before they are added up: counts in lanes as narrow as pixels are quick.
const SPAN: usize = 255;

impl Stage for Exposure {
    type In = u8;
    type Out = f32;

    fn process(&mut self, input: Block<'_, u8>, output: &mut [f32]) -> Result<Flow, StageFault> {
        let (mut sum, mut black, mut white) = (0_u32, 0_u32, 0_u32);
        for span in input.chunks(SPAN) {
            sum += span.iter().map(|value| u32::from(*value)).sum::<u32>();
            black += u32::from(span.iter().map(|value| u8::from(*value <= BLACK)).sum::<u8>());
            white += u32::from(span.iter().map(|value| u8::from(*value >= WHITE)).sum::<u8>());
        }
        let limits = self.0;
        let dark = sum < limits.dark || black > limits.clipped;
        let bright = !dark && (sum > limits.bright || white > limits.clipped);
        let found = [dark, bright, !dark && !bright];
        for (out, found) in output.iter_mut().zip(found) {
            *out = f32::from(u8::from(found));
        }
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind {
    use kws_engine::firmware::{self, Code};
    use kws_engine::{Cost, Design, DesignError, Element, Kind, Role, Site};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::{Exposure, Limits};
    use crate::resolved::{Emit, Resolved};
    use crate::vision::Size;

    /// Classifies the exposure of each image: a posterior of too dark, overexposed and good.
    ///
    /// # Reads
    /// `image` u8 `[height, width, channels]`.
    ///
    /// # Writes
    /// `posterior` f32 `[3]`, labels `dark`, `bright` and `good`: 1 for what it is, 0 for the others.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    pub struct ExposureParams {
        /// Mean below which an image is too dark.
        #[schemars(range(min = 0, max = 255))]
        pub dark: f64,
        /// Mean above which an image is overexposed.
        #[schemars(range(min = 0, max = 255))]
        pub bright: f64,
        /// Maximum share of black values, and of white values.
        #[schemars(range(min = 0, max = 1))]
        pub clipped: f64,
    }

    impl Default for ExposureParams {
        fn default() -> Self {
            ExposureParams { dark: 24.0, bright: 231.0, clipped: 0.6 }
        }
    }

    impl Emit for Exposure {
        fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
            let mut code = Code::new(site);
            code.uses("kws_stages::vision::Exposure");
            code.uses("kws_stages::vision::Limits");
            Ok(code.is("Exposure", format!("{self:?}")))
        }
    }

    impl Kind for ExposureParams {
        const NAME: &'static str = "exposure";

        fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
            let (input, size) = Size::read_by(site)?;
            if self.dark > self.bright {
                let found = format!("found {}, expected at most `bright`, {}", self.dark, self.bright);
                return Err(DesignError::of("dark", found));
            }
            let items = size.items() as f64;
            let limits = Limits {
                dark: (self.dark * items).ceil() as u32,
                bright: (self.bright * items).floor() as u32,
                clipped: (self.clipped * items).floor() as u32,
            };
            let mut output = input.then(Element::F32, vec![3], Role::POSTERIOR);
            output.labels = ["dark", "bright", "good"].map(str::to_owned).to_vec();
            Ok(Resolved { output, cost: Cost::default(), stage: Exposure(limits) }.boxed())
        }
    }
}
#[cfg(feature = "std")]
pub use kind::ExposureParams;
