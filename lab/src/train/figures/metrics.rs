//! What a set of predictions is worth.

/// Counts of predictions by true class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// `counts[truth][prediction]`.
    pub counts: Vec<Vec<usize>>,
}

impl Confusion {
    /// No predictions yet, over some classes.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self { counts: vec![vec![0; classes]; classes] }
    }

    /// Counts one prediction.
    pub fn add(&mut self, truth: usize, prediction: usize) {
        self.counts[truth][prediction] += 1;
    }

    /// Share of correct predictions; zero for none.
    #[must_use]
    pub fn top1(&self) -> f64 {
        let correct: usize = (0..self.counts.len()).map(|i| self.counts[i][i]).sum();
        correct as f64 / self.total().max(1) as f64
    }

    /// Mean over the classes that occur of the share found of each.
    #[must_use]
    pub fn balanced(&self) -> f64 {
        let rows = self.counts.iter().enumerate().filter(|(_, r)| r.iter().sum::<usize>() > 0);
        let recalls: Vec<f64> = rows.map(|(i, r)| r[i] as f64 / r.iter().sum::<usize>() as f64).collect();
        recalls.iter().sum::<f64>() / recalls.len().max(1) as f64
    }

    /// Count of predictions.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.iter().flatten().sum()
    }
}

/// Index of the largest value; the first of equals.
#[must_use]
pub fn largest(values: &[f32]) -> usize {
    let mut best = 0;
    for (i, v) in values.iter().enumerate() {
        if *v > values[best] {
            best = i;
        }
    }
    best
}
