//! Things to be drawn from, some more often than others.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Things with weights.
#[derive(Clone, Debug)]
pub struct Pool<T> {
    things: Vec<T>,
    /// Of each thing, the sum of the weights up to it; empty where all weigh the same.
    sums: Vec<f64>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { things: Vec::new(), sums: Vec::new() }
    }
}

impl<T> FromIterator<(T, f64)> for Pool<T> {
    fn from_iter<I: IntoIterator<Item = (T, f64)>>(weighted: I) -> Self {
        let (things, weights): (Vec<T>, Vec<f64>) = weighted.into_iter().unzip();
        if weights.iter().all(|weight| *weight == weights[0]) {
            return Self { things, sums: Vec::new() };
        }
        let sum = |sum: &mut f64, weight: f64| {
            *sum += weight;
            Some(*sum)
        };
        Self { things, sums: weights.into_iter().scan(0.0, sum).collect() }
    }
}

impl<T> Pool<T> {
    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// Draws a thing; none where there is none.
    pub fn choose(&self, rng: &mut ChaCha8Rng) -> Option<&T> {
        let Some(total) = self.sums.last() else { return self.things.choose(rng) };
        let drawn = rng.random::<f64>() * total;
        let index = self.sums.partition_point(|sum| *sum <= drawn);
        Some(&self.things[index.min(self.things.len() - 1)])
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn counts(weights: [f64; 3]) -> [usize; 3] {
        let pool: Pool<usize> = weights.into_iter().enumerate().collect();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0; 3];
        (0..6000).for_each(|_| counts[*pool.choose(&mut rng).unwrap()] += 1);
        counts
    }

    #[test]
    fn things_are_drawn_by_their_weights() {
        for (counts, wanted) in [(counts([1.0, 0.2, 4.8]), [1000, 200, 4800]), (counts([7.0; 3]), [2000; 3])]
        {
            for (count, wanted) in counts.into_iter().zip(wanted) {
                assert!(count.abs_diff(wanted) < 150, "{counts:?}");
            }
        }
        assert!(Pool::<u8>::default().choose(&mut ChaCha8Rng::seed_from_u64(1)).is_none());
    }
}
