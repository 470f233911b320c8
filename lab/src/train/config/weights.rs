//! How often examples are drawn by what the manifests say of them.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::corpus::Clip;

/// For columns of the manifests and their values a factor, such as `source = { houses = 0.5 }`: how often an example is
/// drawn beside the others of its label. What is not named has 1; factors of several columns multiply.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weights(BTreeMap<String, BTreeMap<String, f64>>);

impl Weights {
    /// Whether nothing is weighed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// That of a manifest's row.
    #[must_use]
    pub fn of(&self, row: &Clip) -> f64 {
        let factor = |(column, factors): (&String, &BTreeMap<String, f64>)| {
            row.columns.get(column).and_then(|value| factors.get(value)).copied().unwrap_or(1.0)
        };
        self.0.iter().map(factor).product()
    }

    /// Checks that all are factors.
    pub(super) fn check(&self) -> Result<()> {
        for (column, factors) in &self.0 {
            for (value, factor) in factors {
                ensure!(
                    factor.is_finite() && *factor >= 0.0,
                    "`data.weights.{column}.{value}` is {factor}, expected a factor of 0 or more"
                );
            }
        }
        Ok(())
    }
}
