//! From samples to cepstral coefficients in one stage.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::log::Log;
use super::sample::Sample;

/// Mel-frequency cepstral coefficients: `window`, `fft`, `mel`, `log` and `dct` under one name, with the same
/// parameters and the same bits as the chain of the five.
///
/// What it reads and writes: [`MfccParams`](super::MfccParams).
///
/// # Parameters
/// Those of the five stages. The defaults are MLPerf Tiny's keyword spotting reference.
///
/// # Reference
/// S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition in
/// continuously spoken sentences", 1980; the details are those of each stage.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "mfcc"
/// length_ms = 30
/// hop_ms = 20
/// bands = 40
/// coefficients = 10
/// ```
#[derive(Clone, Debug)]
pub struct Mfcc<W, F, M, D, S> {
    window: W,
    fft: F,
    mel: M,
    log: Log,
    dct: D,
    lengths: MfccLengths,
    scratch: S,
}

/// Lengths of the blocks between the steps of an [`Mfcc`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MfccLengths {
    /// Samples of a frame.
    pub frame: usize,
    /// Values of a spectrum, two for each bin.
    pub spectrum: usize,
    /// Mel bands.
    pub bands: usize,
}

impl MfccLengths {
    /// Values of scratch that the steps need between them. A frame is not needed any more when its bands are known.
    pub const fn scratch(self) -> usize {
        let bands = 2 * self.bands;
        self.spectrum + if self.frame > bands { self.frame } else { bands }
    }
}

impl<W, F, M, D, S> Mfcc<W, F, M, D, S> {
    /// The composition of five stages; `scratch` has [`MfccLengths::scratch`] values.
    pub const fn new(window: W, fft: F, mel: M, log: Log, dct: D, lengths: MfccLengths, scratch: S) -> Self {
        Mfcc { window, fft, mel, log, dct, lengths, scratch }
    }
}

impl<I, W, F, M, D, S> Stage for Mfcc<W, F, M, D, S>
where
    I: Sample,
    W: Stage<In = I, Out = f32>,
    F: Stage<In = f32, Out = f32>,
    M: Stage<In = f32, Out = f32>,
    D: Stage<In = f32, Out = f32>,
    S: AsMut<[f32]>,
{
    type In = I;
    type Out = f32;

    fn process(&mut self, input: Block<'_, I>, coefficients: &mut [f32]) -> Result<Flow, StageFault> {
        let MfccLengths { frame, spectrum, bands } = self.lengths;
        let at = input.at;
        let (spectrum, rest) = self.scratch.as_mut().split_at_mut(spectrum);
        if self.window.process(input, &mut rest[..frame])? != Flow::Emit {
            return Ok(Flow::Skip);
        }
        let block = |items| Block { at, items };
        let _ = self.fft.process(block(&rest[..frame]), spectrum)?;
        let (mel, rest) = rest.split_at_mut(bands);
        let log_mel = &mut rest[..bands];
        let _ = self.mel.process(Block { at, items: spectrum }, mel)?;
        let _ = self.log.process(Block { at, items: mel }, log_mel)?;
        self.dct.process(Block { at, items: log_mel }, coefficients)
    }

    fn reset(&mut self) {
        self.window.reset();
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::MfccParams;
