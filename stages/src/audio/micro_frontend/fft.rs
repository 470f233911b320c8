//! A 512-point real Fourier transform in sixteen-bit integers, with kiss_fft's rounding.
//!
//! 256 complex points in four radix-4 passes, then the split of the even and odd halves into a real spectrum. Each
//! pass divides by four (by a rounded multiplication with 8191/32768), each product is rounded to sixteen bits, sums
//! wrap. The order of the passes is Stockham's, between two buffers: every butterfly sees the same three twiddles and
//! four inputs as in kiss_fft's recursion, so the result is the same, without reordering the input first.

use super::FFT;

/// Complex points: half the real ones.
const POINTS: usize = FFT / 2;

/// A complex number in Q15.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Complex {
    /// Real part.
    pub re: i16,
    /// Imaginary part.
    pub im: i16,
}

/// Roots of unity in Q15.
#[derive(Debug, Clone)]
pub struct FftTables {
    /// `exp(−2πi·k/256)`.
    pub twiddles: [Complex; POINTS],
    /// `exp(−πi·((k+1)/256 + 1/2))`, which joins bins `k+1` and `255−k` of the two halves.
    pub split: [Complex; POINTS / 2],
}

impl FftTables {
    /// Computes the roots.
    #[must_use]
    pub fn new() -> Self {
        use core::f64::consts::{PI, TAU};
        Self {
            twiddles: core::array::from_fn(|k| root(-TAU * k as f64 / POINTS as f64)),
            split: core::array::from_fn(|k| root(-PI * ((k + 1) as f64 / POINTS as f64 + 0.5))),
        }
    }
}

impl Default for FftTables {
    fn default() -> Self {
        Self::new()
    }
}

fn root(phase: f64) -> Complex {
    let q15 = |value: f64| libm::floor(0.5 + 32767.0 * value) as i16;
    Complex { re: q15(libm::cos(phase)), im: q15(libm::sin(phase)) }
}

/// Shifts a Q30 product to Q15, rounding half up, within sixteen bits.
#[inline(always)]
fn round(product: i32) -> i16 {
    (product.wrapping_add(1 << 14) >> 15) as i16
}

impl Complex {
    #[inline(always)]
    fn scale(self, factor: i32) -> Self {
        Self { re: round(i32::from(self.re) * factor), im: round(i32::from(self.im) * factor) }
    }

    #[inline(always)]
    fn quarter(self) -> Self {
        self.scale(32767 / 4)
    }

    #[inline(always)]
    fn half(self) -> Self {
        self.scale(32767 / 2)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        let (a, b) = (i32::from(self.re), i32::from(self.im));
        let (c, d) = (i32::from(other.re), i32::from(other.im));
        Self { re: round((a * c).wrapping_sub(b * d)), im: round((a * d).wrapping_add(b * c)) }
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self { re: self.re.wrapping_add(other.re), im: self.im.wrapping_add(other.im) }
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self { re: self.re.wrapping_sub(other.re), im: self.im.wrapping_sub(other.im) }
    }

    /// Times −i.
    #[inline(always)]
    fn turned(self) -> Self {
        Self { re: self.im, im: self.re.wrapping_neg() }
    }

    /// `re² + im²`; at most 2³¹.
    #[inline(always)]
    pub(super) fn energy(self) -> u32 {
        let (re, im) = (i32::from(self.re), i32::from(self.im));
        (re * re) as u32 + (im * im) as u32
    }
}

/// The two buffers that the passes go between; the first is also the input: even samples real, odd ones imaginary.
#[derive(Debug, Clone)]
pub(super) struct Buffers {
    pub(super) points: [Complex; POINTS],
    other: [Complex; POINTS],
}

impl Buffers {
    pub(super) const fn new() -> Self {
        let zero = Complex { re: 0, im: 0 };
        Self { points: [zero; POINTS], other: [zero; POINTS] }
    }

    /// Replaces `points` by their spectrum, divided by 256.
    #[inline(always)]
    pub(super) fn transform(&mut self, twiddles: &[Complex; POINTS]) {
        pass::<64>(&self.points, &mut self.other, twiddles);
        pass::<16>(&self.other, &mut self.points, twiddles);
        pass::<4>(&self.points, &mut self.other, twiddles);
        pass::<1>(&self.other, &mut self.points, twiddles);
    }
}

/// Joins every four of the `4·STRIDE` transforms in `from` into one, four times as long.
///
/// Point `k` of transform `r` of `n` lies at `k·n + r`.
#[inline(always)]
fn pass<const STRIDE: usize>(
    from: &[Complex; POINTS],
    to: &mut [Complex; POINTS],
    twiddles: &[Complex; POINTS],
) {
    let length = POINTS / (4 * STRIDE);
    for k in 0..length {
        let (t1, t2, t3) = (twiddles[k * STRIDE], twiddles[2 * k * STRIDE], twiddles[3 * k * STRIDE]);
        for r in 0..STRIDE {
            let at = 4 * k * STRIDE + r;
            let a = from[at].quarter();
            let b = from[at + STRIDE].quarter().times(t1);
            let c = from[at + 2 * STRIDE].quarter().times(t2);
            let d = from[at + 3 * STRIDE].quarter().times(t3);
            let (sum, difference) = (a.plus(c), a.minus(c));
            let (odd, turned) = (b.plus(d), b.minus(d).turned());
            let out = k * STRIDE + r;
            to[out] = sum.plus(odd);
            to[out + POINTS / 4] = difference.plus(turned);
            to[out + POINTS / 2] = sum.minus(odd);
            to[out + 3 * POINTS / 4] = difference.minus(turned);
        }
    }
}

/// Bins `k` and `256 − k` of the real spectrum, for `k` from 1 to 128, from the same points of the complex one and
/// the root `k − 1` of [`FftTables::split`].
#[inline(always)]
pub(super) fn real_bins(near: Complex, far: Complex, root: Complex) -> (Complex, Complex) {
    let near = near.half();
    let far = Complex { re: far.re, im: far.im.wrapping_neg() }.half();
    let even = near.plus(far);
    let odd = near.minus(far).times(root);
    // Halved after a sum of thirty-two bits, unlike every other sum here.
    let halve = |a: i16, b: i32| ((i32::from(a) + b) >> 1) as i16;
    let (re, im) = (i32::from(odd.re), i32::from(odd.im));
    (
        Complex { re: halve(even.re, re), im: halve(even.im, im) },
        Complex { re: halve(even.re, -re), im: ((im - i32::from(even.im)) >> 1) as i16 },
    )
}
