//! The factors that the steps of a transform turn points by.

use std::f64::consts::TAU;

/// The factors of a transform of `size` points in the order in which its steps read them, in blocks of `lanes`.
///
/// For each joining of transforms of `span` points, the factors of point p: of the second, the third and the fourth of
/// four, or of the second of two. Then those of the split, halved and a quarter turned.
pub(super) fn twiddles(size: usize, lanes: usize) -> Vec<f32> {
    let count = size / 2;
    let mut factors = Vec::new();
    let mut add = |points: usize, radix: usize, factor: &dyn Fn(usize, usize) -> [f64; 2]| {
        for first in (0..points).step_by(lanes) {
            for power in 1..radix {
                for part in 0..2 {
                    factors.extend((first..first + lanes).map(|point| factor(point, power)[part] as f32));
                }
            }
        }
    };
    let mut span = if count < 4 { 1 } else { 4 };
    while span < count {
        let radix = if 4 * span <= count { 4 } else { 2 };
        add(span, radix, &|point, power| turned(point * power, radix * span));
        span *= radix;
    }
    add(count / 2, 2, &|bin, _| {
        let [cosine, sine] = turned(bin, size);
        [sine / 2.0, -cosine / 2.0]
    });
    factors
}

/// One, turned clockwise by so many of `parts` of a circle.
fn turned(by: usize, parts: usize) -> [f64; 2] {
    let angle = -TAU * by as f64 / parts as f64;
    [libm::cos(angle), libm::sin(angle)]
}
