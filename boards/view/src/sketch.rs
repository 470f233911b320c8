//! What of a plan the page shows, and what it must know of it before anything comes.

use kws_engine::{Element, Knob, Plan, Port};
use serde_json::{Value, json};

use super::Keeps;
use super::edge;

/// What of a plan is shown. It belongs to no thread.
#[derive(Clone, Debug)]
pub struct Sketch {
    name: String,
    stages: Value,
    seconds: Option<f64>,
    /// What a viewer may turn.
    pub knobs: Vec<Knob>,
    /// What is shown.
    pub spots: Vec<Spot>,
}

/// A stage whose blocks are shown.
#[derive(Clone, Debug)]
pub struct Spot {
    /// The stage that writes them.
    pub stage: String,
    /// Index of a stage that reads them by its first input; `None` where nobody does.
    pub reader: Option<usize>,
    /// The kind of the reader.
    pub(crate) reads: String,
    pub(crate) port: Port,
}

impl Sketch {
    /// What of a plan is worth a look.
    #[must_use]
    pub fn of(plan: &Plan) -> Sketch {
        let mut spots: Vec<Spot> = Vec::new();
        for (from, stage) in plan.stages.iter().enumerate() {
            let Some(port) = stage.output.as_ref().filter(|port| port.clip.is_none()) else { continue };
            let free = |to: &usize| spots.iter().all(|spot| spot.reader != Some(*to));
            let reader = plan.outputs(from).filter(|edge| edge.input == 0).map(|edge| edge.to).find(free);
            let reads = reader.map_or("", |reader| plan.stages[reader].kind.as_str());
            if (reader.is_some() || port.element == Element::Event) && edge::is_shown(port, reads) {
                let (stage, reads) = (stage.name.clone(), reads.to_owned());
                spots.push(Spot { stage, reader, reads, port: port.clone() });
            }
        }
        let stages = plan.stages.iter().enumerate().map(|(index, stage)| {
            let reads: Vec<&str> =
                plan.inputs(index).map(|edge| plan.stages[edge.from].name.as_str()).collect();
            json!({ "name": stage.name, "kind": stage.kind, "lane": plan.lanes[stage.lane], "reads": reads })
        });
        Sketch {
            name: plan.name.clone(),
            stages: stages.collect::<Vec<_>>().into(),
            seconds: plan.seconds(),
            knobs: plan.knobs.clone(),
            spots,
        }
    }

    /// The name of the pipeline.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether there is sound among what is shown.
    #[must_use]
    pub fn hears(&self) -> bool {
        self.spots.iter().any(|spot| edge::is_sound(&spot.port, &spot.reads))
    }

    /// The first message to every viewer.
    pub(crate) fn hello(&self, keeps: Keeps) -> Value {
        let knobs = self.knobs.iter().enumerate().map(|(index, knob)| {
            json!({ "knob": index, "stage": knob.stage, "label": knob.label, "value": knob.value(), "scores": knob.scores() })
        });
        json!({
            "name": self.name,
            "stages": self.stages,
            "knobs": knobs.collect::<Vec<_>>(),
            "seconds": self.seconds,
            "whole": keeps == Keeps::Everything,
        })
    }
}
