//! One knob for how readily a trigger fires.

use std::collections::BTreeMap;

use kws_engine::{CurvePoint, DesignError, nearest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How readily a trigger fires: 0 is the strictest, 0.5 what the operating point says, 1 the most sensitive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Sensitivity {
    /// For all labels.
    All(#[schemars(range(min = 0.0, max = 1.0))] f64),
    /// For some labels, by name; the others stay as they are.
    Each(BTreeMap<String, f64>),
}

impl Sensitivity {
    /// Checks that the labels are known and the values in range.
    pub(super) fn check(&self, labels: &[String]) -> Result<(), DesignError> {
        let values: Vec<f64> = match self {
            Sensitivity::All(value) => vec![*value],
            Sensitivity::Each(values) => values.values().copied().collect(),
        };
        if let Some(value) = values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            let message = format!("`sensitivity` is {value}, expected a number from 0 to 1");
            return Err(DesignError::of("sensitivity", message).help("0.5 is the model's own operating point"));
        }
        let Sensitivity::Each(values) = self else { return Ok(()) };
        let Some(unknown) = values.keys().find(|name| !labels.contains(name)) else { return Ok(()) };
        let known: Vec<&str> = labels.iter().map(String::as_str).collect();
        let all = format!("labels are `{}`", known.join("`, `"));
        let help = match nearest(unknown, &known) {
            Some(name) => format!("did you mean `{name}`? {all}"),
            None => all,
        };
        Err(DesignError::of("sensitivity", format!("`sensitivity` names unknown label `{unknown}`")).help(help))
    }

    /// The value for a label.
    fn of(&self, label: &str) -> f64 {
        match self {
            Sensitivity::All(value) => *value,
            Sensitivity::Each(values) => values.get(label).copied().unwrap_or(0.5),
        }
    }

    /// The score at which a label fires whose operating point is `on`: the way from `on` to the lowest score that was
    /// measured above 0.5, to the highest below.
    pub(super) fn threshold(&self, label: &str, on: f64, curve: &[CurvePoint]) -> f64 {
        let loosest = curve.first().map_or(0.5 * on, |point| point.on.min(on));
        let strictest = curve.last().map_or(0.5 * (1.0 + on), |point| point.on.max(on));
        match self.of(label) {
            value if value > 0.5 => on + (2.0 * value - 1.0) * (loosest - on),
            value => on + (1.0 - 2.0 * value) * (strictest - on),
        }
    }

    /// What that means, for people.
    pub(super) fn meaning(&self, label: &str, on: f64, curve: &[CurvePoint]) -> String {
        let score = self.threshold(label, on, curve);
        let set = format!("sensitivity {:.2}: `{label}` fires at {score:.2}", self.of(label));
        match measured(score, curve) {
            Some(CurvePoint { missed, faph, .. }) => format!(
                "{set}; measured on the model's validation streams: {faph:.1} false accepts per hour, {:.1} % missed",
                100.0 * missed
            ),
            None => format!("{set}; the model has no measured curve (`kws-lab calibrate` writes one)"),
        }
    }
}

/// What was measured at a score, between the two nearest.
fn measured(score: f64, curve: &[CurvePoint]) -> Option<CurvePoint> {
    let above = curve.iter().position(|point| point.on >= score).unwrap_or(curve.len().checked_sub(1)?);
    let (a, b) = (curve[above.saturating_sub(1)], curve[above]);
    let part = if b.on > a.on { ((score - a.on) / (b.on - a.on)).clamp(0.0, 1.0) } else { 1.0 };
    let between = |a: f64, b: f64| a + part * (b - a);
    Some(CurvePoint { on: score, missed: between(a.missed, b.missed), faph: between(a.faph, b.faph) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVE: [CurvePoint; 3] = [
        CurvePoint { on: 0.4, missed: 0.0, faph: 8.0 },
        CurvePoint { on: 0.8, missed: 0.02, faph: 1.0 },
        CurvePoint { on: 0.9, missed: 0.10, faph: 0.0 },
    ];

    fn threshold(value: f64, curve: &[CurvePoint]) -> f64 {
        Sensitivity::All(value).threshold("yes", 0.8, curve)
    }

    #[test]
    fn the_middle_is_the_operating_point_and_the_ends_are_the_curve_s() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(threshold(0.5, &CURVE), 0.8));
        assert!(close(threshold(1.0, &CURVE), 0.4) && close(threshold(0.0, &CURVE), 0.9));
        assert!(close(threshold(0.75, &CURVE), 0.6) && close(threshold(0.25, &CURVE), 0.85));
        assert!(close(threshold(1.0, &[]), 0.4) && close(threshold(0.0, &[]), 0.9), "without a curve");
    }

    #[test]
    fn a_label_that_is_not_named_stays_as_it_is() {
        let each = Sensitivity::Each(BTreeMap::from([("no".to_owned(), 1.0)]));
        assert_eq!(each.threshold("yes", 0.8, &CURVE), 0.8);
        assert_eq!(each.threshold("no", 0.8, &CURVE), 0.4);
    }

    #[test]
    fn its_meaning_is_read_off_the_curve() {
        let text = Sensitivity::All(0.75).meaning("yes", 0.8, &CURVE);
        assert!(text.contains("`yes` fires at 0.60") && text.contains("4.5 false accepts per hour, 1.0 % missed"), "{text}");
        assert!(Sensitivity::All(0.5).meaning("yes", 0.8, &[]).contains("no measured curve"));
    }

    #[test]
    fn what_is_no_sensitivity_is_refused() {
        let labels = ["yes".to_owned(), "no".to_owned()];
        assert!(Sensitivity::All(1.5).check(&labels).is_err());
        let each = Sensitivity::Each(BTreeMap::from([("yess".to_owned(), 0.5)]));
        assert!(each.check(&labels).unwrap_err().to_string().contains("unknown label `yess`"));
    }
}
