//! Loudness as the ear takes it.

use kws_engine::{Block, Flow, Stage, StageFault};

/// Logarithms of energies, moved into a range that suits a classifier.
///
/// Each value x becomes clip(gain · log(max(x, floor) + offset) + shift). What is no number counts as the floor.
///
/// What it reads and writes: [`LogParams`](super::LogParams).
///
/// # Parameters
/// `base`, `offset`, `floor`, `gain`, `shift`, `clip_low`, `clip_high`.
///
/// # Reference
/// The defaults are MLPerf Tiny's keyword spotting reference, ln(x + 1e-6). Its filter-bank features, also those of
/// the streaming wakeword benchmark, are `base = "decibel"`, `offset = 0`, `floor = 1e-30`, `gain = 0.015625`,
/// `shift = 0.8125`, `clip_low = 0`, `clip_high = 1` on mel bands `of = "periodogram"`.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::audio::{Base, Log};
///
/// let mut log = Log { base: Base::Decibel, floor: 0.1, ..Log::PLAIN };
/// let mut out = [0.0; 2];
/// log.process(Block { at: 1, items: &[100.0, 0.0] }, &mut out)?;
/// assert_eq!(out, [20.0, -10.0]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Log {
    /// Base of the logarithm.
    pub base: Base,
    /// Added before the logarithm.
    pub offset: f32,
    /// Minimum value; smaller ones are raised to it.
    pub floor: f32,
    /// Factor of the logarithm.
    pub gain: f32,
    /// Added after `gain`.
    pub shift: f32,
    /// Smallest value written.
    pub clip_low: f32,
    /// Largest value written.
    pub clip_high: f32,
}

/// Base of the logarithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "std", serde(rename_all = "snake_case"))]
pub enum Base {
    /// To the base e.
    #[default]
    Natural,
    /// To the base 10.
    Log10,
    /// Ten times that to the base 10.
    Decibel,
}

impl Log {
    /// The natural logarithm and nothing else.
    pub const PLAIN: Log = Log {
        base: Base::Natural,
        offset: 0.0,
        floor: 0.0,
        gain: 1.0,
        shift: 0.0,
        clip_low: f32::NEG_INFINITY,
        clip_high: f32::INFINITY,
    };

    fn map(&self, input: &[f32], output: &mut [f32], logarithm: impl Fn(f32) -> f32) {
        for (out, x) in output.iter_mut().zip(input) {
            let y = self.gain * logarithm(x.max(self.floor) + self.offset) + self.shift;
            *out = y.max(self.clip_low).min(self.clip_high);
        }
    }
}

impl Stage for Log {
    type In = f32;
    type Out = f32;

    #[inline]
    fn process(&mut self, input: Block<'_, f32>, output: &mut [f32]) -> Result<Flow, StageFault> {
        match self.base {
            Base::Natural => self.map(&input, output, libm::logf),
            Base::Log10 => self.map(&input, output, libm::log10f),
            Base::Decibel => self.map(&input, output, |x| 10.0 * libm::log10f(x)),
        }
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::LogParams;
