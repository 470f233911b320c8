//! What the command line changes in a pipeline before it is planned.

use std::path::Path;

use kws_devices::{JsonlParams, PrintParams};
use kws_engine::{Element, Kind, OnFault, Pipeline, Plan, PlanError, Registry, StageSpec};
use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::source::{SourceSpec, absolute};

/// What a replaced source hands on to one of another kind. One of its own kind gets all but what `--source` says.
const KEPT: [&str; 7] = ["rate", "block", "fps", "width", "height", "fit", "colour"];

/// Applies `--source`, `--set` and their like.
pub(crate) fn apply(
    pipeline: &mut Pipeline,
    arguments: &Arguments,
    registry: &Registry,
) -> Result<(), CommandError> {
    for spec in &arguments.source {
        replace_source(pipeline, spec, registry)?;
    }
    if !arguments.sensitivity.is_empty() {
        set_sensitivity(pipeline, &arguments.sensitivity, registry)?;
    }
    if arguments.exit_on_loss {
        for stage in &mut pipeline.stages {
            if is_source(stage, registry) {
                stage.on_fault = Some(OnFault::End);
            }
        }
    }
    for assignment in &arguments.set {
        pipeline.set(&from_here(assignment, pipeline, registry))?;
    }
    Ok(())
}

/// Whether a stage is a source, as far as its kind is known.
pub(crate) fn is_source(stage: &StageSpec, registry: &Registry) -> bool {
    registry.kind(&stage.kind).is_some_and(kws_engine::Entry::is_source)
}

fn replace_source(
    pipeline: &mut Pipeline,
    spec: &SourceSpec,
    registry: &Registry,
) -> Result<(), CommandError> {
    let sources: Vec<&str> = pipeline
        .stages
        .iter()
        .filter(|stage| is_source(stage, registry))
        .map(|stage| stage.name.as_str())
        .collect();
    let name = match (&spec.name, &sources[..]) {
        (Some(name), all) if all.contains(&name.as_str()) => name.clone(),
        (None, [only]) => (*only).to_owned(),
        (_, []) => return Err(CommandError::usage(format!("`{}`: the pipeline has no source", spec.said))),
        (Some(name), all) => {
            let known = all.join("`, `");
            return Err(CommandError::usage(format!(
                "`{}`: found no source `{name}`, expected one of `{known}`",
                spec.said
            )));
        }
        (None, all) => {
            let known = all.join("`, `");
            let text = format!("`{}`: the pipeline has the sources `{known}`", spec.said);
            return Err(CommandError::usage(format!("{text}; choose one with `--source NAME=SPEC`")));
        }
    };
    let (kind, mut params) = spec.resolve(registry)?;
    let (Some(old), Some(new)) = (pipeline.stage(&name), params.as_object_mut()) else { return Ok(()) };
    let takes = |key: &str| registry.kind(kind).is_some_and(|kind| kind.params().any(|(p, _)| p == key));
    let same = old.kind == kind;
    for (key, value) in old.params.to_json().as_object().into_iter().flatten() {
        if (same || KEPT.contains(&key.as_str())) && takes(key) {
            new.entry(key).or_insert_with(|| value.clone());
        }
    }
    pipeline.replace(&name, kind, &params, &spec.said);
    Ok(())
}

/// The parameter that `--sensitivity` sets.
const SENSITIVITY: &str = "sensitivity";

/// Sets the key `sensitivity` of every stage that has it.
fn set_sensitivity(
    pipeline: &mut Pipeline,
    said: &[String],
    registry: &Registry,
) -> Result<(), CommandError> {
    let number = |text: &str| {
        text.trim().parse::<f64>().map_err(|_| {
            CommandError::usage(format!(
                "`--sensitivity {text}`: expected a number from 0 to 1, or LABEL=NUMBER"
            ))
        })
    };
    let value = match said {
        [all] if !all.contains('=') => Value::from(number(all)?),
        each => {
            let mut values = serde_json::Map::new();
            for said in each {
                let Some((label, value)) = said.split_once('=') else {
                    let text = format!(
                        "`--sensitivity {said}`: found a value for all labels beside one for a label"
                    );
                    return Err(CommandError::usage(format!("{text}; write LABEL=VALUE for each")));
                };
                values.insert(label.trim().to_owned(), Value::from(number(value)?));
            }
            Value::Object(values)
        }
    };
    let takes = |stage: &&StageSpec| {
        let kind = registry.kind(&stage.kind);
        kind.is_some_and(|kind| kind.params().any(|(name, _)| name == SENSITIVITY))
    };
    let triggers: Vec<String> = pipeline.stages.iter().filter(takes).map(|s| s.name.clone()).collect();
    if triggers.is_empty() {
        let text = "`--sensitivity`: no stage of the pipeline has the parameter `sensitivity`; `trigger` has";
        return Err(CommandError::usage(text));
    }
    for name in triggers {
        pipeline.set(&format!("{name}.{SENSITIVITY}={}", inline(&value)))?;
    }
    Ok(())
}

/// A number, or a table of numbers, as TOML.
fn inline(value: &Value) -> String {
    match value.as_object() {
        None => value.to_string(),
        Some(table) => {
            let pairs: Vec<String> = table
                .iter()
                .map(|(label, value)| format!("{} = {value}", Value::from(label.as_str())))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// Makes the value of an assignment absolute where the parameter is a path: those of the command line start from the
/// current folder.
fn from_here(assignment: &str, pipeline: &Pipeline, registry: &Registry) -> String {
    let is_path = |target: &str| {
        let (stage, key) = target.trim().split_once('.')?;
        let kind = registry.kind(&pipeline.stage(stage)?.kind)?;
        let (_, schema) = kind.params().find(|(name, _)| *name == key)?;
        Some(is_path(schema))
    };
    match assignment.split_once('=') {
        // `fallback=false` is no path.
        Some((target, value)) if is_path(target) == Some(true) && value.trim() != "false" => {
            let bare = value.trim().trim_matches(['"', '\'']);
            format!("{target}={}", Value::from(absolute(Path::new(bare)).to_string_lossy()))
        }
        _ => assignment.to_owned(),
    }
}

/// Whether a parameter's schema says that it is a path.
pub(crate) fn is_path(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "path")
}

/// Lets events go to standard output as JSON Lines and nothing else there: what `print` sinks read goes to one
/// `jsonl` sink, or else, where no sink writes JSON Lines there already, everything that writes events at this place.
pub(crate) fn events_as_json(
    pipeline: &mut Pipeline,
    here: Option<&str>,
    registry: &Registry,
) -> Result<(), PlanError> {
    let said = "--json";
    let plan = Plan::new(pipeline, registry)?;
    let writes_events = |name: &str| {
        let output = plan.stage(name).and_then(|stage| stage.output.as_ref());
        output.is_some_and(|port| port.element == Element::Event)
    };
    let to_stdout = |stage: &StageSpec| {
        let planned = plan.stage(&stage.name).filter(|planned| planned.kind == JsonlParams::NAME);
        let lines = planned.and_then(|planned| JsonlParams::deserialize(&planned.params).ok());
        lines.is_some_and(|lines| lines.path == Path::new("-"))
    };
    let prints = |stage: &StageSpec| stage.kind == PrintParams::NAME;
    let shown = |stage: &&StageSpec| prints(stage) || to_stdout(stage);
    if pipeline.stages.iter().any(to_stdout) && !pipeline.stages.iter().any(prints) {
        return Ok(());
    }
    let mut inputs: Vec<String> =
        pipeline.stages.iter().filter(shown).flat_map(|stage| stage.inputs.clone()).collect();
    inputs.retain(|name| writes_events(name));
    if inputs.is_empty() {
        let all = pipeline.stages.iter().map(|stage| stage.name.clone());
        let is_here = |name: &String| {
            let place = plan.stage(name).and_then(|stage| plan.places.get(stage.place));
            here.is_none() || place.is_some_and(|place| Some(place.name.as_str()) == here)
        };
        inputs = all.filter(|name| writes_events(name) && is_here(name)).collect();
    }
    let mut seen = Vec::new();
    inputs.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
    let gone: Vec<String> = pipeline.stages.iter().filter(shown).map(|stage| stage.name.clone()).collect();
    pipeline.stages.retain(|stage| !gone.contains(&stage.name));
    let Some(first) = inputs.first() else { return Ok(()) };
    pipeline.attach("--json", JsonlParams::NAME, first, &json!({"path": "-"}), said);
    if let Some(sink) = pipeline.stages.last_mut() {
        sink.inputs = inputs;
        sink.place = here.map(str::to_owned);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{pipeline, registry};
    use super::*;

    const ONE: &str = "
        [[stage]]\nkind = \"tone\"\nrate = 8000\nblock = 320
        [[stage]]\nkind = \"half\"
        [[stage]]\nkind = \"spot\"
        [[stage]]\nkind = \"print\"";

    fn stage<'a>(pipeline: &'a Pipeline, name: &str) -> &'a StageSpec {
        pipeline.stage(name).unwrap()
    }

    fn json_inputs(text: &str) -> Vec<String> {
        let mut pipeline = pipeline(text);
        events_as_json(&mut pipeline, None, &registry()).unwrap();
        Plan::new(&pipeline, &registry()).unwrap();
        let sinks = pipeline.stages.iter().filter(|stage| stage.kind == "jsonl");
        sinks.flat_map(|stage| stage.inputs.clone()).collect()
    }

    #[test]
    fn a_replaced_source_keeps_its_rate_and_drops_what_the_new_kind_does_not_know() {
        let mut pipeline = pipeline(ONE);
        replace_source(&mut pipeline, &"raw:-".parse().unwrap(), &registry()).unwrap();
        let source = stage(&pipeline, "tone");
        assert_eq!(source.params.to_json(), json!({"path": "-", "rate": 8000}));
        assert_eq!(source.kind, "raw");
    }

    #[test]
    fn of_several_sources_one_must_be_named() {
        let text = format!("{ONE}\n[[stage]]\nname = \"other\"\nkind = \"tone\"");
        let refuse =
            |spec: &str| replace_source(&mut pipeline(&text), &spec.parse().unwrap(), &registry()).is_err();
        assert!(refuse("raw:-"));
        assert!(refuse("half=raw:-"));
        assert!(!refuse("other=raw:-"));
    }

    #[test]
    fn json_takes_the_place_of_print() {
        assert_eq!(json_inputs(ONE), ["spot"]);
    }

    #[test]
    fn json_is_added_where_no_sink_writes_to_standard_output() {
        let text = ONE.replace("\"print\"", "\"jsonl\"\npath = \"events.jsonl\"");
        assert_eq!(json_inputs(&text), ["spot", "spot"]);
    }

    #[test]
    fn json_stays_where_it_is_already_written() {
        let text = ONE.replace("\"print\"", "\"jsonl\"\nname = \"mine\"");
        let mut pipeline = pipeline(&text);
        events_as_json(&mut pipeline, None, &registry()).unwrap();
        assert_eq!(pipeline.stages.len(), 4);
        assert!(pipeline.stage("mine").is_some());
    }

    #[test]
    fn one_sink_takes_the_events_of_all_so_that_their_order_is_certain() {
        let text = format!(
            "{ONE}\n[[stage]]\nname = \"second\"\nkind = \"spot\"\ninput = \"half\"\n[[stage]]\nname = \"p\"\nkind = \"print\""
        );
        assert_eq!(json_inputs(&text), ["spot", "second"]);
    }

    #[test]
    fn paths_of_the_command_line_start_from_the_current_folder() {
        let mut pipeline = pipeline(ONE);
        replace_source(&mut pipeline, &"raw:-".parse().unwrap(), &registry()).unwrap();
        let text = from_here("tone.path=a.raw", &pipeline, &registry());
        pipeline.set(&text).unwrap();
        let expected = std::env::current_dir().unwrap().join("a.raw");
        assert_eq!(stage(&pipeline, "tone").params.get("path").and_then(|p| p.text()), expected.to_str());
        assert_eq!(from_here("tone.rate=1", &pipeline, &registry()), "tone.rate=1");
    }
}
