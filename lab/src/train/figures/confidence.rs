//! Whether a network is as sure of its answers as it is right (Guo et al., arXiv:1706.04599).

use super::metrics::largest;

/// Bins of the calibration error, of equal width.
const BINS: usize = 15;
/// Temperatures among which is sought; whatever lies outside is a network that has learnt nothing, or a validation split
/// of a few clips.
const RANGE: [f64; 2] = [0.1, 10.0];
/// Steps of the search; each makes its interval shorter by 0.618.
const STEPS: usize = 40;

/// How sure a network is, on the validation split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    /// What its logits are divided by.
    pub temperature: f32,
    /// Expected calibration error of the logits as they were, from 0 to 1.
    pub error_before: f64,
    /// The same when they are divided.
    pub error_after: f64,
}

impl Confidence {
    /// By the logits of clips and their classes; the temperature is fitted where none is stated.
    #[must_use]
    pub(crate) fn new(rows: &[Vec<f32>], classes: &[usize], stated: Option<f32>) -> Self {
        let temperature = stated.unwrap_or_else(|| fitted(rows, classes) as f32);
        Self {
            temperature,
            error_before: calibration_error(rows, classes, 1.0),
            error_after: calibration_error(rows, classes, f64::from(temperature)),
        }
    }
}

/// The temperature at which the negative log-likelihood of the classes is least; 1 without a clip.
///
/// As J. Platt's "Probabilistic outputs for support vector machines" does, each clip counts as its class to
/// `(n + 1) / (n + 2)` only: where every one of `n` clips is right, the best temperature would else be none.
fn fitted(rows: &[Vec<f32>], classes: &[usize]) -> f64 {
    if rows.is_empty() {
        return 1.0;
    }
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let [mut low, mut high] = RANGE.map(f64::ln);
    // The loss is convex in one over the temperature: it has one least value, in its logarithm too.
    let loss = |log: f64| loss(rows, classes, log.exp());
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    for _ in 0..STEPS {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = loss(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = loss(right);
        }
    }
    ((low + high) / 2.0).exp()
}

/// Sum of the cross-entropies.
fn loss(rows: &[Vec<f32>], classes: &[usize], temperature: f64) -> f64 {
    let clips = rows.len() as f64;
    let own = (clips + 1.0) / (clips + 2.0);
    let each = rows.iter().zip(classes).map(|(row, &class)| {
        let logs = log_probabilities(row, temperature);
        let others = (1.0 - own) / (logs.len() as f64 - 1.0).max(1.0);
        let all: f64 = logs.iter().sum();
        own * logs[class] + others * (all - logs[class])
    });
    -each.sum::<f64>()
}

/// The expected calibration error: how far the share of right answers lies from the probability that they were given,
/// in the mean over clips.
fn calibration_error(rows: &[Vec<f32>], classes: &[usize], temperature: f64) -> f64 {
    let mut bins = [(0.0, 0.0); BINS];
    for (row, &class) in rows.iter().zip(classes) {
        let answer = largest(row);
        let sure = log_probabilities(row, temperature)[answer].exp();
        let bin = &mut bins[((sure * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += sure;
        bin.1 += f64::from(u8::from(answer == class));
    }
    let gaps: f64 = bins.iter().map(|(sure, right)| (sure - right).abs()).sum();
    gaps / rows.len().max(1) as f64
}

fn log_probabilities(row: &[f32], temperature: f64) -> Vec<f64> {
    let top = f64::from(row[largest(row)]);
    let logits: Vec<f64> = row.iter().map(|&z| (f64::from(z) - top) / temperature).collect();
    let sum = logits.iter().map(|z| z.exp()).sum::<f64>().ln();
    logits.into_iter().map(|z| z - sum).collect()
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Logits whose softmax is how likely each class is, made `factor` times as sure.
    fn clips(count: usize, factor: f32) -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let draw = |_| {
            let row: Vec<f32> = (0..4).map(|_| rng.random_range(-2.5f32..2.5)).collect();
            let mut drawn: f64 = rng.random();
            let class = log_probabilities(&row, 1.0).iter().position(|log| {
                drawn -= log.exp();
                drawn < 0.0
            });
            (row.iter().map(|z| z * factor).collect(), class.unwrap_or(3))
        };
        (0..count).map(draw).unzip()
    }

    #[test]
    fn the_temperature_undoes_what_made_logits_too_sure() {
        for factor in [0.5, 1.0, 3.0] {
            let (rows, classes) = clips(4000, factor);
            let found = Confidence::new(&rows, &classes, None);
            assert!((found.temperature / factor - 1.0).abs() < 0.06, "{found:?}, expected {factor}");
            assert!(found.error_after < 0.03, "{found:?}");
        }
        let (rows, classes) = clips(4000, 3.0);
        let found = Confidence::new(&rows, &classes, None);
        assert!(found.error_before > 0.15, "{found:?}");
        let stated = Confidence::new(&rows, &classes, Some(2.0));
        assert!(stated.temperature == 2.0 && stated.error_before == found.error_before);
    }

    #[test]
    fn clips_that_are_all_right_do_not_make_a_network_certain() {
        let rows = vec![vec![2.0, 0.0, 0.0]; 20];
        let found = Confidence::new(&rows, &[0; 20], None).temperature;
        // Softmax gives the class (n + 1) / (n + 2).
        let wanted = 2.0 / (21.0f32 * 2.0).ln();
        assert!((found - wanted).abs() < 1e-3, "{found}, expected {wanted}");
        assert_eq!(Confidence::new(&[], &[], None).temperature, 1.0);
    }

    #[test]
    fn the_calibration_error_is_the_gap_between_sure_and_right() {
        // Nine tenths sure of the first class and right every other time.
        let rows = vec![vec![9f32.ln(), 0.0]; 10];
        let classes = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
        assert!((calibration_error(&rows, &classes, 1.0) - 0.4).abs() < 1e-6);
    }
}
