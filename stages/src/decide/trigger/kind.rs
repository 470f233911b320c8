//! The kind `trigger`.

use std::sync::Arc;

use kws_engine::firmware::{self, Code};
use kws_engine::{
    Cost, Density, Design, DesignError, Element, Event, HostInput, Kind, OperatingPoint, Port, Role, Site,
    nearest,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Moment, Posterior, Run, Scale, Trigger, Watch};
use crate::decide::posterior::posteriors;
use crate::resolved::{Emit, Resolved};

/// Turns posteriors into detections, at one or several operating points.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TriggerParams {
    /// Operating points, independent of each other. By default those in the model's `model.toml`, or otherwise one of
    /// 0.8 for every word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub points: Option<Vec<PointParams>>,
    /// When to report a detection.
    pub emit: Moment,
}

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
    /// Score that starts a detection.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub on: f64,
    /// Score below which a detection ends; by default three quarters of `on`.
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
}

impl Default for PointParams {
    fn default() -> Self {
        PointParams {
            name: "default".to_owned(),
            label: None,
            on: 0.8,
            off: None,
            min_count: 1,
            hold_ms: 0.0,
            refractory_ms: 1000.0,
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
    /// What the point watches for on this port.
    fn watches(&self, point: u16, input: &Port) -> Result<Vec<Watch>, DesignError> {
        let off = self.off.unwrap_or(0.75 * self.on);
        if off > self.on {
            return Err(DesignError::of(
                "points",
                format!("`off` of point `{}` is {off}, expected at most `on`, {}", self.name, self.on),
            ));
        }
        let watch = |label: usize| Watch {
            label: label as u16,
            point,
            on: self.on as f32,
            off: off as f32,
            min_count: self.min_count,
            hold: input.ticks(self.hold_ms),
            refractory: input.ticks(self.refractory_ms),
        };
        Ok(self.labels(&input.labels)?.into_iter().map(watch).collect())
    }

    /// The labels that it watches, as indices.
    fn labels(&self, labels: &[String]) -> Result<Vec<usize>, DesignError> {
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
                DesignError::of("points", format!("point `{}`: unknown label `{label}`", self.name))
                    .help(help)
            }
            None => DesignError::of("points", format!("point `{}`: no label is a word", self.name))
                .help(format!("set its `label`; {all}")),
        })
    }
}

impl From<&OperatingPoint> for PointParams {
    fn from(point: &OperatingPoint) -> Self {
        let OperatingPoint { name, label, on, off } = point.clone();
        PointParams { name, label: Some(label), on, off, ..PointParams::default() }
    }
}

impl<I: Posterior> Emit for Trigger<I, Arc<[Watch]>, Vec<Run>> {
    fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
        let (item, places) = (I::ELEMENT.name(), self.runs.len());
        let mut code = Code::new(site);
        for name in ["Moment", "Run", "Trigger", "Watch"] {
            code.uses(&format!("kws_stages::decide::{name}"));
        }
        code.item_uses.push("kws_stages::decide::Watch".to_owned());
        let scale = self.scale.expression(&mut code);
        let watches =
            code.table("watches", "What each place of the output watches for.", "Watch", &self.watches);
        let (of, first) = (format!("[Run; {places}]"), format!("[Run::IDLE; {places}]"));
        let runs = code.lend_as("runs", "what is under way.", of, first, size_of_val(self.runs.as_slice()));
        let value =
            format!("Trigger::new(Moment::{:?}, {scale}, {}, {})", self.emit, watches.value, runs.value);
        Ok(code.is(format!("Trigger<{item}, {}, {}>", watches.of, runs.of), value))
    }
}

impl TriggerParams {
    /// The points that count: the pipeline's, or the model's, or one for every word.
    fn points(&self, input: &Port) -> Vec<PointParams> {
        match &self.points {
            Some(points) => points.clone(),
            None if input.calibrated.is_empty() => vec![PointParams::default()],
            None => input.calibrated.iter().map(PointParams::from).collect(),
        }
    }

    /// Names of the points, and what each watches. Points of one name are one point with an own score for each label.
    fn watches(&self, input: &Port) -> Result<(Vec<String>, Arc<[Watch]>), DesignError> {
        let (mut names, mut watches): (Vec<String>, Vec<Watch>) = (Vec::new(), Vec::new());
        for point in self.points(input) {
            let index = names.iter().position(|name| *name == point.name).unwrap_or_else(|| {
                names.push(point.name.clone());
                names.len() - 1
            }) as u16;
            for watch in point.watches(index, input)? {
                if watches.iter().any(|w| (w.point, w.label) == (index, watch.label)) {
                    let label = &input.labels[usize::from(watch.label)];
                    let message = format!("two points for `{label}` are named `{}`", point.name);
                    return Err(DesignError::of("points", message).help("give each its own `name`"));
                }
                watches.push(watch);
            }
        }
        Ok((names, watches.into()))
    }

    fn design_of<I>(&self, input: &Port, scale: Scale) -> Result<Box<dyn Design>, DesignError>
    where
        I: Posterior + HostInput,
    {
        let (points, watches) = self.watches(input)?;
        let output = Port {
            points,
            calibrated: Vec::new(),
            density: Density::Sparse,
            ..input.then(Element::Event, vec![watches.len()], Role::EVENTS)
        };
        let runs = vec![Run::IDLE; watches.len()];
        let cost = Cost {
            macs: watches.len() as u64,
            state: size_of_val(runs.as_slice()),
            tables: size_of_val(&*watches),
        };
        Ok(Resolved { output, cost, stage: Trigger::<I, _, _>::new(self.emit, scale, watches, runs) }.boxed())
    }
}

impl Kind for TriggerParams {
    const NAME: &'static str = "trigger";

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let (input, scale) = posteriors(site)?;
        if input.labels.len() != input.len() || input.len() >= usize::from(Event::NO_LABEL) {
            return Err(DesignError::of(
                "input",
                format!("`{}` names {} labels, expected {}", site.from[0], input.labels.len(), input.len()),
            )
            .help("list them in the model's `model.toml`"));
        }
        match input.element {
            Element::I8 => self.design_of::<i8>(input, scale),
            _ => self.design_of::<f32>(input, scale),
        }
    }
}
