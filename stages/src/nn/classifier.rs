//! `classifier`: runs a `.tflite` model on each block of features.

use core::marker::PhantomData;

use kws_engine::{Block, Flow, Item, Stage, StageFault};

use super::kernels::Kernels;
use super::op::Op;
use super::plan::Plan;
use crate::Quantise;

#[cfg(feature = "std")]
mod emit;
mod frames;
#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::Params;

pub use frames::{FrameClassifier, Pace};

/// An item that a classifier reads.
pub trait Feature: Item {
    /// Writes a block as the model's integers.
    ///
    /// # Errors
    /// The quantisation's own fault.
    fn load(block: Block<'_, Self>, quantise: &mut Quantise, input: &mut [i8]) -> Result<(), StageFault>;
}

impl Feature for f32 {
    fn load(block: Block<'_, f32>, quantise: &mut Quantise, input: &mut [i8]) -> Result<(), StageFault> {
        quantise.process(block, input).map(|_| ())
    }
}

/// Features that were quantised as the model wants them.
impl Feature for i8 {
    fn load(block: Block<'_, i8>, _: &mut Quantise, input: &mut [i8]) -> Result<(), StageFault> {
        input.copy_from_slice(block.items);
        Ok(())
    }
}

/// Runs a `.tflite` model on each block of features.
///
/// # Reads
/// f32, quantised here as the model wants it; or i8 in the model's own quantisation. As many items as the model's
/// input, of any role.
///
/// # Writes
/// `posterior` i8 `[labels]`, in the quantisation of the model's output, for each block. A model with u8 outputs is
/// written as i8, by `offset`.
///
/// # Streaming
/// With `streaming = true` it reads single frames, without a `stack` before it, and computes only the new frames: the same
/// outputs at the same ticks, bit for bit, as behind a `stack` of the model's window with this `hop`. It is silent until
/// the first full window, also after a gap. A model whose layers see the edges of its window (padding `SAME` along
/// time), or that mixes all frames at once, is refused with the reason.
///
/// # Parameters
/// `model`, `labels`, `rounding`, `streaming`, `hop`. Labels, and the front end that the model expects, come from the `model.toml` beside
/// the model, see [`ModelInfo`](super::ModelInfo).
///
/// # State
/// A model that has variables sees the blocks as one stream; [`reset`](Stage::reset) gives them their first values.
/// `arena` lends the bytes that the plan takes, and `kernels` is the set that the plan was made for.
///
/// # Reference
/// TensorFlow Lite Micro, whose integer arithmetic this is bit for bit.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "classifier"
/// model = "models/yes_no/model.tflite"
/// ```
pub struct Classifier<F, K, O, B, W, A> {
    plan: Plan<O, B, W>,
    arena: A,
    quantise: Quantise,
    offset: i8,
    kernels: K,
    features: PhantomData<fn(F)>,
}

impl<F, K, O, B, W, A> Classifier<F, K, O, B, W, A> {
    /// A classifier over an arena whose variables have their first values, which else a [`reset`](Stage::reset) gives
    /// them.
    pub const fn new(plan: Plan<O, B, W>, kernels: K, arena: A, quantise: Quantise, offset: i8) -> Self {
        Self { plan, arena, quantise, offset, kernels, features: PhantomData }
    }
}

impl<F, K, O, B, W, A> Classifier<F, K, O, B, W, A>
where
    F: Feature,
    K: Kernels,
    O: AsRef<[Op]>,
    B: AsRef<[i8]>,
    W: AsRef<[i32]>,
    A: AsMut<[i8]>,
{
    /// Writes features into the model's input from item `at` on; how many items are missing after them.
    fn load(&mut self, features: Block<'_, F>, at: usize) -> Result<usize, StageFault> {
        let input = self.plan.input_mut(self.arena.as_mut());
        let (whole, end) = (input.len(), at + features.len());
        let Some(place) = input.get_mut(at..end) else {
            return Err(StageFault::new(
                "`classifier` received features that do not match the model's input",
            ));
        };
        F::load(features, &mut self.quantise, place)?;
        Ok(whole - end)
    }

    /// Runs the model on what was loaded.
    fn run(&mut self, output: &mut [i8]) {
        let arena = self.arena.as_mut();
        self.plan.run_with(self.kernels, arena);
        for (to, from) in output.iter_mut().zip(self.plan.output(arena)) {
            *to = from.wrapping_add(self.offset);
        }
    }

    /// Gives the model's variables their first values.
    fn forget(&mut self) {
        self.plan.reset_with(self.kernels, self.arena.as_mut());
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

    fn process(&mut self, features: Block<'_, F>, output: &mut [i8]) -> Result<Flow, StageFault> {
        if self.load(features, 0)? > 0 {
            return Err(StageFault::new(
                "`classifier` received features that do not match the model's input",
            ));
        }
        self.run(output);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.forget();
    }
}
