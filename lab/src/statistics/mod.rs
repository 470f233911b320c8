//! What counts allow to be said: intervals and tests, exact wherever counts are small.

mod interval;
mod mean;
mod test;

pub use interval::{Interval, clopper_pearson, delong, hours_needed, poisson_rate, poisson_upper, wilson};
pub use mean::mean_interval;
pub use test::{chi_square, fisher_exact, holm, mcnemar_exact, rate_ratio_exact};
