//! Energies in bands that are evenly spaced to the ear.

use kws_engine::{Block, Flow, Stage, StageFault};

/// Sums of a spectrum's magnitudes or powers under overlapping triangles on the mel scale.
///
/// What it reads and writes: [`MelParams`](super::MelParams).
///
/// # Parameters
/// `bands`, `low_hz`, `high_hz`, `of`, `mel_scale`.
///
/// # Reference
/// `htk`: TensorFlow's `linear_to_mel_weight_matrix`, mel = 1127 ln(1 + f/700), triangles straight in mel, the bin at
/// 0 Hz left out. `slaney`: `librosa.filters.mel` with its defaults, triangles straight in Hz and of equal area.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::audio::{Band, Mel, Strength};
///
/// let bands = [Band { first: 1, bins: 2 }];
/// let mut mel = Mel::new(Strength::Magnitude, bands, [1.0, 0.5], [0.0; 2]);
/// let mut out = [0.0];
/// mel.process(Block { at: 4, items: &[9.0, 0.0, 3.0, 4.0, 0.0, 2.0] }, &mut out)?;
/// assert_eq!(out, [6.0]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mel<S, W, M> {
    of: Strength,
    bands: S,
    weights: W,
    strengths: M,
}

/// Where in the spectrum a band lies. Bands are ordered by `first`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// Its first bin.
    pub first: u16,
    /// Number of its bins.
    pub bins: u16,
}

/// What of a spectrum is summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "std", serde(rename_all = "snake_case"))]
pub enum Strength {
    /// Absolute value.
    #[default]
    Magnitude,
    /// Square of the absolute value.
    Power,
    /// Power divided by the points of the transform.
    Periodogram,
}

impl<S, W, M> Mel<S, W, M> {
    /// Bands over a spectrum. `weights` are those of the first band's bins, then those of the second's, and so on;
    /// `strengths` holds one value for each bin from the first band's first to the last one used.
    /// [`Strength::Periodogram`] computes powers: the division is the weights' to bring.
    pub const fn new(of: Strength, bands: S, weights: W, strengths: M) -> Self {
        Mel { of, bands, weights, strengths }
    }
}

impl<S: AsRef<[Band]>, W: AsRef<[f32]>, M: AsMut<[f32]>> Stage for Mel<S, W, M> {
    type In = f32;
    type Out = f32;

    #[inline]
    fn process(&mut self, spectrum: Block<'_, f32>, mel: &mut [f32]) -> Result<Flow, StageFault> {
        let misfit = || StageFault::new("`mel` received a spectrum that does not match its bands");
        let (bands, strengths) = (self.bands.as_ref(), self.strengths.as_mut());
        let start = bands.first().map_or(0, |band| usize::from(band.first));
        let used = 2 * start..2 * (start + strengths.len());
        measure(self.of, spectrum.items.get(used).ok_or_else(misfit)?, strengths);
        let mut weights = self.weights.as_ref();
        for (out, band) in mel.iter_mut().zip(bands) {
            let (own, rest) = weights.split_at_checked(usize::from(band.bins)).ok_or_else(misfit)?;
            let under = strengths.get(usize::from(band.first) - start..).ok_or_else(misfit)?;
            *out = own.iter().zip(under).map(|(weight, strength)| weight * strength).sum();
            weights = rest;
        }
        Ok(Flow::Emit)
    }
}

#[inline]
fn measure(of: Strength, spectrum: &[f32], strengths: &mut [f32]) {
    for (out, bin) in strengths.iter_mut().zip(spectrum.chunks_exact(2)) {
        *out = bin[0] * bin[0] + bin[1] * bin[1];
    }
    if of == Strength::Magnitude {
        for out in strengths {
            *out = square_root(*out);
        }
    }
}

/// Both are correctly rounded, and so alike.
#[inline(always)]
fn square_root(x: f32) -> f32 {
    #[cfg(feature = "std")]
    return x.sqrt();
    #[cfg(not(feature = "std"))]
    return libm::sqrtf(x);
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub(super) use kind::HostMel;
#[cfg(feature = "std")]
pub use kind::{MelParams, MelScale};
