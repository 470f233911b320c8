//! From a file's text to stages.

use std::ops::RangeInclusive;
use std::path::Path;

use serde_json::{Value, json};
use toml::de::DeTable;

use super::setting::{Entry, Setting, SettingValue, entries};
use super::{OnFault, Origins, Pipeline, Policy, StageSpec, place};
use crate::error::{Origin, PlanError};
use crate::plan::memory::MEGABYTES;
use crate::registry::Registry;

pub(super) const DEFAULT_DEPTH: usize = 8;
const DEPTHS: RangeInclusive<i64> = 1..=65_536;

/// The keys that a stage of any kind has: their JSON Schemas by name.
#[must_use]
pub fn stage_keys() -> Value {
    let policies: Vec<&str> = Policy::ALL.iter().map(|(name, _)| *name).collect();
    json!({
        "name": {"type": "string", "minLength": 1, "description": "Its name, unique in the file. Default: its kind."},
        "kind": {"type": "string", "description": "What it does; `kws-run --stages` lists the kinds."},
        "input": {"type": "string", "description": "The stage that it reads. Default: the one above it."},
        "inputs": {"type": "array", "items": {"type": "string"}, "minItems": 1,
            "description": "The stages that it reads, where there are several."},
        "place": {"type": "string", "minLength": 1,
            "description": "The place that runs it, one of the file's. Default: where the first stage that it reads runs."},
        "lane": {"type": "string", "minLength": 1,
            "description": "The lane that runs it. Default: its own for a source and for a sink, `main` for the rest."},
        "on_full": {"type": "string", "enum": policies, "default": "block",
            "description": "What happens to a block when the ring to this stage is full."},
        "depth": {"type": "integer", "minimum": DEPTHS.start(), "maximum": DEPTHS.end(), "default": DEFAULT_DEPTH,
            "unit": "blocks", "description": "Blocks that the ring to this stage holds."},
        "on_fault": on_fault(),
    })
}

/// The ceiling of memory, as JSON Schema.
fn max_memory() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": 1_u64 << 40, "default": MEGABYTES, "unit": "MB",
        "description": "Memory that blocks, rings, state and tables may take."})
}

/// What happens when a stage fails, as JSON Schema.
fn on_fault() -> Value {
    let names: Vec<&str> = OnFault::ALL.iter().map(|(name, _)| *name).collect();
    json!({"type": "string", "enum": names,
        "description": "What happens when the stage fails: `end` ends the run; `restart` begins the stage anew after a \
            pause, which leaves a gap; `ignore` does so for sinks. Default: the pipeline's, `end`."})
}

/// The JSON Schema of pipeline files that name this registry's kinds.
pub fn schema(registry: &Registry) -> Value {
    let keys = stage_keys();
    let of_kind = registry.kinds().map(|entry| {
        let mut properties = keys.as_object().cloned().unwrap_or_default();
        let own = entry.params().map(|(name, schema)| (name.to_owned(), schema.clone()));
        properties.extend(own);
        properties.insert("kind".to_owned(), json!({"const": entry.name, "description": entry.doc()}));
        let mut required: Vec<&str> =
            entry.params().map(|(name, _)| name).filter(|p| entry.requires(p)).collect();
        required.push("kind");
        let then = json!({"title": entry.name, "description": entry.doc(), "properties": properties, "required": required,
            "additionalProperties": false});
        json!({"if": {"properties": {"kind": {"const": entry.name}}, "required": ["kind"]}, "then": then})
    });
    // By kind, so that an editor tells which key is wrong; of alternatives it could say only that none of them fits.
    let kinds: Vec<&str> = registry.kinds().map(|entry| entry.name).collect();
    let stage = json!({"type": "object", "properties": {"kind": {"enum": kinds, "description": "What the stage is."}},
        "required": ["kind"], "allOf": of_kind.collect::<Vec<_>>()});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "kws pipeline",
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "The pipeline's name."},
            "description": {"type": "string", "description": "What it is for."},
            "max_memory_mb": max_memory(),
            "on_fault": on_fault(),
            "place": {"type": "array", "items": {"type": "object", "properties": place::keys(), "required": ["name"],
                "additionalProperties": false}},
            "stage": {"type": "array", "minItems": 1, "items": stage},
        },
        "required": ["stage"],
        "additionalProperties": false,
    })
}

/// What to write in the place of `[stage]`.
const TWO_BRACKETS: &str = "write `[[stage]]` with two brackets on each side";

/// Whether the line of a place is `[stage]`, which a second stage makes a key that is there already.
fn is_single_bracket(text: &str, place: usize) -> bool {
    let (before, after) = text.split_at_checked(place).unwrap_or((text, ""));
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text[begin..].lines().next().unwrap_or("");
    !after.is_empty() && line.split('#').next().is_some_and(|line| line.trim() == "[stage]")
}

pub(super) fn parse(text: &str, file: &str, dir: &Path) -> Result<Pipeline, PlanError> {
    let table = DeTable::parse(text).map_err(|error| {
        let origin = error.span().map_or(Origin::Nowhere, Origin::File);
        let invalid = PlanError::at(&origin, format!("invalid TOML: {}", error.message()));
        match error.span().is_some_and(|span| is_single_bracket(text, span.start)) {
            true => invalid.help(TWO_BRACKETS),
            false => invalid,
        }
    })?;
    let whole = Origin::File(0..text.lines().next().unwrap_or("").len());
    let mut pipeline = Pipeline {
        name: Path::new(file)
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()),
        description: String::new(),
        dir: dir.to_owned(),
        stages: Vec::new(),
        max_memory_mb: MEGABYTES,
        on_fault: OnFault::End,
        places: Vec::new(),
        file: file.to_owned(),
        text: text.to_owned(),
    };
    for entry in entries(table.get_ref())? {
        match entry.key.as_str() {
            "name" => pipeline.name = text_of(&entry.setting, "`name` of the pipeline")?,
            "description" => pipeline.description = text_of(&entry.setting, "`description` of the pipeline")?,
            "stage" => pipeline.stages = stages(&entry)?,
            "place" => pipeline.places = place::places(&entry)?,
            "max_memory_mb" => {
                super::check(&entry.setting, &max_memory(), "`max_memory_mb` of the pipeline")?;
                if let SettingValue::Integer(megabytes) = entry.setting.value {
                    pipeline.max_memory_mb = megabytes.unsigned_abs();
                }
            }
            "on_fault" => {
                super::check(&entry.setting, &on_fault(), "`on_fault` of the pipeline")?;
                pipeline.on_fault = entry.setting.text().and_then(OnFault::named).unwrap_or_default();
            }
            key => {
                let error = PlanError::at(&entry.origin, format!("unknown key `{key}` in the pipeline"));
                return Err(
                    error.meant(key, ["name", "description", "max_memory_mb", "on_fault", "place", "stage"])
                );
            }
        }
    }
    if pipeline.stages.is_empty() {
        let error = PlanError::at(&whole, "the pipeline has no stages");
        return Err(
            error.help("add one or more `[[stage]]` tables, the first a source such as `kind = \"mic\"`")
        );
    }
    Ok(pipeline)
}

fn text_of(setting: &Setting, what: &str) -> Result<String, PlanError> {
    let found =
        || PlanError::at(&setting.origin, format!("{what} is {}, expected a string", setting.to_json()));
    setting.text().map(str::to_owned).ok_or_else(found)
}

fn stages(entry: &Entry) -> Result<Vec<StageSpec>, PlanError> {
    let SettingValue::List(items) = &entry.setting.value else {
        let error =
            PlanError::at(&entry.origin, format!("`stage` is a {}, expected an array", entry.setting.kind()));
        return Err(error.help(TWO_BRACKETS));
    };
    let mut stages: Vec<StageSpec> = Vec::with_capacity(items.len());
    for item in items {
        let stage = stage(item, stages.last())?;
        if stages.iter().any(|other| other.name == stage.name) {
            let error = PlanError::at(&stage.origins.name, format!("two stages are named `{}`", stage.name));
            return Err(error.help("give one of them another `name`"));
        }
        stages.push(stage);
    }
    Ok(stages)
}

fn stage(item: &Setting, above: Option<&StageSpec>) -> Result<StageSpec, PlanError> {
    let SettingValue::Table(all) = &item.value else {
        return Err(PlanError::at(&item.origin, format!("a stage is {}, expected a table", item.to_json())));
    };
    let keys = stage_keys();
    let (shared, own): (Vec<Entry>, Vec<Entry>) =
        all.iter().cloned().partition(|e| keys.get(&e.key).is_some());
    let shared = Setting::table(shared, item.origin.clone());
    for entry in shared.entries() {
        super::check(&entry.setting, &keys[&entry.key], &format!("`{}` of the stage", entry.key))?;
    }
    if let (Some(_), Some(several)) = (shared.get("input"), shared.get("inputs")) {
        let error = PlanError::at(&several.origin, "this stage has both `input` and `inputs`");
        return Err(error.help("keep one of them"));
    }
    let Some(kind) = shared.get("kind") else {
        let error = PlanError::at(&item.origin, "this stage lacks `kind`, a string");
        return Err(error.help("`kws-run --stages` lists the kinds"));
    };
    let text = |key: &str| shared.get(key).and_then(Setting::text).map(str::to_owned);
    let origin = |key: &str| shared.get(key).map_or(kind.origin.clone(), |setting| setting.origin.clone());
    let (inputs, input_origins) = inputs(&shared, above);
    let policy = text("on_full").and_then(|name| Policy::named(&name));
    let depth = match shared.get("depth").map(|setting| &setting.value) {
        Some(SettingValue::Integer(depth)) => *depth as usize,
        _ => DEFAULT_DEPTH,
    };
    let kind_text = text("kind").unwrap_or_default();
    Ok(StageSpec {
        name: text("name").unwrap_or_else(|| kind_text.clone()),
        kind: kind_text,
        inputs,
        place: text("place"),
        lane: text("lane"),
        on_full: policy.unwrap_or_default(),
        depth,
        on_fault: text("on_fault").and_then(|name| OnFault::named(&name)),
        params: Setting::table(own, item.origin.clone()),
        origins: Origins {
            stage: item.origin.clone(),
            name: origin("name"),
            kind: kind.origin.clone(),
            on_fault: origin("on_fault"),
            place: origin("place"),
            inputs: input_origins,
        },
    })
}

/// The stages it reads, and where the file says so: `inputs`, `input`, or the stage above. A source's are dropped by
/// the planner, which knows the kinds.
fn inputs(shared: &Setting, above: Option<&StageSpec>) -> (Vec<String>, Vec<Origin>) {
    let named = match shared.get("inputs").map(|setting| &setting.value) {
        Some(SettingValue::List(items)) => items.iter().collect(),
        _ => shared.get("input").into_iter().collect::<Vec<_>>(),
    };
    if named.is_empty() {
        return (above.map(|stage| stage.name.clone()).into_iter().collect(), Vec::new());
    }
    named.iter().map(|item| (item.text().unwrap_or_default().to_owned(), item.origin.clone())).unzip()
}
