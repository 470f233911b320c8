//! Numbers without what the standard library has for them: its sort of floating point and its formatting take a fifth of the code of a
//! page's module.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::fmt;

/// Values from the least to the greatest.
pub(super) fn ascending(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let heap: BinaryHeap<i64> = values.into_iter().map(|value| ordered(value.to_bits() as i64)).collect();
    heap.into_sorted_vec().into_iter().map(|key| f64::from_bits(ordered(key) as u64)).collect()
}

/// Bits of a number as an integer of the same order, as `f64::total_cmp` has it, and back.
fn ordered(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// A number with so many digits after the point, rounded to the nearest.
pub struct Digits<const N: u32>(pub f64);

impl<const N: u32> fmt::Display for Digits<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10u64.pow(N);
        let scaled = libm::rint(self.0.abs() * one as f64) as u64;
        let sign = if self.0 < 0.0 && scaled > 0 { "-" } else { "" };
        write!(f, "{sign}{}", scaled / one)?;
        if N == 0 { Ok(()) } else { write!(f, ".{:0width$}", scaled % one, width = N as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_least_comes_first() {
        let values = [3.5, -1.0, f64::INFINITY, 0.0, -0.0, -70.0, 1e-300];
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&ascending(values)), bits(&sorted));
    }

    #[test]
    fn digits_are_those_that_formatting_gives() {
        for value in [0.0, -0.04, 0.06, -70.0, -34.26, 99.96, 1234.5] {
            assert_eq!(format!("{}", Digits::<1>(value)), format!("{value:.1}").replace("-0.0", "0.0"));
        }
        assert_eq!(format!("{} {}", Digits::<0>(-2.6), Digits::<2>(1.005_1)), "-3 1.01");
    }
}
