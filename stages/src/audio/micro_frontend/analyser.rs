//! The steps in their order: one window to one frame of features.

use core::borrow::Borrow;

use super::fft::{Buffers, Complex, real_bins};
use super::filter_bank::{self, FIRST_BIN, USED_BINS};
use super::{CHANNELS, FFT, Tables, WINDOW, log, noise, pcan, window};

/// Turns windows into features; keeps the noise estimate between them.
///
/// Generic over how the tables are held: `&'static Tables` in firmware, a `Box` or `Arc` on a host. About 3.3 KB of
/// state and work space; `new` is `const`.
#[derive(Debug, Clone)]
pub struct Analyser<T> {
    tables: T,
    estimate: [u32; CHANNELS],
    windowed: [i16; WINDOW],
    fft: Buffers,
    energies: [u32; USED_BINS],
    signal: [u32; CHANNELS],
}

impl<T> Analyser<T> {
    /// One that has heard nothing.
    pub const fn new(tables: T) -> Self {
        Self {
            tables,
            estimate: [0; CHANNELS],
            windowed: [0; WINDOW],
            fft: Buffers::new(),
            energies: [0; USED_BINS],
            signal: [0; CHANNELS],
        }
    }

    /// Forgets the noise estimate.
    pub const fn reset(&mut self) {
        self.estimate = [0; CHANNELS];
    }
}

impl<T: Borrow<Tables>> Analyser<T> {
    /// Computes the features of one window: 64 times a natural logarithm, at most 1420. Windows must come in the order of time, at one hop.
    pub fn process(&mut self, samples: &[i16; WINDOW], features: &mut [u16; CHANNELS]) {
        let tables = self.tables.borrow();
        let shift = window::apply(tables.reference, &tables.window, samples, &mut self.windowed);
        pair(&self.windowed, shift, &mut self.fft.points);
        self.fft.transform(&tables.fft.twiddles);
        energies(&self.fft.points, &tables.fft.split, &mut self.energies);
        filter_bank::apply(&tables.filter_bank, &self.energies, shift, &mut self.signal);
        noise::apply(&mut self.estimate, &mut self.signal);
        pcan::apply(&tables.gains, &self.estimate, &mut self.signal);
        log::apply(&tables.logarithm, &self.signal, features);
    }
}

/// Scales the samples and lays them out as the transform's input.
fn pair(windowed: &[i16; WINDOW], shift: u32, points: &mut [Complex; FFT / 2]) {
    let (used, padding) = points.split_at_mut(WINDOW / 2);
    for (point, pair) in used.iter_mut().zip(windowed.as_chunks::<2>().0) {
        *point = Complex { re: pair[0] << shift, im: pair[1] << shift };
    }
    padding.fill(Complex::default());
}

fn energies(points: &[Complex; FFT / 2], split: &[Complex; FFT / 4], energies: &mut [u32; USED_BINS]) {
    for k in 1..=FFT / 4 {
        let (low, high) = real_bins(points, split, k);
        if k >= FIRST_BIN {
            energies[k - FIRST_BIN] = low.energy();
        }
        if let Some(energy) = energies.get_mut(FFT / 2 - k - FIRST_BIN) {
            *energy = high.energy();
        }
    }
}
