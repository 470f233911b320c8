//! A real Fourier transform in sixteen-bit integers, with kiss_fft's rounding: of 512 points in the front end, of any
//! power of two in models.
//!
//! 256 complex points in four radix-4 passes, then the split of the even and odd halves into a real spectrum. Each
//! pass divides by four (by a rounded multiplication with 8191/32768), each product is rounded to sixteen bits, sums
//! wrap. The order of the passes is Stockham's, between two buffers: every butterfly sees the same three twiddles and
//! four inputs as in kiss_fft's recursion, so the result is the same, without reordering the input first. Where the
//! number of points is no power of four, a radix-2 pass comes first.

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
        Self {
            twiddles: core::array::from_fn(|k| twiddle(k, POINTS)),
            split: core::array::from_fn(|k| split(k, POINTS)),
        }
    }
}

/// Root `k` that the passes over so many complex points take.
pub(crate) fn twiddle(k: usize, points: usize) -> Complex {
    root(-core::f64::consts::TAU * k as f64 / points as f64)
}

/// Root `k` that joins bins `k + 1` and `points − 1 − k` of the two halves.
pub(crate) fn split(k: usize, points: usize) -> Complex {
    root(-core::f64::consts::PI * ((k + 1) as f64 / points as f64 + 0.5))
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
    pub(crate) fn energy(self) -> u32 {
        let (re, im) = (i32::from(self.re), i32::from(self.im));
        (re * re) as u32 + (im * im) as u32
    }
}

/// A complex number in memory: itself, or its bytes in a model's arena.
pub(crate) trait Point: Copy {
    /// The number.
    fn get(self) -> Complex;
    /// What stands for a number.
    fn put(number: Complex) -> Self;
}

impl Point for Complex {
    #[inline(always)]
    fn get(self) -> Complex {
        self
    }

    #[inline(always)]
    fn put(number: Complex) -> Self {
        number
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
        pass(64, &self.points, &mut self.other, twiddles);
        pass(16, &self.other, &mut self.points, twiddles);
        pass(4, &self.points, &mut self.other, twiddles);
        pass(1, &self.other, &mut self.points, twiddles);
    }
}

/// Computes the spectrum of points, divided by their number, which is a power of two and the number of twiddles;
/// returns that of the two buffers that holds it.
pub(crate) fn transform<'p, P: Point>(
    points: &'p mut [P],
    other: &'p mut [P],
    twiddles: &[P],
) -> &'p mut [P] {
    let (mut from, mut to) = (points, other);
    let mut stride = twiddles.len();
    if stride.trailing_zeros() % 2 == 1 {
        stride /= 2;
        pairs(stride, from, to, twiddles);
        (from, to) = (to, from);
    }
    while stride >= 4 {
        stride /= 4;
        pass(stride, from, to, twiddles);
        (from, to) = (to, from);
    }
    from
}

/// Joins every two of the points into one transform of two.
fn pairs<P: Point>(stride: usize, from: &[P], to: &mut [P], twiddles: &[P]) {
    let one = twiddles[0].get();
    for r in 0..stride {
        let (a, b) = (from[r].get().half(), from[r + stride].get().half().times(one));
        to[r] = P::put(a.plus(b));
        to[r + stride] = P::put(a.minus(b));
    }
}

/// Joins every four of the `4·stride` transforms in `from` into one, four times as long.
///
/// Point `k` of transform `r` of `n` lies at `k·n + r`. Inlined, so that the front end's lengths are known.
#[inline(always)]
fn pass<P: Point>(stride: usize, from: &[P], to: &mut [P], twiddles: &[P]) {
    let points = twiddles.len();
    let length = points / (4 * stride);
    for k in 0..length {
        let (t1, t2) = (twiddles[k * stride].get(), twiddles[2 * k * stride].get());
        let t3 = twiddles[3 * k * stride].get();
        for r in 0..stride {
            let at = 4 * k * stride + r;
            let a = from[at].get().quarter();
            let b = from[at + stride].get().quarter().times(t1);
            let c = from[at + 2 * stride].get().quarter().times(t2);
            let d = from[at + 3 * stride].get().quarter().times(t3);
            let (sum, difference) = (a.plus(c), a.minus(c));
            let (odd, turned) = (b.plus(d), b.minus(d).turned());
            let out = k * stride + r;
            to[out] = P::put(sum.plus(odd));
            to[out + points / 4] = P::put(difference.plus(turned));
            to[out + points / 2] = P::put(sum.minus(odd));
            to[out + 3 * points / 4] = P::put(difference.minus(turned));
        }
    }
}

/// Bins 0 and `points` of the real spectrum, which are real, from point 0 of the complex one.
pub(crate) fn end_bins(first: Complex) -> (Complex, Complex) {
    let first = first.half();
    let real = |re| Complex { re, im: 0 };
    (real(first.re.wrapping_add(first.im)), real(first.re.wrapping_sub(first.im)))
}

/// Bins `k` and `points − k` of the real spectrum, for `k` from 1 to half of the points, from the same points of the
/// complex one and the root `k − 1` of [`split`].
#[inline(always)]
pub(crate) fn real_bins(near: Complex, far: Complex, root: Complex) -> (Complex, Complex) {
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
