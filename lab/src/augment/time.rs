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

/// Puts the middle of `samples` at the middle of a silent window of `length`, `shift` samples later.
/// What does not fit is cut.
#[must_use]
pub fn place(samples: &[f32], length: usize, shift: isize) -> Vec<f32> {
    let mut window = vec![0.0; length];
    let start = (length as isize - samples.len() as isize) / 2 + shift;
    for (i, &s) in samples.iter().enumerate() {
        if let Ok(at) = usize::try_from(start + i as isize)
            && at < length
        {
            window[at] = s;
        }
    }
    window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_centres_and_cuts() {
        assert_eq!(place(&[1.0, 2.0], 4, 0), [0.0, 1.0, 2.0, 0.0]);
        assert_eq!(place(&[1.0, 2.0], 4, 2), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(place(&[1.0, 2.0, 3.0, 4.0], 2, 0), [2.0, 3.0]);
        assert_eq!(place(&[1.0, 2.0], 4, -2), [2.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn stretch_halves_the_length_at_double_speed() {
        let ramp: Vec<f32> = (0..101).map(|i| i as f32).collect();
        let fast = stretch(&ramp, 2.0);
        assert_eq!(fast.len(), 50);
        assert_eq!(fast[10], 20.0);
    }
}
