//! The kind `trigger`.

use kws_engine::firmware::{self, Code};
use kws_engine::{
    Cost, Density, Design, DesignError, Element, Event, HostInput, Kind, Knob, Port, Role, Site,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::point::PointParams;
use super::sensitivity::Sensitivity;
use super::tuned::{Dial, Tuned};
use super::{Moment, Posterior, Run, Scale, Trigger, Watch};
use crate::decide::posterior::posteriors;
use crate::resolved::{Emit, Resolved};

/// Turns posteriors into detections, at one or several operating points.
///
/// # Reads
/// `posterior` f32 or i8 `[labels]`.
///
/// # Writes
/// `events` `[places]`, a place for each label and point that can fire, points first as listed, then labels in the
/// model's order. Nothing is written when nothing fires.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TriggerParams {
    /// Operating points, independent of each other. By default those in the model's `model.toml`, or otherwise one of
    /// 0.8 for every word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub points: Option<Vec<PointParams>>,
    /// How readily it fires, from 0, strictest, to 1: for all labels, `0.7`, or for some, `{ yes = 0.7 }`. 0.5 is the points'
    /// own `on`; from there it goes along the curve that was measured with the model (`model.toml`), or otherwise to half of
    /// `on` and halfway to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
    /// When to report a detection.
    pub emit: Moment,
}

impl<I: Posterior> Emit for Trigger<I, Vec<Watch>, Vec<Run>> {
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

/// What a trigger watches.
#[derive(Default)]
struct Watched {
    /// Names of the operating points.
    points: Vec<String>,
    watches: Vec<Watch>,
    /// What moves the scores of each watch.
    dials: Vec<Dial>,
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

    /// What the points watch. Points of one name are one point with an own score for each label.
    fn watched(&self, site: &Site<'_>, input: &Port) -> Result<Watched, DesignError> {
        let mut all = Watched::default();
        for (place, point) in self.points(input).into_iter().enumerate() {
            let at = format!("points.{place}");
            let index = all.points.iter().position(|name| *name == point.name).unwrap_or_else(|| {
                all.points.push(point.name.clone());
                all.points.len() - 1
            }) as u16;
            for label in point.labels(&at, &input.labels)? {
                let name = &input.labels[label];
                let curve = point.scores(&at, name, input)?;
                if all.watches.iter().any(|w| (w.point, w.label) == (index, label as u16)) {
                    let message = format!("two points for `{name}` are named `{}`", point.name);
                    return Err(DesignError::of(&at, message).help("give each its own `name`"));
                }
                let same = all.dials.iter().find(|dial| dial.knob.label == *name);
                let knob = same.map_or_else(|| self.knob(site, name, &curve), |dial| dial.knob.clone());
                let scores = curve.at(self.sensitivity_of(name));
                all.watches.push(point.watch(label, index, input, scores));
                all.dials.push(Dial::new(knob, curve));
            }
        }
        Ok(all)
    }

    fn sensitivity_of(&self, label: &str) -> f64 {
        self.sensitivity.as_ref().map_or(Sensitivity::MIDDLE, |sensitivity| sensitivity.of(label))
    }

    /// A knob for the sensitivity of a label, by the scores of its first point.
    fn knob(&self, site: &Site<'_>, label: &str, curve: &Curve) -> Knob {
        let scores: Vec<f32> = (0..=100).map(|step| curve.at(f64::from(step) / 100.0).0 as f32).collect();
        let knob = Knob::new(site.name, "sensitivity", label, self.sensitivity_of(label) as f32);
        let knob = knob.with_scores(scores);
        site.offer(knob.clone());
        knob
    }

    /// Checks `sensitivity`, and says what it means.
    fn explain(&self, site: &Site<'_>, dials: &[Dial]) -> Result<(), DesignError> {
        let Some(sensitivity) = &self.sensitivity else { return Ok(()) };
        let mut labels: Vec<&str> = dials.iter().map(|dial| dial.knob.label.as_str()).collect();
        labels.dedup();
        sensitivity.check(&labels)?;
        dials.iter().for_each(|dial| site.notice(sensitivity.meaning(&dial.knob.label, &dial.curve)));
        Ok(())
    }

    fn design_of<I>(
        &self,
        site: &Site<'_>,
        input: &Port,
        scale: Scale,
    ) -> Result<Box<dyn Design>, DesignError>
    where
        I: Posterior + HostInput,
    {
        let Watched { points, watches, dials } = self.watched(site, input)?;
        self.explain(site, &dials)?;
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
        let trigger = Trigger::<I, _, _>::new(self.emit, scale, watches, runs);
        Ok(Resolved { output, cost, stage: Tuned::new(trigger, dials) }.boxed())
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
            Element::I8 => self.design_of::<i8>(site, input, scale),
            _ => self.design_of::<f32>(site, input, scale),
        }
    }
}
