//! A classifier that reads the frames of a stream one by one.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::{Classifier, Feature};
use crate::nn::kernels::Kernels;
use crate::nn::op::Op;

/// When a [`FrameClassifier`] runs its model, and which outputs it keeps to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Features of a frame.
    pub frame: u32,
    /// Frames of the first run's input that the stream does not have: they stand before its start.
    pub missing: u32,
    /// Runs at the start, and after a gap, whose output is about less than a full window.
    pub silent: u32,
}

/// A [`Classifier`] whose model takes several frames in a run, or was converted to run on new frames: it reads a frame
/// in each firing, runs when the model's input is full, and writes once it has seen a whole window.
pub struct FrameClassifier<F, K, O, B, W, A> {
    classifier: Classifier<F, K, O, B, W, A>,
    pace: Pace,
    /// Features of the next run's input that are there.
    filled: u32,
    /// Runs that are still silent.
    silent: u32,
}

impl<F, K, O, B, W, A> FrameClassifier<F, K, O, B, W, A> {
    /// The classifier, fed at this pace.
    pub const fn new(classifier: Classifier<F, K, O, B, W, A>, pace: Pace) -> Self {
        Self { classifier, pace, filled: pace.missing * pace.frame, silent: pace.silent }
    }
}

impl<F, K, O, B, W, A> Stage for FrameClassifier<F, K, O, B, W, A>
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

    fn process(&mut self, frame: Block<'_, F>, output: &mut [i8]) -> Result<Flow, StageFault> {
        if self.classifier.load(frame, self.filled as usize)? > 0 {
            self.filled += self.pace.frame;
            return Ok(Flow::Skip);
        }
        self.filled = 0;
        self.classifier.run(output);
        if self.silent > 0 {
            self.silent -= 1;
            return Ok(Flow::Skip);
        }
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.classifier.forget();
        self.filled = self.pace.missing * self.pace.frame;
        self.silent = self.pace.silent;
    }
}
