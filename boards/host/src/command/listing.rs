//! What this program knows: the kinds of stages with their parameters, the schema of pipeline files.

use std::io::{self, Write};

use anstyle::Style;
use kws_engine::{Registry, nearest};
use serde_json::{Value, json};

use super::arguments::Format;
use super::failure::Failure;

const NAME: Style = Style::new().bold();

/// Writes the JSON Schema of pipeline files.
pub(crate) fn schema(registry: &Registry, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{:#}", kws_engine::schema(registry))
}

/// Writes the kinds: each in a line, or one with its parameters, or as JSON.
pub(crate) fn stages(
    registry: &Registry,
    only: Option<&str>,
    format: Format,
    to: &mut impl Write,
) -> Result<(), Failure> {
    let entries: Vec<&kws_engine::Entry> = match only {
        None => registry.kinds().collect(),
        Some(name) => vec![registry.kind(name).ok_or_else(|| unknown(name, registry))?],
    };
    match (format, only) {
        (Format::Json, _) => {
            let all: Vec<Value> = entries.iter().map(|entry| as_json(entry)).collect();
            writeln!(to, "{:#}", Value::from(all))?;
        }
        (Format::Text, _) => {
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    writeln!(to)?;
                }
                kind(entry, to)?;
            }
        }
    }
    Ok(())
}

fn unknown(name: &str, registry: &Registry) -> Failure {
    let known: Vec<&str> = registry.kinds().map(|kind| kind.name).collect();
    let help = match nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are `{}`", known.join("`, `")),
    };
    Failure::usage(format!("`--stages {name}`: there is no kind `{name}`; {help}"))
}

fn inputs(entry: &kws_engine::Entry) -> String {
    match (*entry.inputs.start(), *entry.inputs.end()) {
        (_, 0) => "source".to_owned(),
        (1, 1) => String::new(),
        (low, high) if low == high => format!("{low} inputs"),
        (low, usize::MAX) => format!("{low} or more inputs"),
        (low, high) => format!("{low} to {high} inputs"),
    }
}

fn kind(entry: &kws_engine::Entry, to: &mut impl Write) -> io::Result<()> {
    let inputs = inputs(entry);
    let inputs = if inputs.is_empty() { inputs } else { format!(" ({inputs})") };
    writeln!(to, "{NAME}{}{NAME:#}{inputs}  {}", entry.name, one_line(entry.doc()))?;
    let width = entry.params().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, schema) in entry.params() {
        let facts = facts(schema, entry.requires(name)).join(", ");
        let doc = one_line(schema.get("description").and_then(Value::as_str).unwrap_or(""));
        let facts = if facts.is_empty() { facts } else { format!(" [{facts}]") };
        writeln!(to, "  {name:<width$}  {doc}{facts}")?;
    }
    Ok(())
}

/// The first paragraph, as one line.
fn one_line(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or("");
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Type, unit, limits, choices and default of a parameter.
fn facts(schema: &Value, required: bool) -> Vec<String> {
    let mut facts = Vec::new();
    let choices = choices(schema);
    facts.push(if choices.is_empty() { type_of(schema) } else { choices.join(" | ") });
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    if let Some(unit) = text("unit") {
        facts.push(unit.to_owned());
    }
    facts.extend(range(schema));
    match schema.get("default") {
        _ if required => facts.push("required".to_owned()),
        Some(Value::Null) | None => {}
        Some(default) => facts.push(format!("default {default}")),
    }
    facts.retain(|fact| !fact.is_empty());
    facts
}

/// The schemas that a value may fit, `null` aside.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let lists = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    lists.flatten().filter(|choice| choice.get("type") != Some(&"null".into())).collect()
}

fn choices(schema: &Value) -> Vec<String> {
    let own = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let own = own.chain(schema.get("const")).filter(|choice| !choice.is_null()).map(Value::to_string);
    own.chain(alternatives(schema).into_iter().flat_map(choices)).collect()
}

fn type_of(schema: &Value) -> String {
    match schema.get("type") {
        Some(Value::String(name)) => named(name, schema),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(|name| named(name, schema)).collect::<Vec<_>>().join(" or ")
        }
        _ => alternatives(schema).into_iter().map(type_of).collect::<Vec<_>>().join(" or "),
    }
}

fn named(name: &str, schema: &Value) -> String {
    let path = schema.get("format").is_some_and(|format| format == "path");
    match (name, schema.get("items")) {
        ("string", _) if path => "path".to_owned(),
        ("array", Some(items)) => format!("list of {}", type_of(items)),
        ("object", _) => {
            let keys = schema.get("properties").and_then(Value::as_object);
            let keys: Vec<&str> = keys.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
            if keys.is_empty() { "table".to_owned() } else { format!("{{ {} }}", keys.join(", ")) }
        }
        (name, _) => name.to_owned(),
    }
}

fn range(schema: &Value) -> Option<String> {
    let number = |key: &str| schema.get(key).filter(|value| value.is_number());
    let low = number("minimum").map(|low| format!("≥ {low}"));
    let low = low.or_else(|| number("exclusiveMinimum").map(|low| format!("> {low}")));
    let high = number("maximum").map(|high| format!("≤ {high}"));
    let high = high.or_else(|| number("exclusiveMaximum").map(|high| format!("< {high}")));
    match (number("minimum"), number("maximum"), low, high) {
        (Some(low), Some(high), ..) => Some(format!("{low} to {high}")),
        (_, _, Some(low), Some(high)) => Some(format!("{low} and {high}")),
        (_, _, low, high) => low.or(high),
    }
}

fn as_json(entry: &kws_engine::Entry) -> Value {
    let params = entry.params().map(|(name, schema)| {
        let mut param = json!({"name": name, "required": entry.requires(name)});
        if let (Some(into), Some(from)) = (param.as_object_mut(), schema.as_object()) {
            into.extend(from.clone());
        }
        param
    });
    let most = (*entry.inputs.end() != usize::MAX).then_some(*entry.inputs.end());
    json!({
        "kind": entry.name,
        "doc": entry.doc(),
        "inputs": {"min": entry.inputs.start(), "max": most},
        "params": params.collect::<Vec<_>>(),
    })
}
