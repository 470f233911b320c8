//! Pipelines that run as the device of the streaming wakeword.

use kws_engine::firmware::{BuildError, Code};
use kws_engine::{Cost, Design, DesignError, Element, Kind, Pipeline, Plan, PlannedStage, Registry, Site};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::on_board::OnBoard;

/// The stages of a pipeline of which the runner wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The classifier of an int8 model, whose first class is the wakeword.
    pub model: String,
    /// The last stage that writes events: each is a detection.
    pub finder: String,
}

impl Heard {
    /// Those of a plan.
    ///
    /// # Errors
    /// Says which of them it lacks.
    pub fn of(plan: &Plan) -> Result<Self, String> {
        let writes = |stage: &&PlannedStage, element| {
            stage.output.as_ref().is_some_and(|port| port.element == element)
        };
        let lacking = |text: &str| format!("`sww01` needs a pipeline with {text}");
        let model = plan.stages.iter().find(|stage| stage.kind == "classifier" && writes(stage, Element::I8));
        let finder = plan.stages.iter().rfind(|stage| writes(stage, Element::Event));
        let model = model.ok_or_else(|| lacking("a `classifier` of an int8 model"))?;
        let finder = finder.ok_or_else(|| lacking("a stage that finds words"))?;
        Ok(Heard { model: model.name.clone(), finder: finder.name.clone() })
    }
}

/// Adds the kind that [`listen`] needs of a board beside those of [`crate::bind`].
pub fn bind(registry: &mut Registry) {
    registry.add::<ActivationsParams>();
}

/// Makes a pipeline the firmware of a device that listens, with a board's kinds and that of [`bind`].
///
/// Its source, the first stage, becomes `mic`. In the place of its sinks the model's output goes to `crate::Activations`, a sink of
/// `i8`, and the events of the stage that finds words are written to `crate::Output`.
///
/// # Errors
/// When it cannot be planned, or has no model or finds no words.
pub fn listen(pipeline: &mut Pipeline, registry: &Registry) -> Result<(), BuildError> {
    const SAID: &str = "the device of `sww01`";
    let none = serde_json::json!({});
    pipeline.in_one_place();
    if let Some(source) = pipeline.stages.first().filter(|source| source.kind != "mic") {
        let source = source.name.clone();
        pipeline.replace(&source, "mic", &none, SAID);
    }
    let plan = Plan::new(pipeline, registry)?;
    let heard = Heard::of(&plan).map_err(BuildError::new)?;
    let is_sink = |name: &str| plan.stages.iter().any(|stage| stage.name == name && stage.output.is_none());
    pipeline.stages.retain(|stage| !is_sink(&stage.name));
    for (kind, input) in [(ActivationsParams::NAME, &heard.model), ("print", &heard.finder)] {
        pipeline.attach(kind, kind, input, &none, SAID);
    }
    pipeline.stages.iter_mut().for_each(|stage| stage.lane = None);
    Ok(())
}

/// Hands what the model says to the firmware.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct ActivationsParams {}

impl Kind for ActivationsParams {
    const NAME: &'static str = "activations";

    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        Ok(OnBoard::boxed(None, Cost::default(), |site| Code::given(site, "crate::Activations")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "this is test code")]
mod tests {
    use std::path::Path;

    use super::*;

    /// What becomes of a shipped pipeline up to the stage `end`, with a file as its source and these stages behind it.
    fn listened(end: &str, stages: &str) -> Result<Pipeline, String> {
        let mut registry = Registry::new();
        kws_stages::register(&mut registry);
        crate::bind(&mut registry);
        bind(&mut registry);
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines"));
        let text = std::fs::read_to_string(folder.join("yes_no_tiny.toml")).unwrap();
        let (text, _) = text.split_once(&format!("[[stage]]\nkind = \"{end}\"")).unwrap();
        let mic = "kind = \"mic\"\nfallback = \"recordings/yes_no.flac\"";
        assert!(text.contains(mic));
        let text = text.replace(mic, "name = \"song\"\nkind = \"audio_file\"\npath = \"a.wav\"");
        let mut pipeline = Pipeline::parse(&(text + stages), "p.toml", folder).unwrap();
        listen(&mut pipeline, &registry).map_err(|error| error.to_string())?;
        Ok(pipeline)
    }

    #[test]
    fn a_pipeline_becomes_a_device_that_listens() {
        let sinks = "[[stage]]\nkind = \"print\"\n\n[[stage]]\nkind = \"jsonl\"\ninput = \"trigger\"\n";
        let pipeline = listened("print", sinks).unwrap();
        let stages: Vec<_> =
            pipeline.stages.iter().map(|stage| (stage.name.as_str(), stage.kind.as_str())).collect();
        assert_eq!(stages[0], ("song", "mic"));
        let [.., trigger, activations, print] = stages[..] else { panic!("{stages:?}") };
        let expected = [("trigger", "trigger"), ("activations", "activations"), ("print", "print")];
        assert_eq!([trigger, activations, print], expected);
        assert_eq!(pipeline.stage("activations").unwrap().inputs, ["classifier"]);
        assert_eq!(pipeline.stage("print").unwrap().inputs, ["trigger"]);
    }

    #[test]
    fn it_must_have_a_model_that_finds_words() {
        let without = |end| listened(end, "").unwrap_err();
        assert_eq!(without("classifier"), "`sww01` needs a pipeline with a `classifier` of an int8 model");
        assert_eq!(without("trigger"), "`sww01` needs a pipeline with a stage that finds words");
    }
}
