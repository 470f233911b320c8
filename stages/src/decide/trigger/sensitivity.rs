//! One knob for how readily a trigger fires.

use std::collections::BTreeMap;

use kws_engine::{Accepted, CurvePoint, DesignError, nearest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::curve::Curve;

/// How readily a trigger fires: 0 is the strictest, 0.5 the operating point itself, 1 the most sensitive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Sensitivity {
    /// For all labels.
    All(#[schemars(range(min = 0.0, max = 1.0))] f64),
    /// For some labels, by name; the others stay as they are.
    Each(BTreeMap<String, f64>),
}

impl Sensitivity {
    /// The operating point itself.
    pub(super) const MIDDLE: f64 = 0.5;

    /// Checks that the labels are known and the values in range.
    pub(super) fn check(&self, labels: &[&str]) -> Result<(), DesignError> {
        let values: Vec<f64> = match self {
            Sensitivity::All(value) => vec![*value],
            Sensitivity::Each(values) => values.values().copied().collect(),
        };
        if let Some(value) = values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            let message = format!("`sensitivity` is {value}, expected a number from 0 to 1");
            return Err(
                DesignError::of("sensitivity", message).help("0.5 is the model's own operating point")
            );
        }
        let Sensitivity::Each(values) = self else { return Ok(()) };
        let Some(unknown) = values.keys().find(|name| !labels.contains(&name.as_str())) else {
            return Ok(());
        };
        let all = format!("available: `{}`", labels.join("`, `"));
        let help = match nearest(unknown, labels) {
            Some(name) => format!("did you mean `{name}`? {all}"),
            None => all,
        };
        Err(DesignError::of("sensitivity", format!("`sensitivity`: no point detects `{unknown}`")).help(help))
    }

    /// The value for a label.
    pub(super) fn of(&self, label: &str) -> f64 {
        match self {
            Sensitivity::All(value) => *value,
            Sensitivity::Each(values) => values.get(label).copied().unwrap_or(Self::MIDDLE),
        }
    }

    /// What its value for a label means, for people.
    pub(super) fn meaning(&self, label: &str, curve: &Curve) -> String {
        let (score, _) = curve.at(self.of(label));
        let set = format!("sensitivity {}: `{label}` needs a score of {score:.2}", self.of(label));
        let Some(CurvePoint { missed, accepted, .. }) = curve.measured(score) else {
            let why = if curve.stated {
                "its `on` is the pipeline's; without it, the point goes along the curve measured with the model"
            } else {
                "the model comes without a measured curve, which `kws-lab calibrate` writes"
            };
            return format!("{set}; {why}");
        };
        let accepted = match accepted {
            Accepted::PerHour(rate) => format!("{rate:.1} false accepts per hour"),
            Accepted::OfOthers(share) => format!("{:.1} % of other images accepted", 100.0 * share),
        };
        format!("{set}: {accepted}, {:.1} % missed, as measured with the model", 100.0 * missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_not_named_stays_as_it_is() {
        let each = Sensitivity::Each(BTreeMap::from([("no".to_owned(), 1.0)]));
        assert_eq!((each.of("yes"), each.of("no")), (0.5, 1.0));
    }

    #[test]
    fn its_meaning_is_read_off_the_curve() {
        let point = |on, missed, accepted| CurvePoint { on, missed, accepted };
        let measured = [point(0.4, 0.0, Accepted::PerHour(8.0)), point(0.8, 0.02, Accepted::PerHour(1.0))];
        let text = Sensitivity::All(0.75).meaning("yes", &Curve::new(0.8, 0.6, &measured));
        let expected = "`yes` needs a score of 0.60: 4.5 false accepts per hour, 1.0 % missed";
        assert!(text.contains(expected), "{text}");
        let text = Sensitivity::All(0.5).meaning("yes", &Curve::new(0.8, 0.6, &[]));
        assert!(text.contains("without a measured curve"), "{text}");
        let text = Sensitivity::All(0.5).meaning("yes", &Curve::stated(0.8, 0.6));
        assert!(text.contains("its `on` is the pipeline's"), "{text}");
        let images = [point(0.4, 0.1, Accepted::OfOthers(0.3)), point(0.8, 0.3, Accepted::OfOthers(0.1))];
        let text = Sensitivity::All(0.75).meaning("person", &Curve::new(0.8, 0.6, &images));
        assert!(text.contains("a score of 0.60: 20.0 % of other images accepted, 20.0 % missed"), "{text}");
    }

    #[test]
    fn what_is_no_sensitivity_is_refused() {
        assert!(Sensitivity::All(1.5).check(&["yes", "no"]).is_err());
        let each = Sensitivity::Each(BTreeMap::from([("yess".to_owned(), 0.5)]));
        let error = each.check(&["yes", "no"]).unwrap_err();
        assert!(error.message.contains("no point detects `yess`"), "{error:?}");
        assert_eq!(error.help.as_deref(), Some("did you mean `yes`? available: `yes`, `no`"));
    }
}
