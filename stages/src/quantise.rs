//! Real values as the bytes that an integer classifier reads.

use kws_engine::{Block, Flow, Stage, StageFault};

/// Affine quantisation: each value x becomes clip(x / scale + zero point), made whole as `rounding` says.
///
/// What it reads and writes: [`QuantiseParams`](crate::QuantiseParams).
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
/// use kws_stages::{Quantise, Quantiser, Rounding};
///
/// let mut quantise = Quantise(Quantiser { scale: 0.5, zero_point: -10, rounding: Rounding::Nearest });
/// let mut out = [0; 3];
/// quantise.process(Block { at: 1, items: &[1.0, -0.75, 1e9] }, &mut out)?;
/// assert_eq!(out, [-8, -12, 127]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantise(pub Quantiser);

impl Stage for Quantise {
    type In = f32;
    type Out = i8;

    fn process(&mut self, input: Block<'_, f32>, output: &mut [i8]) -> Result<Flow, StageFault> {
        for (out, real) in output.iter_mut().zip(input.items) {
            *out = self.0.quantise(*real);
        }
        Ok(Flow::Emit)
    }
}

/// How real values become bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiser {
    /// Real value of one step.
    pub scale: f32,
    /// Integer that stands for real zero.
    pub zero_point: i32,
    /// How what lies between two integers is rounded.
    pub rounding: Rounding,
}

/// How what lies between two integers is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "std", serde(rename_all = "snake_case"))]
pub enum Rounding {
    /// To the nearest, ties away from zero, before the zero point is added: TFLite's QUANTIZE.
    #[default]
    Nearest,
    /// Towards zero, after the zero point was added: MLPerf Tiny's files of features.
    Truncate,
}

impl Quantiser {
    /// The integer that stands for `real`, held in the range of `i8`; the zero point for what is not a number.
    #[inline]
    pub fn quantise(&self, real: f32) -> i8 {
        let steps = real / self.scale;
        let whole = match self.rounding {
            Rounding::Truncate if !steps.is_nan() => (steps + self.zero_point as f32) as i32,
            // What is no number is 0 steps here.
            Rounding::Truncate | Rounding::Nearest => {
                let down = steps as i32;
                let rest = steps - down as f32;
                let up = i32::from(rest >= 0.5) - i32::from(rest <= -0.5);
                down.saturating_add(up).saturating_add(self.zero_point)
            }
        };
        whole.clamp(-128, 127) as i8
    }
}

#[cfg(feature = "std")]
mod kind {
    use kws_engine::firmware::{self, Code};
    use kws_engine::{Cost, Design, DesignError, Element, Kind, Port, Quant, Site};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::{Quantise, Quantiser, Rounding};
    use crate::resolved::{Emit, Resolved};

    /// Quantises values: x / scale + zero point, clipped.
    ///
    /// # Reads
    /// f32, any shape and role.
    ///
    /// # Writes
    /// i8, the same shape and role, with its quantisation. What lies outside is clipped to −128 or 127; what is not a number
    /// becomes the zero point.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct QuantiseParams {
        /// Quantisation scale.
        #[schemars(range(min = 1e-9, max = 1e9))]
        pub scale: f64,
        /// Quantised value of 0.
        #[schemars(range(min = -128, max = 127))]
        pub zero_point: i32,
        /// Rounding mode.
        #[serde(default)]
        pub rounding: Rounding,
    }

    impl Quantise {
        /// The stage as an expression, which uses `Quantise`, `Quantiser` and `Rounding`.
        pub(crate) fn expression(&self, code: &mut Code) -> String {
            for name in ["Quantise", "Quantiser", "Rounding"] {
                code.uses(&format!("kws_stages::{name}"));
            }
            let Quantiser { scale, zero_point, rounding } = self.0;
            format!(
                "Quantise(Quantiser {{ scale: {scale:?}, zero_point: {zero_point}, rounding: Rounding::{rounding:?} }})"
            )
        }
    }

    impl Emit for Quantise {
        fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
            let mut code = Code::new(site);
            let value = self.expression(&mut code);
            Ok(code.is("Quantise", value))
        }
    }

    impl Kind for QuantiseParams {
        const NAME: &'static str = "quantise";

        fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
            let input = site.input(&[Element::F32])?;
            let QuantiseParams { scale, zero_point, rounding } = self;
            let scale = scale as f32;
            let output = Port {
                quant: Some(Quant { scale, zero_point }),
                ..input.then(Element::I8, input.shape.clone(), input.role.clone())
            };
            let cost = Cost { macs: output.len() as u64, ..Cost::default() };
            Ok(Resolved { output, cost, stage: Quantise(Quantiser { scale, zero_point, rounding }) }.boxed())
        }
    }
}
#[cfg(feature = "std")]
pub use kind::QuantiseParams;
