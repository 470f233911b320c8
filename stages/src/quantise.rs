//! Real values as the bytes that an integer classifier reads.

use kws_engine::{Block, Fault, Flow, Stage};

/// Affine quantisation: each value x becomes clip(x / scale + zero point), made whole as `rounding` says.
///
/// # Reads
/// f32, any shape and role.
///
/// # Writes
/// i8, the same shape and role, with its quantisation. What lies outside is clipped to −128 or 127; what is no number
/// becomes the zero point.
///
/// # Parameters
/// `scale`, `zero_point`, `rounding`.
///
/// # Reference
/// B. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference",
/// 2018. `nearest` is TensorFlow Lite's `QUANTIZE`; `truncate` is what MLPerf Tiny's own scripts do, in single
/// precision as NumPy computes it, but clipped rather than wrapped around.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::{Quantise, Rounding};
///
/// let mut quantise = Quantise { scale: 0.5, zero_point: -10, rounding: Rounding::Nearest };
/// let mut out = [0; 3];
/// quantise.process(Block { at: 1, items: &[1.0, -0.75, 1e9] }, &mut out)?;
/// assert_eq!(out, [-8, -12, 127]);
/// # Ok::<(), kws_engine::Fault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantise {
    /// Size of one step.
    pub scale: f32,
    /// The byte that means 0.
    pub zero_point: i8,
    /// How a value becomes a whole number.
    pub rounding: Rounding,
}

/// How a value becomes a whole number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "std", serde(rename_all = "snake_case"))]
pub enum Rounding {
    /// To the nearest, halves away from 0, before the zero point is added.
    #[default]
    Nearest,
    /// Towards 0, after the zero point is added.
    Truncate,
}

impl Quantise {
    #[inline]
    fn byte(&self, x: f32) -> i8 {
        let steps = x / self.scale;
        let zero_point = f32::from(self.zero_point);
        let byte = match self.rounding {
            Rounding::Nearest => libm::roundf(steps) + zero_point,
            Rounding::Truncate => steps + zero_point,
        };
        // `as` truncates towards 0 and clips.
        if byte.is_nan() { self.zero_point } else { byte as i8 }
    }
}

impl Stage for Quantise {
    type In = f32;
    type Out = i8;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [i8]) -> Result<Flow, Fault> {
        for (out, x) in output.iter_mut().zip(input.items) {
            *out = self.byte(*x);
        }
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind {
    use kws_engine::{Cost, Design, Element, Kind, Port, Quant, Refusal, Site};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::{Quantise, Rounding};
    use crate::resolved::Resolved;

    /// Real values as bytes: x / scale + zero point, clipped.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct QuantiseParams {
        /// Size of one step.
        #[schemars(range(min = 1e-9, max = 1e9))]
        pub scale: f64,
        /// The byte that means 0.
        #[schemars(range(min = -128, max = 127))]
        pub zero_point: i8,
        /// How a value becomes a whole number.
        #[serde(default)]
        pub rounding: Rounding,
    }

    impl Kind for QuantiseParams {
        const NAME: &'static str = "quantise";

        fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, Refusal> {
            let input = site.input(&[Element::F32])?;
            let QuantiseParams { scale, zero_point, rounding } = self;
            let scale = scale as f32;
            let output = Port {
                quant: Some(Quant { scale, zero_point: i32::from(zero_point) }),
                ..input.then(Element::I8, input.shape.clone(), input.role.clone())
            };
            let cost = Cost { macs: output.len() as u64, ..Cost::default() };
            Ok(Resolved { output, cost, stage: Quantise { scale, zero_point, rounding } }.boxed())
        }
    }
}
#[cfg(feature = "std")]
pub use kind::QuantiseParams;
