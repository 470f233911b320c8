//! Covariances, and equations with them.

use alloc::vec;
use alloc::vec::Vec;

use super::number::ascending;

/// A symmetric matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariance {
    size: usize,
    sums: Vec<f64>,
    /// Degrees of freedom.
    count: f64,
}

impl Covariance {
    /// Of nothing yet.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { size, sums: vec![0.0; size * size], count: 0.0 }
    }

    /// Adds how rows lie around their mean.
    pub fn add(&mut self, rows: &[Vec<f64>]) {
        if rows.len() < 2 {
            return;
        }
        let middle = mean(rows);
        rows.iter().for_each(|row| {
            let off: Vec<f64> = row.iter().zip(&middle).map(|(x, m)| x - m).collect();
            self.spread(&off, 1.0);
        });
        self.count += rows.len() as f64 - 1.0;
    }

    /// Adds a direction in which things vary, with the weight of so many degrees of freedom that are there.
    pub fn vary(&mut self, direction: &[f64]) {
        self.spread(direction, self.count);
    }

    /// The same as banks keep it: in bfloat16, which is off by 0.2 % at most where a covariance of some hundred clips is by several.
    #[must_use]
    pub fn rounded(mut self) -> Self {
        self.sums.iter_mut().for_each(|sum| *sum = widened(narrowed(*sum)));
        self
    }

    /// Degrees of freedom, and the lower triangle, row by row, in bfloat16.
    pub fn kept(&self) -> (f64, impl Iterator<Item = u16>) {
        let row = |i: usize| self.sums[i * self.size..i * self.size + i + 1].iter().map(|sum| narrowed(*sum));
        (self.count, (0..self.size).flat_map(row))
    }

    /// Of what [`kept`](Self::kept) gave; sums that are missing are 0.
    #[must_use]
    pub fn of(size: usize, count: f64, triangle: impl IntoIterator<Item = u16>) -> Self {
        let (mut covariance, mut sums) = (Self { count, ..Self::new(size) }, triangle.into_iter());
        for i in 0..size {
            for j in 0..=i {
                let sum = widened(sums.next().unwrap_or_default());
                covariance.sums[i * size + j] = sum;
                covariance.sums[j * size + i] = sum;
            }
        }
        covariance
    }

    fn spread(&mut self, off: &[f64], weight: f64) {
        for (row, a) in self.sums.chunks_exact_mut(self.size).zip(off) {
            row.iter_mut().zip(off).for_each(|(sum, b)| *sum += a * b * weight);
        }
    }

    /// The vector that this matrix takes to `right`, after a share of it was replaced by as much of the unit matrix.
    #[must_use]
    pub fn solve(&self, right: &[f64], share: f64) -> Vec<f64> {
        let n = self.size;
        let trace: f64 = (0..n).map(|i| self.sums[i * n + i]).sum();
        let (scale, level) =
            ((1.0 - share) / self.count.max(1.0), share * trace / self.count.max(1.0) / n as f64);
        let at =
            |i: usize, j: usize| scale * self.sums[i * n + j] + if i == j { level.max(1e-9) } else { 0.0 };
        // Cholesky's factor, row by row.
        let mut factor = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| factor[i * n + k] * factor[j * n + k]).sum();
                let rest = at(i, j) - known;
                factor[i * n + j] =
                    if i == j { libm::sqrt(rest.max(1e-12)) } else { rest / factor[j * n + j] };
            }
        }
        let mut x = right.to_vec();
        for i in 0..n {
            let known: f64 = (0..i).map(|k| factor[i * n + k] * x[k]).sum();
            x[i] = (x[i] - known) / factor[i * n + i];
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| factor[k * n + i] * x[k]).sum();
            x[i] = (x[i] - known) / factor[i * n + i];
        }
        x
    }
}

/// The nearest bfloat16: the upper half of a float32.
fn narrowed(value: f64) -> u16 {
    let bits = (value as f32).to_bits();
    ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16) as u16
}

fn widened(value: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(value) << 16))
}

/// The mean of rows.
#[must_use]
pub fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; rows.first().map_or(0, Vec::len)];
    rows.iter().for_each(|row| sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x));
    sum.iter_mut().for_each(|sum| *sum /= rows.len().max(1) as f64);
    sum
}

/// The sum of products.
#[must_use]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The value that so large a share of others does not exceed.
#[must_use]
pub fn quantile(values: Vec<f64>, share: f64) -> f64 {
    let values = ascending(values);
    let index = (share * values.len() as f64) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solution_is_taken_to_the_right_side() {
        let mut covariance = Covariance::new(2);
        // Around their mean (1, 2): variances 2 and 8, covariance 2.
        covariance.add(&[vec![2.0, 4.0], vec![0.0, 0.0], vec![2.0, 2.0], vec![0.0, 2.0]]);
        let x = covariance.solve(&[1.0, 3.0], 0.0);
        let back = [4.0 / 3.0 * x[0] + 4.0 / 3.0 * x[1], 4.0 / 3.0 * x[0] + 8.0 / 3.0 * x[1]];
        assert!((back[0] - 1.0).abs() < 1e-6 && (back[1] - 3.0).abs() < 1e-6, "{back:?}");
    }

    #[test]
    fn half_a_float_is_near_enough() {
        for value in [0.0, -1.0, 1.003, -123_456.7, 3e-9] {
            let kept = widened(narrowed(value));
            assert!((kept - value).abs() <= value.abs() / 256.0, "{value}: {kept}");
            assert_eq!(widened(narrowed(kept)), kept);
        }
    }

    #[test]
    fn quantiles_are_exceeded_by_the_rest() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(quantile(values, 0.95), 95.0);
        assert_eq!(quantile(vec![3.0], 0.95), 3.0);
    }
}
