//! From the bits of a PDM microphone to samples.

mod taps;

/// Bits that make one sample: with a clock of 1.024 MHz there are 16,000 samples in a second.
pub const BITS_PER_SAMPLE: usize = 64;
/// Bytes that make one sample.
pub const BYTES_PER_SAMPLE: usize = BITS_PER_SAMPLE / 8;
/// Taps of the filter.
const TAPS: usize = 63;

/// Decimates one-bit samples by 64, in integers: a CIC stage of order `ORDER` by 32, then a filter by 2 that also takes
/// the CIC stage's droop away.
///
/// The response is flat within 0.05 dB up to 7 kHz and down by 64 dB from 9 kHz. What the CIC stage folds onto that
/// passband is down by 33, 44 or 55 dB with order 3, 4 or 5; only the modulator's noise lies there. A tone whose bits
/// leave 79.6 dB above their own noise comes out at 76, 80 and 81 dB.
///
/// One bit costs `ORDER` additions, one sample two times `ORDER` combs and 63 multiplications.
///
/// # Reference
/// Hogenauer, "An economical class of digital filters for decimation and interpolation", 1981. The filter's taps are a
/// least-squares design: `tests/vectors/pdm/make.py`, which also makes the golden vectors.
///
/// # Example
/// ```
/// use kws_devices::pdm::Decimator;
///
/// let mut decimator = Decimator::<5>::new(0);
/// let mut samples = [0; 100];
/// // As many ones as zeros are silence.
/// decimator.process(&[0b0101_0101; 800], &mut samples);
/// assert!(samples[40..].iter().all(|sample| *sample == 0));
/// ```
#[derive(Clone, Debug)]
pub struct Decimator<const ORDER: usize> {
    sums: [i32; ORDER],
    combs: [i32; ORDER],
    /// What came from the CIC stage, newest last.
    slow: [i32; TAPS],
    shift: u32,
}

impl<const ORDER: usize> Decimator<ORDER> {
    /// What the filter multiplies with.
    const FILTER: &'static [i16; TAPS] = match ORDER {
        3 => &taps::ORDER_3,
        4 => &taps::ORDER_4,
        5 => &taps::ORDER_5,
        _ => panic!("the order of a CIC stage is 3, 4 or 5"),
    };

    /// A decimator whose input swings over the full range; each step of `gain`, of which there are at most 8, doubles the
    /// samples.
    pub const fn new(gain: u32) -> Self {
        let gain = if gain > 8 { 8 } else { gain };
        // The CIC stage of order N multiplies by 32^N, the filter by 2^15; so does the range of a sample.
        Decimator { sums: [0; ORDER], combs: [0; ORDER], slow: [0; TAPS], shift: 5 * ORDER as u32 - gain }
    }

    /// Takes 8 bytes for each sample, the first bit of a byte being its most significant.
    pub fn process(&mut self, bits: &[u8], samples: &mut [i16]) {
        for (bytes, sample) in bits.as_chunks::<BYTES_PER_SAMPLE>().0.iter().zip(samples) {
            let [a, b, c, d, e, f, g, h] = *bytes;
            let first = self.sum(u32::from_be_bytes([a, b, c, d]));
            let second = self.sum(u32::from_be_bytes([e, f, g, h]));
            self.slow.copy_within(2.., 0);
            [self.slow[TAPS - 2], self.slow[TAPS - 1]] = [first, second];
            *sample = self.filter();
        }
    }

    /// The CIC stage: 32 bits, one value. Sums wrap, which the combs undo.
    #[inline]
    fn sum(&mut self, bits: u32) -> i32 {
        let mut sums = self.sums;
        for place in (0..32).rev() {
            let mut value = ((bits >> place & 1) as i32) * 2 - 1;
            for sum in &mut sums {
                *sum = sum.wrapping_add(value);
                value = *sum;
            }
        }
        self.sums = sums;
        let mut value = sums[ORDER - 1];
        for comb in &mut self.combs {
            value = value.wrapping_sub(core::mem::replace(comb, value));
        }
        value
    }

    fn filter(&self) -> i16 {
        let products = self.slow.iter().zip(Self::FILTER).map(|(x, tap)| i64::from(*x) * i64::from(*tap));
        let sum = products.sum::<i64>() + (1 << (self.shift - 1));
        (sum >> self.shift).clamp(i16::MIN.into(), i16::MAX.into()) as i16
    }

    /// Forgets what has come.
    pub fn reset(&mut self) {
        *self = Decimator { sums: [0; ORDER], combs: [0; ORDER], slow: [0; TAPS], ..*self };
    }
}

#[cfg(test)]
mod tests;
