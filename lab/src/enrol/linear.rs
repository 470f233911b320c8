//! Covariances, and equations with them.

/// A symmetric matrix.
#[derive(Clone, Debug)]
pub(super) struct Covariance {
    size: usize,
    sums: Vec<f64>,
    /// Degrees of freedom.
    count: f64,
}

impl Covariance {
    /// Of nothing yet.
    pub(super) fn new(size: usize) -> Self {
        Self { size, sums: vec![0.0; size * size], count: 0.0 }
    }

    /// Adds how rows lie around their mean.
    pub(super) fn add(&mut self, rows: &[Vec<f64>]) {
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
    pub(super) fn vary(&mut self, direction: &[f64]) {
        self.spread(direction, self.count);
    }

    fn spread(&mut self, off: &[f64], weight: f64) {
        for (row, a) in self.sums.chunks_exact_mut(self.size).zip(off) {
            row.iter_mut().zip(off).for_each(|(sum, b)| *sum += a * b * weight);
        }
    }

    /// The vector that this matrix takes to `right`, after a share of it was replaced by as much of the unit matrix.
    pub(super) fn solve(&self, right: &[f64], share: f64) -> Vec<f64> {
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
                factor[i * n + j] = if i == j { rest.max(1e-12).sqrt() } else { rest / factor[j * n + j] };
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

/// The mean of rows.
pub(super) fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; rows.first().map_or(0, Vec::len)];
    rows.iter().for_each(|row| sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x));
    sum.iter_mut().for_each(|sum| *sum /= rows.len().max(1) as f64);
    sum
}

/// The sum of products.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The value that so large a share of others does not exceed.
pub(super) fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
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
    fn quantiles_are_exceeded_by_the_rest() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(quantile(values, 0.95), 95.0);
        assert_eq!(quantile(vec![3.0], 0.95), 3.0);
    }
}
