//! `classifier`: runs a `.tflite` model on each block of features.

use core::marker::PhantomData;

use kws_engine::{Block, Fault, Flow, Item, Stage};

use super::kernels::Kernels;
use super::op::Op;
use super::plan::Plan;

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::Params;

/// How real features become the model's integers.
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
    /// To the nearest, ties away from zero: TFLite's QUANTIZE.
    #[default]
    Nearest,
    /// Towards zero, after the zero point was added: MLPerf Tiny's files of features.
    Truncate,
}

impl Quantiser {
    /// The integer that stands for `real`, held in the range of `i8`.
    #[inline]
    pub fn quantise(&self, real: f32) -> i8 {
        let steps = real / self.scale;
        let whole = match self.rounding {
            Rounding::Truncate => (steps + self.zero_point as f32) as i32,
            Rounding::Nearest => {
                let down = steps as i32;
                let rest = steps - down as f32;
                let up = i32::from(rest >= 0.5) - i32::from(rest <= -0.5);
                down.saturating_add(up).saturating_add(self.zero_point)
            }
        };
        whole.clamp(-128, 127) as i8
    }
}

/// An item that a classifier reads.
pub trait Feature: Item {
    /// The model's integer for it.
    fn quantised(self, quantiser: &Quantiser) -> i8;
}

impl Feature for f32 {
    #[inline]
    fn quantised(self, quantiser: &Quantiser) -> i8 {
        quantiser.quantise(self)
    }
}

/// Features that were quantised as the model wants them.
impl Feature for i8 {
    #[inline]
    fn quantised(self, _: &Quantiser) -> i8 {
        self
    }
}

/// Runs a model on each block of features and writes its output.
///
/// `kernels` is the set that the plan was made for. `arena` lends the plan's bytes; `offset` is added to each output, which is how a model with `u8` outputs writes
/// `i8`. A model that has variables sees the blocks as one stream; [`reset`](Stage::reset) gives them their first
/// values.
pub struct Classifier<F, K, O, B, W, A> {
    plan: Plan<O, B, W>,
    arena: A,
    quantiser: Quantiser,
    offset: i8,
    kernels: K,
    features: PhantomData<fn(F)>,
}

impl<F, K, O, B, W, A> Classifier<F, K, O, B, W, A>
where
    O: AsRef<[Op]>,
    B: AsRef<[i8]>,
    W: AsRef<[i32]>,
    A: AsMut<[i8]>,
{
    /// A classifier with a fresh arena, variables at their first values.
    pub fn new(plan: Plan<O, B, W>, kernels: K, mut arena: A, quantiser: Quantiser, offset: i8) -> Self {
        plan.reset(arena.as_mut());
        Self { plan, arena, quantiser, offset, kernels, features: PhantomData }
    }
}

impl<F, K, O, B, W, A> Stage for Classifier<F, K, O, B, W, A>
where
    F: Feature,
    K: Kernels,
    O: AsRef<[Op]>,
    B: AsRef<[i8]>,
    W: AsRef<[i32]>,
    A: AsMut<[i8]>,
{
    type In = F;
    type Out = i8;

    fn process(&mut self, features: Block<'_, F>, output: &mut [i8]) -> Result<Flow, Fault> {
        let arena = self.arena.as_mut();
        let input = self.plan.input_mut(arena);
        for (to, from) in input.iter_mut().zip(features.iter()) {
            *to = from.quantised(&self.quantiser);
        }
        self.plan.run_with(self.kernels, arena);
        for (to, from) in output.iter_mut().zip(self.plan.output(arena)) {
            *to = from.wrapping_add(self.offset);
        }
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.plan.reset(self.arena.as_mut());
    }
}
