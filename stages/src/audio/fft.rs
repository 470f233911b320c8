//! The Fourier transform of real frames.

use kws_engine::{Block, Flow, Stage, StageFault};

/// The spectrum of a frame: half of the discrete Fourier transform, since the frame is real.
///
/// What it reads and writes: [`FftParams`](super::FftParams).
///
/// # Parameters
/// `size`, `transform`.
///
/// # Reference
/// As `numpy.fft.rfft(frame, size)`.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::audio::{Fft, Portable};
///
/// // Two twiddle factors: of the transform of two points, and of its split.
/// let mut fft = Fft::new(Portable::new(4, [1.0, 0.0, 0.0, -0.5]));
/// let mut spectrum = [0.0; 6];
/// fft.process(Block { at: 4, items: &[1.0, -1.0, 1.0, -1.0] }, &mut spectrum)?;
/// assert_eq!(spectrum, [0.0, 0.0, 0.0, 0.0, 4.0, 0.0]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fft<E> {
    transform: E,
}

impl<E> Fft<E> {
    /// A stage around a transform.
    pub const fn new(transform: E) -> Self {
        Fft { transform }
    }
}

impl<E: Transform> Stage for Fft<E> {
    type In = f32;
    type Out = f32;

    #[inline]
    fn process(&mut self, frame: Block<'_, f32>, spectrum: &mut [f32]) -> Result<Flow, StageFault> {
        let size = self.transform.size();
        if frame.len() > size || spectrum.len() != size + 2 {
            return Err(StageFault::new("`fft` received blocks that do not match the size of its transform"));
        }
        self.transform.forward(&frame, spectrum);
        Ok(Flow::Emit)
    }
}

/// A way to compute the Fourier transform of a real frame.
pub trait Transform {
    /// Number of points; even.
    fn size(&self) -> usize;

    /// Writes the `size / 2 + 1` bins of `frame`, which has at most `size` values and is padded with zeros, into
    /// `spectrum`, which has `size + 2`: real and imaginary parts interleaved.
    ///
    /// # Panics
    /// When `frame` or `spectrum` has another length.
    fn forward(&mut self, frame: &[f32], spectrum: &mut [f32]);
}

mod portable;
#[cfg(feature = "std")]
pub use portable::HostPortable;
pub use portable::Portable;

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub(super) use kind::HostFft;
#[cfg(feature = "std")]
pub use kind::{Fast, FftParams, HostTransform, TransformChoice};
