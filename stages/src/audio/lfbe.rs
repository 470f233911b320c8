//! From samples to logarithms of filter-bank energies in one stage.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::log::Log;
use super::sample::Sample;

/// Log filter-bank energies as MLPerf Tiny's streaming wakeword reference computes them: `window`, `fft`, `mel` and
/// `log` under one name, with the same bits as the chain of the four.
///
/// Pre-emphasis, a symmetric Hamming window, the periodogram in mel bands, decibels; then (dB + 52) / 64, clipped to 0
/// to 1. Silence counts as 10⁻³⁰.
///
/// What it reads and writes: [`LfbeParams`](super::LfbeParams).
///
/// # Parameters
/// `length_ms`, `hop_ms`, `pre_emphasis`, `bands`, `low_hz`, `high_hz`, `transform`. The defaults are the reference's.
///
/// # Reference
/// MLPerf Tiny, `benchmark/training/streaming_wakeword`. Against it in NumPy and double precision features differ by at
/// most 10⁻⁶.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "lfbe"
/// ```
#[derive(Clone, Debug)]
pub struct Lfbe<W, F, M, S> {
    window: W,
    fft: F,
    mel: M,
    log: Log,
    frame: usize,
    spectrum: usize,
    scratch: S,
}

impl<W, F, M, S> Lfbe<W, F, M, S> {
    /// The composition of four stages, for frames of so many samples and spectra of so many values; `scratch` has room
    /// for a spectrum and a frame, and for the bands in the frame's place.
    pub const fn new(window: W, fft: F, mel: M, log: Log, frame: usize, spectrum: usize, scratch: S) -> Self {
        Lfbe { window, fft, mel, log, frame, spectrum, scratch }
    }
}

impl<I, W, F, M, S> Stage for Lfbe<W, F, M, S>
where
    I: Sample,
    W: Stage<In = I, Out = f32>,
    F: Stage<In = f32, Out = f32>,
    M: Stage<In = f32, Out = f32>,
    S: AsMut<[f32]>,
{
    type In = I;
    type Out = f32;

    fn process(&mut self, input: Block<'_, I>, features: &mut [f32]) -> Result<Flow, StageFault> {
        let at = input.at;
        let (spectrum, rest) = self.scratch.as_mut().split_at_mut(self.spectrum);
        let frame = &mut rest[..self.frame];
        if self.window.process(input, frame)? != Flow::Emit {
            return Ok(Flow::Skip);
        }
        let _ = self.fft.process(Block { at, items: frame }, spectrum)?;
        // A frame is not needed any more when its spectrum is known.
        let bands = &mut rest[..features.len()];
        let _ = self.mel.process(Block { at, items: spectrum }, bands)?;
        self.log.process(Block { at, items: bands }, features)
    }

    fn reset(&mut self) {
        self.window.reset();
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::LfbeParams;
