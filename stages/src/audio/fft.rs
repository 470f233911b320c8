//! The Fourier transform of real frames.

use kws_engine::{Block, Fault, Flow, Stage};

/// The spectrum of a frame: half of the discrete Fourier transform, since the frame is real.
///
/// # Reads
/// `frame` f32 `[length]`.
///
/// # Writes
/// `spectrum` f32 `[size / 2 + 1, 2]`: real and imaginary part of each bin, from 0 Hz to half the rate. The frame is
/// padded with zeros to `size`; the transform is not normalised.
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
/// let mut fft = Fft::new(Portable::new(4).unwrap());
/// let mut spectrum = [0.0; 6];
/// fft.process(Block { at: 4, items: &[1.0, -1.0, 1.0, -1.0] }, &mut spectrum)?;
/// assert_eq!(spectrum, [0.0, 0.0, 0.0, 0.0, 4.0, 0.0]);
/// # Ok::<(), kws_engine::Fault>(())
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
    fn process(&mut self, frame: Block<'_, f32>, spectrum: &mut [f32]) -> Result<Flow, Fault> {
        let size = self.transform.size();
        if frame.len() > size || spectrum.len() != size + 2 {
            return Err(Fault::new("`fft` was handed blocks that do not fit the size of its transform"));
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

/// The transform of boards, `microfft`: in place, without state, in plain arithmetic of fixed order, so that its bits
/// are the same on every machine.
#[derive(Clone, Copy, Debug)]
pub struct Portable {
    size: usize,
    in_place: fn(&mut [f32]),
}

macro_rules! portable {
    ($size:expr; $($n:literal => $rfft:ident),*) => {
        match $size {
            $($n => Some(Portable {
                size: $n,
                in_place: |points| {
                    if let Ok(points) = <&mut [f32; $n]>::try_from(points) {
                        let _ = microfft::real::$rfft(points);
                    }
                },
            }),)*
            _ => None,
        }
    };
}

impl Portable {
    /// The transform of `size` points: a power of two from 4 to 4096, or else `None`. In a constant, only the code of
    /// that one size is kept.
    pub const fn new(size: usize) -> Option<Self> {
        portable!(size;
            4 => rfft_4, 8 => rfft_8, 16 => rfft_16, 32 => rfft_32, 64 => rfft_64, 128 => rfft_128,
            256 => rfft_256, 512 => rfft_512, 1024 => rfft_1024, 2048 => rfft_2048, 4096 => rfft_4096)
    }
}

impl Transform for Portable {
    fn size(&self) -> usize {
        self.size
    }

    fn forward(&mut self, frame: &[f32], spectrum: &mut [f32]) {
        let (points, last) = spectrum.split_at_mut(self.size);
        let (given, padding) = points.split_at_mut(frame.len());
        given.copy_from_slice(frame);
        padding.fill(0.0);
        (self.in_place)(points);
        // The first and the last bin are real; they come packed into the first.
        last[0] = core::mem::take(&mut points[1]);
        last[1] = 0.0;
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub(super) use kind::HostFft;
#[cfg(feature = "std")]
pub use kind::{Fast, FftParams, HostTransform, TransformChoice};
