//! What the command line changes in a pipeline before it is planned.

use std::path::Path;

use kws_engine::{Element, Pipeline, Plan, PlanError, Registry, StageSpec};
use serde_json::{Value, json};

use super::arguments::Arguments;
use super::failure::Failure;
use super::source::{SourceSpec, absolute};

/// What a replaced source hands on to the one that takes its place.
const KEPT: [&str; 2] = ["rate", "block"];

/// Applies `--source` and `--set`.
pub(crate) fn apply(
    pipeline: &mut Pipeline,
    arguments: &Arguments,
    registry: &Registry,
) -> Result<(), Failure> {
    for spec in &arguments.source {
        replace_source(pipeline, spec, registry)?;
    }
    for assignment in &arguments.set {
        pipeline.set(&from_here(assignment, pipeline, registry))?;
    }
    Ok(())
}

/// Whether a stage is a source, as far as its kind is known.
pub(crate) fn is_source(stage: &StageSpec, registry: &Registry) -> bool {
    registry.kind(&stage.kind).is_some_and(|kind| *kind.inputs.end() == 0)
}

fn replace_source(pipeline: &mut Pipeline, spec: &SourceSpec, registry: &Registry) -> Result<(), Failure> {
    let sources: Vec<&str> = pipeline
        .stages
        .iter()
        .filter(|stage| is_source(stage, registry))
        .map(|stage| stage.name.as_str())
        .collect();
    let name = match (&spec.name, &sources[..]) {
        (Some(name), all) if all.contains(&name.as_str()) => name.clone(),
        (None, [only]) => (*only).to_owned(),
        (_, []) => return Err(Failure::usage(format!("`{}`: the pipeline has no source", spec.said))),
        (Some(name), all) => {
            let known = all.join("`, `");
            return Err(Failure::usage(format!(
                "`{}`: found no source `{name}`, expected one of `{known}`",
                spec.said
            )));
        }
        (None, all) => {
            let known = all.join("`, `");
            let text = format!("`{}`: the pipeline has the sources `{known}`", spec.said);
            return Err(Failure::usage(format!("{text}; say which one with `--source NAME=SPEC`")));
        }
    };
    let mut params = spec.input.params();
    let (Some(old), Some(new)) = (pipeline.stage(&name), params.as_object_mut()) else { return Ok(()) };
    let takes =
        |key: &str| registry.kind(spec.input.kind()).is_some_and(|kind| kind.params().any(|(p, _)| p == key));
    for key in KEPT.into_iter().filter(|key| takes(key)) {
        if let Some(value) = old.params.get(key) {
            new.insert(key.to_owned(), value.to_json());
        }
    }
    pipeline.replace(&name, spec.input.kind(), &params, &spec.said);
    Ok(())
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
        Some((target, value)) if is_path(target) == Some(true) => {
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
/// `jsonl` sink, or else, where no sink writes JSON Lines there already, everything that writes events.
pub(crate) fn events_as_json(pipeline: &mut Pipeline, registry: &Registry) -> Result<(), PlanError> {
    let said = "--json";
    let plan = Plan::new(pipeline, registry)?;
    let writes_events = |name: &str| {
        let output = plan.stage(name).and_then(|stage| stage.output.as_ref());
        output.is_some_and(|port| port.element == Element::Event)
    };
    let to_stdout = |stage: &StageSpec| {
        let path = plan.stage(&stage.name).and_then(|planned| planned.params.get("path"));
        stage.kind == "jsonl" && path.is_some_and(|path| path == "-")
    };
    let shown = |stage: &&StageSpec| stage.kind == "print" || to_stdout(stage);
    if pipeline.stages.iter().any(to_stdout) && !pipeline.stages.iter().any(|stage| stage.kind == "print") {
        return Ok(());
    }
    let mut inputs: Vec<String> =
        pipeline.stages.iter().filter(shown).flat_map(|stage| stage.inputs.clone()).collect();
    inputs.retain(|name| writes_events(name));
    if inputs.is_empty() {
        let all = pipeline.stages.iter().map(|stage| stage.name.clone());
        inputs = all.filter(|name| writes_events(name)).collect();
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
    pipeline.attach("--json", "jsonl", first, &json!({"path": "-"}), said);
    if let Some(sink) = pipeline.stages.last_mut() {
        sink.inputs = inputs;
    }
    Ok(())
}
