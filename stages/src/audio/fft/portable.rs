//! The Fourier transform of every machine.

mod lanes;
#[cfg(target_arch = "x86_64")]
mod quad;
mod steps;
#[cfg(feature = "std")]
mod twiddles;

use super::Transform;
#[cfg(target_arch = "x86_64")]
use quad::Quad;

/// Points from which on a computer with vectors of four computes four side by side.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
const LEAST_OF_FOUR: usize = 32;

/// A transform in plain arithmetic of fixed order, so that its bits are the same on every machine, however many points
/// it computes side by side: radix 4 in place, for powers of two from 4 to 4096.
///
/// The points of a real frame are taken for half as many complex ones, whose transform is then split into that of the
/// even samples and that of the odd ones.
///
/// # Reference
/// J. W. Cooley, J. W. Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965; the split as
/// in W. H. Press et al., "Numerical Recipes", section 12.3.
#[derive(Clone, Copy, Debug)]
pub struct Portable<T, const LANES: usize = 1> {
    size: usize,
    twiddles: T,
}

impl<T> Portable<T> {
    /// The transform of `size` points, a power of two from 4 on, with its twiddle factors: those that a build for a
    /// board writes.
    pub const fn new(size: usize, twiddles: T) -> Self {
        Portable { size, twiddles }
    }
}

impl<T: AsRef<[f32]>> Transform for Portable<T> {
    fn size(&self) -> usize {
        self.size
    }

    fn forward(&mut self, frame: &[f32], spectrum: &mut [f32]) {
        steps::forward::<1, f32>(frame, &mut spectrum[..self.size + 2], self.twiddles.as_ref());
    }
}

#[cfg(target_arch = "x86_64")]
impl<T: AsRef<[f32]>> Transform for Portable<T, 4> {
    fn size(&self) -> usize {
        self.size
    }

    fn forward(&mut self, frame: &[f32], spectrum: &mut [f32]) {
        steps::forward::<4, Quad>(frame, &mut spectrum[..self.size + 2], self.twiddles.as_ref());
    }
}

#[cfg(feature = "std")]
mod host {
    use std::sync::Arc;

    use super::twiddles::twiddles;
    use super::{Portable, Transform};

    /// The transform as a computer runs it.
    #[derive(Clone, Debug)]
    pub enum HostPortable {
        /// Point by point.
        Single(Portable<Arc<[f32]>>),
        /// Four points side by side.
        #[cfg(target_arch = "x86_64")]
        Quad(Portable<Arc<[f32]>, 4>),
    }

    impl HostPortable {
        /// The transform of `size` points: a power of two from 4 to 4096, or else `None`.
        pub fn new(size: usize) -> Option<Self> {
            if !(4..=4096).contains(&size) || !size.is_power_of_two() {
                return None;
            }
            #[cfg(target_arch = "x86_64")]
            if size >= super::LEAST_OF_FOUR {
                return Some(Self::Quad(Portable { size, twiddles: twiddles(size, 4).into() }));
            }
            Some(Self::Single(Portable::new(size, twiddles(size, 1).into())))
        }

        /// The twiddle factors as boards have them.
        pub(in super::super) fn of_boards(&self) -> Vec<f32> {
            twiddles(self.size(), 1)
        }
    }

    impl Transform for HostPortable {
        fn size(&self) -> usize {
            match self {
                Self::Single(transform) => transform.size(),
                #[cfg(target_arch = "x86_64")]
                Self::Quad(transform) => transform.size(),
            }
        }

        fn forward(&mut self, frame: &[f32], spectrum: &mut [f32]) {
            match self {
                Self::Single(transform) => transform.forward(frame, spectrum),
                #[cfg(target_arch = "x86_64")]
                Self::Quad(transform) => transform.forward(frame, spectrum),
            }
        }
    }
}

#[cfg(feature = "std")]
pub use host::HostPortable;

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::twiddles::twiddles;
    use super::{LEAST_OF_FOUR, Portable, Transform};

    /// Noise as loud as samples are.
    fn frame(len: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let noise = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state as i32 >> 16) as f32 / 32_768.0
        };
        (0..len).map(noise).collect()
    }

    #[test]
    fn four_points_side_by_side_have_the_bits_of_one() {
        for size in (LEAST_OF_FOUR.ilog2()..=12).map(|bits| 1 << bits) {
            let mut single = Portable::new(size, twiddles(size, 1));
            let mut quad = Portable::<_, 4> { size, twiddles: twiddles(size, 4) };
            for len in [0, 1, size / 2 - 3, size * 15 / 16, size - 1, size] {
                let frame = frame(len);
                let mut spectra = [vec![f32::NAN; size + 2], vec![f32::NAN; size + 2]];
                single.forward(&frame, &mut spectra[0]);
                quad.forward(&frame, &mut spectra[1]);
                let [ours, theirs] = spectra.map(|s| s.into_iter().map(f32::to_bits).collect::<Vec<_>>());
                assert_eq!(ours, theirs, "{len} of {size} points");
            }
        }
    }
}
