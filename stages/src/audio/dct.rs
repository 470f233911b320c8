//! Cepstral coefficients of logarithmic energies.

use kws_engine::{Block, Flow, Stage, StageFault};

/// The first coefficients of the discrete cosine transform, type II, of logarithmic mel energies.
///
/// What it reads and writes: [`DctParams`](super::DctParams).
///
/// # Parameters
/// `coefficients`, `scaling`.
///
/// # Reference
/// `tensorflow`: `tf.signal.mfccs_from_log_mel_spectrograms`, every coefficient times √(2/bands). `orthonormal`:
/// `scipy.fft.dct(x, norm="ortho")`, the same but for the first, which is divided by √2 besides.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::audio::Dct;
///
/// // One row for each band: here the sum and the difference of two.
/// let mut dct = Dct::new([1.0, 1.0, 1.0, -1.0]);
/// let mut out = [0.0; 2];
/// dct.process(Block { at: 1, items: &[5.0, 3.0] }, &mut out)?;
/// assert_eq!(out, [8.0, 2.0]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dct<T> {
    matrix: T,
}

impl<T> Dct<T> {
    /// A transform by `matrix`, which has a row of one weight for each coefficient for every band.
    pub const fn new(matrix: T) -> Self {
        Dct { matrix }
    }
}

impl<T: AsRef<[f32]>> Stage for Dct<T> {
    type In = f32;
    type Out = f32;

    #[inline]
    fn process(&mut self, bands: Block<'_, f32>, coefficients: &mut [f32]) -> Result<Flow, StageFault> {
        let matrix = self.matrix.as_ref();
        if matrix.len() != bands.len() * coefficients.len() {
            return Err(StageFault::new("`dct` received blocks that do not match its matrix"));
        }
        coefficients.fill(0.0);
        // Band by band, so that the sums of all coefficients advance side by side.
        for (band, row) in bands.iter().zip(matrix.chunks_exact(coefficients.len())) {
            for (sum, weight) in coefficients.iter_mut().zip(row) {
                *sum += band * weight;
            }
        }
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub(super) use kind::HostDct;
#[cfg(feature = "std")]
pub use kind::{DctParams, DctScaling};
