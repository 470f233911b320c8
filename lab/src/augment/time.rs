//! Placing a word in its window, and speaking it faster or slower.

/// Plays samples `speed` times as fast (pitch moves along), by linear interpolation.
#[must_use]
pub fn stretch(samples: &[f32], speed: f32) -> Vec<f32> {
    if samples.len() < 2 || (speed - 1.0).abs() < 1e-3 {
        return samples.to_vec();
    }
    let length = ((samples.len() - 1) as f32 / speed) as usize;
    (0..length)
        .map(|i| {
            let at = i as f32 * speed;
            let (whole, part) = (at as usize, at.fract());
            samples[whole] * (1.0 - part) + samples[whole + 1] * part
        })
        .collect()
}

/// Adds `samples` to `window`, the first of them at `start`, which may lie before the window. What does not fit is
/// cut.
pub fn overlay(window: &mut [f32], samples: &[f32], start: isize) {
    let (before, start) = if start < 0 { (start.unsigned_abs(), 0) } else { (0, start as usize) };
    let place = window.iter_mut().skip(start);
    place.zip(samples.iter().skip(before)).for_each(|(w, s)| *w += s);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlay_adds_and_cuts() {
        let laid = |samples: &[f32], start| {
            let mut window = [1.0; 4];
            overlay(&mut window, samples, start);
            window
        };
        assert_eq!(laid(&[1.0, 2.0], 1), [1.0, 2.0, 3.0, 1.0]);
        assert_eq!(laid(&[1.0, 2.0], 3), [1.0, 1.0, 1.0, 2.0]);
        assert_eq!(laid(&[1.0, 2.0], -1), [3.0, 1.0, 1.0, 1.0]);
        assert_eq!(laid(&[1.0, 2.0], -2), [1.0; 4]);
        assert_eq!(laid(&[1.0, 2.0], 4), [1.0; 4]);
    }

    #[test]
    fn stretch_halves_the_length_at_double_speed() {
        let ramp: Vec<f32> = (0..101).map(|i| i as f32).collect();
        let fast = stretch(&ramp, 2.0);
        assert_eq!(fast.len(), 50);
        assert_eq!(fast[10], 20.0);
    }
}
