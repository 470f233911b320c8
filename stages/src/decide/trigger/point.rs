//! Operating points of a trigger.

use kws_engine::{CurvePoint, DesignError, OperatingPoint, Port, nearest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Watch;
use super::curve::Curve;

/// An operating point.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PointParams {
    /// Name, which events state.
    pub name: String,
    /// Label to detect. By default every label except `silence`, `unknown`, `noise`, `background`, `other`, `negative`,
    /// `nobody` and `none`, with or without underscores around them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Score that starts a detection; by default the one that was measured with the model, or otherwise 0.8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub on: Option<f64>,
    /// Score below which a detection ends; by default the one that belongs to a measured `on`, or otherwise three
    /// quarters of `on`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub off: Option<f64>,
    /// Consecutive scores of at least `on` that start a detection.
    #[schemars(range(min = 1, max = 10_000), extend("unit" = "inferences"))]
    pub min_count: u32,
    /// Time that a detection continues after its last score of at least `off`.
    #[schemars(range(min = 0.0, max = 600_000.0), extend("unit" = "ms"))]
    pub hold_ms: f64,
    /// Time after an event without new events of the same label.
    #[schemars(range(min = 0.0, max = 600_000.0), extend("unit" = "ms"))]
    pub refractory_ms: f64,
    /// What was measured with the model, where this is a point of the model's; no parameter of a file.
    #[serde(skip)]
    curve: Option<Vec<CurvePoint>>,
}

impl Default for PointParams {
    fn default() -> Self {
        PointParams {
            name: "default".to_owned(),
            label: None,
            on: None,
            off: None,
            min_count: 1,
            hold_ms: 0.0,
            refractory_ms: 1000.0,
            curve: None,
        }
    }
}

/// Labels of what is no find.
const NO_WORDS: [&str; 8] =
    ["silence", "unknown", "noise", "background", "other", "negative", "nobody", "none"];

/// Whether a label is a find, a word or a thing that is seen: anything but `silence`, `unknown`, `noise`, `background`,
/// `other`, `negative`, `nobody` and `none`, with or without underscores around them.
pub fn is_word(label: &str) -> bool {
    !NO_WORDS.contains(&label.trim_matches('_').to_lowercase().as_str())
}

impl PointParams {
    /// Score that starts a detection where neither the pipeline nor the model states one.
    const ON: f64 = 0.8;

    /// The scores of the point for a label, from the strictest to the loosest; `at` is the point's place in the file.
    pub(super) fn scores(&self, at: &str, label: &str, input: &Port) -> Result<Curve, DesignError> {
        let of_label = || input.calibrated.iter().filter(|point| point.label == label);
        let measured = of_label().find(|point| point.name == self.name).or_else(|| of_label().next());
        let (on, off) = match (self.on, measured) {
            (Some(on), _) => (on, self.off),
            (None, Some(point)) => (point.on, self.off.or(point.off)),
            (None, None) => (Self::ON, self.off),
        };
        let off = off.unwrap_or(0.75 * on);
        if off > on {
            return Err(DesignError::of(
                &format!("{at}.off"),
                format!("`off` of point `{}` is {off}, expected at most `on`, {on}", self.name),
            ));
        }
        Ok(match (&self.curve, self.on) {
            (Some(curve), _) => Curve::new(on, off, curve),
            (None, Some(_)) => Curve::stated(on, off),
            (None, None) => Curve::new(on, off, measured.map_or(&[], |point| &point.curve)),
        })
    }

    /// The watch of a label, at these scores.
    pub(super) fn watch(&self, label: usize, point: u16, input: &Port, (on, off): (f64, f64)) -> Watch {
        Watch {
            label: label as u16,
            point,
            on: on as f32,
            off: off as f32,
            min_count: self.min_count,
            hold: input.ticks(self.hold_ms),
            refractory: input.ticks(self.refractory_ms),
        }
    }

    /// The labels that it watches, as indices; `at` is the point's place in the file.
    pub(super) fn labels(&self, at: &str, labels: &[String]) -> Result<Vec<usize>, DesignError> {
        let chosen: Vec<usize> = match &self.label {
            Some(name) => labels.iter().position(|label| label == name).into_iter().collect(),
            None => (0..labels.len()).filter(|&index| is_word(&labels[index])).collect(),
        };
        if !chosen.is_empty() {
            return Ok(chosen);
        }
        let known: Vec<&str> = labels.iter().map(String::as_str).collect();
        let all = format!("available: `{}`", known.join("`, `"));
        Err(match &self.label {
            Some(label) => {
                let help = match nearest(label, &known) {
                    Some(name) => format!("did you mean `{name}`? {all}"),
                    None => all,
                };
                DesignError::of(
                    &format!("{at}.label"),
                    format!("point `{}`: unknown label `{label}`", self.name),
                )
                .help(help)
            }
            None => DesignError::of(at, format!("point `{}`: no label is a word", self.name))
                .help(format!("set its `label`; {all}")),
        })
    }
}

impl From<&OperatingPoint> for PointParams {
    fn from(point: &OperatingPoint) -> Self {
        let OperatingPoint { name, label, on, off, curve } = point.clone();
        PointParams {
            name,
            label: Some(label),
            on: Some(on),
            off,
            curve: Some(curve),
            ..PointParams::default()
        }
    }
}
