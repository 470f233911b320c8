//! Overlapping, weighted frames of a stream of samples.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::sample::Sample;

/// Cuts samples into overlapping frames and weighs them: the first step of a short-time Fourier transform.
///
/// What it reads and writes: [`WindowParams`](super::WindowParams).
///
/// # Parameters
/// `length_ms` or `length`, `hop_ms` or `hop`, `taper`, `form`, `pre_emphasis`.
///
/// # Reference
/// F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", 1978; framing as
/// `tf.signal.frame` without padding.
///
/// # Example
/// ```
/// use kws_engine::{Block, Flow, Stage};
/// use kws_stages::audio::Window;
///
/// // Frames of 3 samples every 2, unweighted: the history holds two hops.
/// let mut window = Window::new(2, 0.0, [1.0; 3], [0.0f32; 4]);
/// let mut frame = [0.0; 3];
/// assert_eq!(window.process(Block { at: 2, items: &[1.0, 2.0] }, &mut frame), Ok(Flow::Skip));
/// assert_eq!(window.process(Block { at: 4, items: &[3.0, 4.0] }, &mut frame), Ok(Flow::Emit));
/// assert_eq!(frame, [1.0, 2.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Window<I, B, T> {
    hop: usize,
    pre_emphasis: f32,
    weights: T,
    history: B,
    filled: usize,
    /// The sample before the history's first.
    before: I,
}

impl<I: Sample, B, T> Window<I, B, T> {
    /// A window every `hop` samples. `weights` has the frame's length and is scaled by [`Sample::STEP`]; `history`
    /// has as many whole hops as the length needs. `pre_emphasis` is the part of each sample's predecessor that is
    /// taken off it, 0 for none.
    pub const fn new(hop: usize, pre_emphasis: f32, weights: T, history: B) -> Self {
        Window { hop, pre_emphasis, weights, history, filled: 0, before: I::ZERO }
    }
}

impl<I: Sample, B: AsMut<[I]>, T: AsRef<[f32]>> Stage for Window<I, B, T> {
    type In = I;
    type Out = f32;

    fn process(&mut self, input: Block<'_, I>, frame: &mut [f32]) -> Result<Flow, StageFault> {
        let history = self.history.as_mut();
        let filled = self.filled + input.len();
        let Some(free) = history.get_mut(self.filled..filled) else {
            return Err(StageFault::new("`window` received blocks whose length does not divide the hop"));
        };
        free.copy_from_slice(&input);
        self.filled = filled;
        if filled < history.len() {
            return Ok(Flow::Skip);
        }
        let weights = self.weights.as_ref();
        if self.pre_emphasis == 0.0 {
            for ((out, sample), weight) in frame.iter_mut().zip(&*history).zip(weights) {
                *out = sample.steps() * weight;
            }
        } else {
            let earlier = core::iter::once(&self.before).chain(&*history);
            for (((out, sample), earlier), weight) in
                frame.iter_mut().zip(&*history).zip(earlier).zip(weights)
            {
                *out = (sample.steps() - self.pre_emphasis * earlier.steps()) * weight;
            }
        }
        self.before = history[self.hop - 1];
        history.copy_within(self.hop.., 0);
        self.filled -= self.hop;
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.filled = 0;
        self.before = I::ZERO;
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub(super) use kind::HostWindow;
#[cfg(feature = "std")]
pub use kind::{Taper, TaperForm, WindowParams};
