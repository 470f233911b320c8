//! TFLite's fixed-point arithmetic, bit for bit.
//!
//! The definitions are those of gemmlowp (`fixedpoint/fixedpoint.h`) and of TensorFlow Lite
//! (`kernels/internal/common.cc`, `kernels/internal/quantization_util.cc`) in their double-rounding form, which is
//! what TFLite Micro and LiteRT's built-in kernels use. Sums that would overflow wrap, as two's complement hardware
//! does.

/// High half of twice the product, rounded to nearest (gemmlowp's `SaturatingRoundingDoublingHighMul`).
///
/// gemmlowp nudges by sign and then truncates; adding half and shifting down gives the same number for every input.
#[inline]
pub const fn doubling_high_multiply(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    ((a as i64 * b as i64 + (1 << 30)) >> 31) as i32
}

/// Division by 2^`exponent`, rounded to nearest, ties away from zero (gemmlowp's `RoundingDivideByPOT`).
/// `exponent` is 0 to 31.
#[inline]
pub const fn rounding_shift_right(x: i32, exponent: i32) -> i32 {
    let mask = ((1u32 << exponent) - 1) as i32;
    let threshold = (mask >> 1) + (x < 0) as i32;
    (x >> exponent) + ((x & mask) > threshold) as i32
}

/// A positive real factor as TFLite stores it: `multiplier · 2^(shift − 31)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Mantissa, 2^30 to 2^31 − 1, or zero.
    pub multiplier: i32,
    /// Exponent, −31 to 30.
    pub shift: i32,
}

impl Factor {
    /// `x` times the factor (TFLite's `MultiplyByQuantizedMultiplier`).
    #[inline]
    pub const fn apply(self, x: i32) -> i32 {
        let (left, right) = if self.shift > 0 { (self.shift, 0) } else { (0, -self.shift) };
        // `doubling_high_multiply` of a mantissa, which has no sign.
        let product = x.wrapping_shl(left as u32) as i64 * self.multiplier as i64;
        rounding_shift_right(((product + (1 << 30)) >> 31) as i32, right)
    }

    /// `x` times the factor, for sums of 64 bits: TFLite's form of `MultiplyByQuantizedMultiplier` that keeps 15 bits
    /// of the mantissa. `x` is below 2^47.
    #[inline]
    pub const fn apply_i64(self, x: i64) -> i32 {
        let mantissa =
            if self.multiplier < 0x7fff_0000 { (self.multiplier + (1 << 15)) >> 16 } else { 0x7fff };
        let shift = 15 - self.shift;
        (x.wrapping_mul(mantissa as i64).wrapping_add(1 << (shift - 1)) >> shift) as i32
    }

    /// The same factor for a loop that vectorises; nothing for one that may be above one.
    #[cfg(all(
        feature = "std",
        any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")
    ))]
    pub(crate) fn reduction(self) -> Option<Reduction> {
        let right = -self.shift;
        let (half, ties) = ((1u32.checked_shl(right as u32)? >> 1) as i32, -i32::from(right > 0));
        Some(Reduction { multiplier: self.multiplier, right, half, ties })
    }

    /// The factor nearest to `real` (TFLite's `QuantizeMultiplier`), or nothing where TFLite has none: a negative
    /// or non-finite number, or 2^30 and more. Numbers below 2^−32 become zero.
    pub fn from_real(real: f64) -> Option<Self> {
        if !real.is_finite() || real < 0.0 {
            return None;
        }
        let (mantissa, mut shift) = libm::frexp(real);
        let mut fixed = libm::round(mantissa * f64::from(1u32 << 31)) as i64;
        if fixed == 1 << 31 {
            fixed /= 2;
            shift += 1;
        }
        if shift > 30 {
            return None;
        }
        let tiny = shift < -31 || fixed == 0;
        Some(if tiny { Self { multiplier: 0, shift: 0 } } else { Self { multiplier: fixed as i32, shift } })
    }
}

/// A factor of at most one, in the form in which a loop over numbers below 2^30 becomes vectors.
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reduction {
    multiplier: i32,
    right: i32,
    /// Half of what is shifted out.
    half: i32,
    /// All bits where anything is shifted out: ties of negative numbers are rounded down.
    ties: i32,
}

#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")))]
impl Reduction {
    /// [`Factor::apply`] of a number whose magnitude is below 2^30.
    #[inline(always)]
    pub(crate) fn apply(self, x: i32) -> i32 {
        let product = ((i64::from(x) * i64::from(self.multiplier) + (1 << 30)) >> 31) as i32;
        (product + self.half + (product >> 31 & self.ties)) >> self.right
    }
}

/// `x · 2^exponent` with saturation, or with rounding for a negative exponent (gemmlowp's
/// `SaturatingRoundingMultiplyByPOT`).
const fn multiply_by_power(x: i32, exponent: i32) -> i32 {
    if exponent <= 0 {
        return rounding_shift_right(x, -exponent);
    }
    let limit = (1i64 << (31 - exponent)) - 1;
    if x as i64 > limit {
        i32::MAX
    } else if (x as i64) < -limit {
        i32::MIN
    } else {
        x << exponent
    }
}

/// exp(a) for a in [−1/4, 0), both Q0.31 (gemmlowp's Taylor series around −1/8).
const fn exp_on_last_quarter(a: i32) -> i32 {
    const EXP_OF_MINUS_EIGHTH: i32 = 1_895_147_668;
    const THIRD: i32 = 715_827_883;
    let x = a.wrapping_add(1 << 28);
    let x2 = doubling_high_multiply(x, x);
    let x3 = doubling_high_multiply(x2, x);
    let x4 = doubling_high_multiply(x2, x2);
    let higher = doubling_high_multiply(multiply_by_power(x4, -2).wrapping_add(x3), THIRD).wrapping_add(x2);
    let series = x.wrapping_add(multiply_by_power(higher, -1));
    EXP_OF_MINUS_EIGHTH.wrapping_add(doubling_high_multiply(EXP_OF_MINUS_EIGHTH, series))
}

/// exp(a) for a ≤ 0 with `integer_bits` integer bits, 2 to 5, as Q0.31 (gemmlowp's `exp_on_negative_values`).
pub const fn exp_on_negative(a: i32, integer_bits: i32) -> i32 {
    /// exp(−2^k) for k = −2 … 4.
    const POWERS: [i32; 7] =
        [1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242];
    if a == 0 {
        return i32::MAX;
    }
    let quarter = 1 << (29 - integer_bits);
    let within = (a & (quarter - 1)) - quarter;
    let mut result = exp_on_last_quarter(multiply_by_power(within, integer_bits));
    let remainder = within.wrapping_sub(a);
    let mut bit = 0;
    while bit < integer_bits as usize + 2 {
        if remainder & (quarter << bit) != 0 {
            result = doubling_high_multiply(result, POWERS[bit]);
        }
        bit += 1;
    }
    result
}

/// 1 / (1 + a) for a in [0, 1), both Q0.31 (gemmlowp's `one_over_one_plus_x_for_x_in_0_1`).
pub const fn one_over_one_plus(a: i32) -> i32 {
    multiply_by_power(twice_over_one_plus(a), 1)
}

/// 2 / (1 + a) in Q2.29, for a in [0, 1) in Q0.31: three Newton steps.
const fn twice_over_one_plus(a: i32) -> i32 {
    const FORTY_EIGHT_SEVENTEENTHS: i32 = 1_515_870_810;
    const MINUS_THIRTY_TWO_SEVENTEENTHS: i32 = -1_010_580_540;
    let sum = a as i64 + i32::MAX as i64;
    let half_denominator = ((sum + if sum >= 0 { 1 } else { -1 }) / 2) as i32;
    let mut x = FORTY_EIGHT_SEVENTEENTHS
        .wrapping_add(doubling_high_multiply(half_denominator, MINUS_THIRTY_TWO_SEVENTEENTHS));
    let mut step = 0;
    while step < 3 {
        let rest = ONE_Q2.wrapping_sub(doubling_high_multiply(half_denominator, x));
        x = x.wrapping_add(multiply_by_power(doubling_high_multiply(x, rest), 2));
        step += 1;
    }
    x
}

/// One in Q2.29.
const ONE_Q2: i32 = 1 << 29;

/// 1 / (1 + exp(−a)) in Q0.31, for a in Q4.27 (gemmlowp's `logistic`).
pub const fn logistic(a: i32) -> i32 {
    if a == 0 {
        return 1 << 30;
    }
    let positive = one_over_one_plus(exp_on_negative(if a > 0 { a.wrapping_neg() } else { a }, 4));
    if a > 0 { positive } else { i32::MAX - positive }
}

/// tanh(a) in Q0.31, for a in Q4.27 (gemmlowp's `tanh`).
pub const fn tanh(a: i32) -> i32 {
    if a == 0 {
        return 0;
    }
    // The same bits with one integer bit more are twice the number.
    let exp = exp_on_negative(if a > 0 { a.wrapping_neg() } else { a }, 5);
    let positive = multiply_by_power(twice_over_one_plus(exp).wrapping_sub(ONE_Q2), 2);
    if a > 0 { positive } else { positive.wrapping_neg() }
}

/// Reciprocal of `x` > 0, a fixed-point number with `integer_bits` integer bits (TFLite's `GetReciprocal`): the
/// Q0.31 reciprocal of `x` scaled into [1, 2), and the power of two that it was scaled by.
pub const fn reciprocal(x: i32, integer_bits: i32) -> (i32, i32) {
    let headroom = x.leading_zeros();
    let shifted = (x as u32).wrapping_shl(headroom).wrapping_sub(1 << 31) as i32;
    (one_over_one_plus(shifted), integer_bits - headroom as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// gemmlowp's own definition of the rounding high multiply, with its sign-dependent nudge and its truncation.
    fn nudged(a: i32, b: i32) -> i32 {
        if a == b && a == i32::MIN {
            return i32::MAX;
        }
        let product = i64::from(a) * i64::from(b);
        let nudge = if product >= 0 { 1i64 << 30 } else { 1 - (1i64 << 30) };
        ((product + nudge) / (1i64 << 31)) as i32
    }

    #[test]
    fn high_multiply_equals_gemmlowps_definition() {
        let edges = [i32::MIN, i32::MIN + 1, -(1 << 30), -3, -1, 0, 1, 2, 3, 1 << 30, i32::MAX - 1, i32::MAX];
        for a in edges {
            for b in edges {
                assert_eq!(doubling_high_multiply(a, b), nudged(a, b), "{a} {b}");
            }
        }
        // Products that end exactly in a half, of both signs.
        for k in -50i32..50 {
            assert_eq!(doubling_high_multiply(2 * k + 1, 1 << 30), nudged(2 * k + 1, 1 << 30), "{k}");
        }
    }

    #[test]
    fn shift_rounds_ties_away_from_zero() {
        assert_eq!(rounding_shift_right(5, 1), 3);
        assert_eq!(rounding_shift_right(-5, 1), -3);
        assert_eq!(rounding_shift_right(-4, 3), -1);
        assert_eq!(rounding_shift_right(i32::MIN, 31), -1);
        assert_eq!(rounding_shift_right(7, 0), 7);
    }

    #[test]
    fn factors_are_tflites() {
        // tensorflow/lite/kernels/internal/quantization_util_test.cc, QuantizeMultiplierArray and neighbours.
        let cases =
            [(-0.0, 0, 0), (0.125, 1 << 30, -2), (0.25, 1 << 30, -1), (0.5, 1 << 30, 0), (1.0, 1 << 30, 1)];
        for (real, multiplier, shift) in cases {
            assert_eq!(Factor::from_real(real), Some(Factor { multiplier, shift }), "{real}");
        }
        assert_eq!(Factor::from_real(1e-30), Some(Factor { multiplier: 0, shift: 0 }));
        assert_eq!(Factor::from_real(1e12), None);
        assert_eq!(Factor::from_real(f64::NAN), None);
    }

    #[test]
    fn functions_are_close_to_the_real_ones() {
        for step in 0..2000 {
            let real = -f64::from(step) / 125.0;
            let fixed =
                f64::from(exp_on_negative((real * f64::from(1 << 26)) as i32, 5)) / f64::from(1u32 << 31);
            assert!((fixed - real.exp()).abs() < 1e-6, "exp({real}) gave {fixed}");
            let x = f64::from(step) / 2000.0;
            let fixed =
                f64::from(one_over_one_plus((x * f64::from(1u32 << 31)) as i32)) / f64::from(1u32 << 31);
            assert!((fixed - 1.0 / (1.0 + x)).abs() < 1e-6, "1 / (1 + {x}) gave {fixed}");
            let a = f64::from(step) / 125.0 - 8.0;
            let fixed = |function: fn(i32) -> i32| {
                f64::from(function((a * f64::from(1 << 27)) as i32)) / f64::from(1u32 << 31)
            };
            assert!((fixed(logistic) - 1.0 / (1.0 + (-a).exp())).abs() < 1e-6, "logistic({a})");
            assert!((fixed(tanh) - a.tanh()).abs() < 1e-6, "tanh({a})");
        }
    }
}
