//! Four numbers in a vector of SSE2, which every x86-64 processor has.

use core::arch::x86_64::*;

use super::lanes::{Complex, Lanes};

/// Four numbers.
#[derive(Clone, Copy)]
pub(super) struct Quad(__m128);

impl Lanes<4> for Quad {
    #[inline(always)]
    fn load([a, b, c, d]: [f32; 4]) -> Self {
        // SAFETY: every x86-64 processor has SSE2.
        Quad(unsafe { _mm_setr_ps(a, b, c, d) })
    }

    #[inline(always)]
    fn store(self) -> [f32; 4] {
        let mut numbers = [0.0; 4];
        // SAFETY: as in `load`; the array has room for four numbers.
        unsafe { _mm_storeu_ps(numbers.as_mut_ptr(), self.0) };
        numbers
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: as in `load`.
        Quad(unsafe { _mm_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: as in `load`.
        Quad(unsafe { _mm_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        // SAFETY: as in `load`.
        Quad(unsafe { _mm_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn part([a, b, c, d]: &[Complex<f32>; 4]) -> Complex<Self> {
        let (low, high) = (Self::load([a[0], a[1], b[0], b[1]]).0, Self::load([c[0], c[1], d[0], d[1]]).0);
        // SAFETY: as in `load`.
        let parts = unsafe {
            [_mm_shuffle_ps::<0b10_00_10_00>(low, high), _mm_shuffle_ps::<0b11_01_11_01>(low, high)]
        };
        parts.map(Quad)
    }

    #[inline(always)]
    fn pair_back(parts: Complex<Self>) -> [Complex<f32>; 4] {
        // SAFETY: as in `load`.
        Self::pair(parts.map(|part| Quad(unsafe { _mm_shuffle_ps::<0b00_01_10_11>(part.0, part.0) })))
    }

    #[inline(always)]
    fn pair([re, im]: Complex<Self>) -> [Complex<f32>; 4] {
        // SAFETY: as in `load`.
        let halves = unsafe { [_mm_unpacklo_ps(re.0, im.0), _mm_unpackhi_ps(re.0, im.0)] };
        let [[a, b, c, d], [e, f, g, h]] = halves.map(|half| Quad(half).store());
        [[a, b], [c, d], [e, f], [g, h]]
    }

    #[inline(always)]
    fn mirrored(self, after: Self) -> Self {
        // SAFETY: as in `load`.
        Quad(unsafe { _mm_move_ss(_mm_shuffle_ps::<0b01_10_11_00>(self.0, self.0), after.0) })
    }

    #[inline(always)]
    fn gather(numbers: [Complex<Self>; 4]) -> [[f32; 8]; 4] {
        let turned = |part: usize| {
            let [mut a, mut b, mut c, mut d] = numbers.map(|number| number[part].0);
            // SAFETY: as in `load`.
            unsafe { _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d) };
            [a, b, c, d].map(|row| Quad(row).store())
        };
        let (re, im) = (turned(0), turned(1));
        core::array::from_fn(|lane| {
            let ([a, b, c, d], [e, f, g, h]) = (re[lane], im[lane]);
            [a, b, c, d, e, f, g, h]
        })
    }
}
