//! Batch norm (Ioffe and Szegedy, arXiv:1502.03167), as burn computes it, and its derivative.
//!
//! Values of several pixels are taken as one row with as many channels, so that the loops are long even where channels
//! are few.

use pulp::Arch;

/// Rows whose sums are added in single precision, before they are added to the rest.
const BLOCK: usize = 64;
/// Values of a row that keep a processor's lanes busy.
const WIDE: usize = 128;

/// What a batch showed of each channel.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    /// Means.
    pub(super) mean: Vec<f32>,
    /// Variances, of which burn takes the biased ones.
    pub(super) variance: Vec<f32>,
    /// Reciprocal deviations.
    inverse: Vec<f32>,
}

impl Statistics {
    /// Of pixels of so many channels.
    pub(super) fn of(sums: &[f32], channels: usize, epsilon: f64) -> Self {
        let pixels = (sums.len() / channels) as f64;
        let share =
            |totals: Vec<f64>| totals.iter().map(|total| (total / pixels) as f32).collect::<Vec<f32>>();
        let mean = share(totals(sums, sums, &vec![0.0; channels], |value, _, _| value));
        let variance = share(totals(sums, sums, &mean, |value, _, mean| (value - mean) * (value - mean)));
        let inverse = variance.iter().map(|v| (1.0 / (f64::from(*v) + epsilon).sqrt()) as f32).collect();
        Self { mean, variance, inverse }
    }

    /// Factor and summand that bring each channel to the wanted mean (`beta`) and deviation (`gamma`).
    pub(super) fn affine(&self, gamma: &[f32], beta: &[f32]) -> [Vec<f32>; 2] {
        let factor: Vec<f32> = gamma.iter().zip(&self.inverse).map(|(g, i)| g * i).collect();
        let shift = beta.iter().zip(&self.mean).zip(&factor).map(|((b, m), f)| b - m * f).collect();
        [factor, shift]
    }

    /// Turns the gradient of the normed values into that of the sums; returns those of `gamma` and of `beta`.
    pub(super) fn backward(&self, sums: &[f32], gamma: &[f32], gradient: &mut [f32]) -> [Vec<f32>; 2] {
        let channels = gamma.len();
        let pixels = (sums.len() / channels) as f64;
        let level = totals(gradient, gradient, &self.mean, |g, _, _| g);
        let slope = totals(gradient, sums, &self.mean, |g, sum, mean| g * (sum - mean));
        // dz = γ/σ · (g − mean(g) − ẑ · mean(g·ẑ)), and ẑ = (z − μ)/σ: a factor for g, one for z and a summand.
        let mut affine = [const { Vec::new() }; 3];
        for channel in 0..channels {
            let (inverse, mean) = (f64::from(self.inverse[channel]), f64::from(self.mean[channel]));
            let factor = f64::from(gamma[channel]) * inverse;
            let along = factor * slope[channel] * inverse * inverse / pixels;
            let values = [factor, -along, along * mean - factor * level[channel] / pixels];
            affine.iter_mut().zip(values).for_each(|(list, value)| list.push(value as f32));
        }
        let repeats = repeats(channels, sums.len());
        let [factor, along, summand] = affine.map(|list| list.repeat(repeats));
        let width = channels * repeats;
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (gradient, sums) in gradient.chunks_exact_mut(width).zip(sums.chunks_exact(width)) {
                    let lanes = gradient.iter_mut().zip(sums).zip(&factor).zip(&along).zip(&summand);
                    lanes.for_each(|((((g, sum), factor), along), summand)| {
                        *g = *g * factor + sum * along + summand
                    });
                }
            },
        );
        let along = slope.iter().zip(&self.inverse).map(|(s, i)| *s as f32 * i).collect();
        [along, level.iter().map(|total| *total as f32).collect()]
    }
}

/// Applies a factor and a summand to each channel, then a ReLU.
pub(super) fn affine_relu(sums: &[f32], factor: &[f32], shift: &[f32], out: &mut [f32]) {
    let repeats = repeats(factor.len(), sums.len());
    let [factor, shift] = [factor, shift].map(|list| list.repeat(repeats));
    let width = factor.len();
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (out, sums) in out.chunks_exact_mut(width).zip(sums.chunks_exact(width)) {
                let lanes = out.iter_mut().zip(sums).zip(&factor).zip(&shift);
                lanes.for_each(|(((out, sum), factor), shift)| *out = (sum * factor + shift).max(0.0));
            }
        },
    );
}

/// How many pixels make a row.
fn repeats(channels: usize, values: usize) -> usize {
    let mut repeats = 1;
    while 2 * repeats * channels <= WIDE && values.is_multiple_of(2 * repeats * channels) {
        repeats *= 2;
    }
    repeats
}

/// The total of each channel of what `each` makes of a value of `a`, its neighbour in `b` and the channel's own.
pub(super) fn totals(
    a: &[f32],
    b: &[f32],
    own: &[f32],
    each: impl Fn(f32, f32, f32) -> f32 + Copy,
) -> Vec<f64> {
    let channels = own.len();
    let repeats = repeats(channels, a.len());
    let own = own.repeat(repeats);
    let width = own.len();
    let (mut totals, mut part) = (vec![0.0f64; channels], vec![0.0f32; width]);
    for (a, b) in a.chunks(BLOCK * width).zip(b.chunks(BLOCK * width)) {
        part.fill(0.0);
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
                    let lanes = part.iter_mut().zip(a).zip(b).zip(&own);
                    lanes.for_each(|(((part, a), b), own)| *part += each(*a, *b, *own));
                }
            },
        );
        for (index, part) in part.iter().enumerate() {
            totals[index % channels] += f64::from(*part);
        }
    }
    totals
}
