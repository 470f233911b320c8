//! The steps in their order: one window to one frame of features.

use core::borrow::{Borrow, BorrowMut};

use super::fft::{Buffers, Complex, real_bins};
use super::filter_bank::{self, FIRST_BIN, USED_BINS};
use super::{CHANNELS, FFT, Tables, WINDOW, log, noise, pcan, window};

/// Turns windows into features; keeps the noise estimate between them.
///
/// Generic over how the tables are held, `&'static Tables` in firmware, a `Box` or `Arc` on a host, and over the 3.3 KB
/// that change: its own, or lent.
#[derive(Debug, Clone)]
pub struct Analyser<T, W = Work> {
    tables: T,
    work: W,
}

/// What an [`Analyser`] keeps between windows, and the space it works in. All zeros at first.
#[derive(Debug, Clone)]
pub struct Work {
    estimate: [u32; CHANNELS],
    windowed: [i16; WINDOW],
    fft: Buffers,
    energies: [u32; USED_BINS],
    signal: [u32; CHANNELS],
}

impl Work {
    /// Nothing was heard.
    pub const fn new() -> Self {
        Self {
            estimate: [0; CHANNELS],
            windowed: [0; WINDOW],
            fft: Buffers::new(),
            energies: [0; USED_BINS],
            signal: [0; CHANNELS],
        }
    }
}

impl Default for Work {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Analyser<T> {
    /// One that has heard nothing.
    pub const fn new(tables: T) -> Self {
        Self::over(tables, Work::new())
    }
}

impl<T, W> Analyser<T, W> {
    /// One that works in memory of the caller's.
    pub const fn over(tables: T, work: W) -> Self {
        Self { tables, work }
    }

    /// What holds the tables.
    pub const fn tables(&self) -> &T {
        &self.tables
    }
}

impl<T, W: BorrowMut<Work>> Analyser<T, W> {
    /// Forgets the noise estimate.
    pub fn reset(&mut self) {
        self.work.borrow_mut().estimate = [0; CHANNELS];
    }
}

impl<T: Borrow<Tables>, W: BorrowMut<Work>> Analyser<T, W> {
    /// Computes the features of one window: 64 times a natural logarithm, at most 1420. Windows must come in the order of time, at one hop.
    pub fn process(&mut self, samples: &[i16; WINDOW], features: &mut [u16; CHANNELS]) {
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        if super::x86::process(self, samples, features) {
            return;
        }
        self.steps(samples, features);
    }

    /// Inlined, like all that it calls, so that it can be compiled for more than one instruction set.
    #[inline(always)]
    pub(super) fn steps(&mut self, samples: &[i16; WINDOW], features: &mut [u16; CHANNELS]) {
        let (tables, work) = (self.tables.borrow(), self.work.borrow_mut());
        let shift = window::apply(tables.reference, &tables.window, samples, &mut work.windowed);
        pair(&work.windowed, shift, &mut work.fft.points);
        work.fft.transform(&tables.fft.twiddles);
        energies(&work.fft.points, &tables.fft.split, &mut work.energies);
        filter_bank::apply(&tables.filter_bank, &work.energies, shift, &mut work.signal);
        noise::apply(&mut work.estimate, &mut work.signal);
        pcan::apply(&tables.gains, &work.estimate, &mut work.signal);
        log::apply(&tables.logarithm, &work.signal, features);
    }
}

/// Scales the samples and lays them out as the transform's input.
#[inline(always)]
fn pair(windowed: &[i16; WINDOW], shift: u32, points: &mut [Complex; FFT / 2]) {
    let (used, padding) = points.split_at_mut(WINDOW / 2);
    for (point, pair) in used.iter_mut().zip(windowed.as_chunks::<2>().0) {
        *point = Complex { re: pair[0] << shift, im: pair[1] << shift };
    }
    padding.fill(Complex::default());
}

/// The energies of the bins that the filter bank reads.
#[inline(always)]
fn energies(points: &[Complex; FFT / 2], split: &[Complex; FFT / 4], energies: &mut [u32; USED_BINS]) {
    // Bins come in pairs from both ends of the spectrum. Mirrored copies let the arithmetic run over plain arrays.
    let mut far = points.as_chunks::<{ FFT / 4 }>().0[1];
    far.reverse();
    let mut upper = [0; FFT / 4];
    let mut lower = [0; FFT / 4];
    for k in 0..FFT / 4 {
        let (low, high) = real_bins(points[k + 1], far[k], split[k]);
        lower[k] = low.energy();
        upper[k] = high.energy();
    }
    upper.reverse();
    let (below, above) = energies.split_at_mut(FFT / 4 - FIRST_BIN + 1);
    below.copy_from_slice(&lower[FIRST_BIN - 1..]);
    // The bin in the middle is one of both; the upper one stands, as in kiss_fft.
    above.copy_from_slice(&upper[1..=above.len()]);
    below[FFT / 4 - FIRST_BIN] = upper[0];
}

#[cfg(test)]
mod tests {
    use super::super::Reference;
    use super::*;

    #[test]
    fn instruction_sets_agree() {
        let tables = Tables::new(Reference::CLibrary);
        let (mut chosen, mut plain) = (Analyser::new(&tables), Analyser::new(&tables));
        let mut random = 1_u32;
        for frame in 0..200 {
            let window = core::array::from_fn(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((random >> 16) as i16) >> (frame % 17).min(15)
            });
            let mut features = [[0; CHANNELS]; 2];
            chosen.process(&window, &mut features[0]);
            plain.steps(&window, &mut features[1]);
            assert_eq!(features[0], features[1], "frame {frame}");
        }
    }
}
