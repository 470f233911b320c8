//! What this program knows: the kinds of stages with their parameters, the schema of pipeline files.

use std::io::{self, Write};

use anstyle::Style;
use kws_engine::{Devices, Registry, nearest};
use serde_json::{Value, json};

use super::arguments::Format;
use super::command_error::CommandError;

const NAME: Style = Style::new().bold();

/// Writes the JSON Schema of pipeline files.
pub(crate) fn schema(registry: &Registry, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{:#}", kws_engine::schema(registry))
}

/// Writes the microphones, the cameras and whatever else kinds read of this computer, one a line; of a program that was built
/// without any, how one comes by it.
pub(crate) fn devices(registry: &Registry, to: &mut impl Write) -> Result<(), CommandError> {
    let mut lists: Vec<Devices> = registry.kinds().filter_map(kws_engine::Entry::devices).collect();
    lists.reverse();
    if !lists.iter().any(|list| list.found.as_ref().is_ok_and(|found| !found.is_empty())) {
        let why = |Devices { what, found }| found.err().unwrap_or_else(|| format!("no {what} found"));
        let whys: Vec<String> = lists.into_iter().map(why).collect();
        return Err(CommandError::Lacking(format!("`--devices`: {}", whys.join("; "))));
    }
    for Devices { what, found } in lists {
        writeln!(to, "{NAME}{what}{NAME:#}")?;
        match found {
            Ok(devices) if devices.is_empty() => writeln!(to, "  none")?,
            Ok(devices) => devices.iter().try_for_each(|device| writeln!(to, "  {device}"))?,
            Err(why) => writeln!(to, "  {why}")?,
        }
    }
    Ok(())
}

/// Writes the kinds: each in a line, or one with its parameters, or as JSON.
pub(crate) fn stages(
    registry: &Registry,
    only: Option<&str>,
    format: Format,
    to: &mut impl Write,
) -> Result<(), CommandError> {
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
            if only.is_none() {
                writeln!(to, "\n{NAME}any stage{NAME:#}  Keys that a stage of any kind may have.")?;
                parameters(&json!({"properties": kws_engine::stage_keys(), "required": ["kind"]}), "  ", to)?;
            }
        }
    }
    Ok(())
}

fn unknown(name: &str, registry: &Registry) -> CommandError {
    let known: Vec<&str> = registry.kinds().map(|kind| kind.name).collect();
    let help = match nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("available: `{}`", known.join("`, `")),
    };
    CommandError::usage(format!("`--stages {name}`: unknown kind `{name}`; {help}"))
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
    parameters(&entry.schema, "  ", to)
}

/// The properties of a schema, each with a line, and below it those of its own where it is a table or a list of them.
fn parameters(schema: &Value, indent: &str, to: &mut impl Write) -> io::Result<()> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let required = schema.get("required").and_then(Value::as_array);
    let width = properties.into_iter().flatten().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, property) in properties.into_iter().flatten() {
        let requires = required.is_some_and(|names| names.iter().any(|required| required == name));
        let doc = one_line(property.get("description").and_then(Value::as_str).unwrap_or(""));
        writeln!(to, "{indent}{name:<width$}  {doc} [{}]", facts(property, requires).join(", "))?;
        parameters(property.get("items").unwrap_or(property), &format!("{indent}  "), to)?;
    }
    Ok(())
}

/// The first paragraph, as one line.
fn one_line(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or("");
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Type or choices, unit, limits and default of a parameter.
fn facts(schema: &Value, required: bool) -> Vec<String> {
    let mut facts = vec![values(schema)];
    let unit = schema.get("unit").and_then(Value::as_str);
    facts.extend(unit.map(str::to_owned));
    facts.extend(range(schema));
    match schema.get("default") {
        _ if required => facts.push("required".to_owned()),
        Some(Value::Null) | None => {}
        Some(default) => facts.push(format!("default {}", plain(default))),
    }
    facts.retain(|fact| !fact.is_empty());
    facts
}

/// A value as TOML has it, whole numbers without a point.
fn plain(value: &Value) -> String {
    match value {
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(pairs) => {
            let pairs = pairs.iter().filter(|(_, value)| !value.is_null());
            let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key} = {}", plain(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        _ => value.to_string(),
    }
}

/// The values that a schema takes: its choices where it has some, else its types; `null` aside.
fn values(schema: &Value) -> String {
    let choices = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let choices = choices.chain(schema.get("const")).filter(|choice| !choice.is_null());
    let choices: Vec<String> = choices.map(Value::to_string).collect();
    if !choices.is_empty() {
        return choices.join(" | ");
    }
    let lists = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    let mut alternatives: Vec<String> =
        lists.flatten().map(values).filter(|values| !values.is_empty()).collect();
    alternatives.dedup();
    if !alternatives.is_empty() {
        return alternatives.join(" | ");
    }
    let types = match schema.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let types = types.into_iter().filter(|name| *name != "null");
    types.map(|name| named(name, schema)).collect::<Vec<_>>().join(" | ")
}

fn named(name: &str, schema: &Value) -> String {
    let path = schema.get("format").is_some_and(|format| format == "path");
    match (name, schema.get("items")) {
        ("string", _) if path => "path".to_owned(),
        ("array", Some(items)) => format!("list of {}", values(items)),
        ("object", _) => "table".to_owned(),
        (name, _) => name.to_owned(),
    }
}

fn range(schema: &Value) -> Option<String> {
    let bound = |key: &str, sign: &str| {
        let number = schema.get(key).filter(|value| value.is_number())?;
        Some(format!("{sign} {}", plain(number)))
    };
    let low = bound("minimum", "≥").or_else(|| bound("exclusiveMinimum", ">"));
    let high = bound("maximum", "≤").or_else(|| bound("exclusiveMaximum", "<"));
    match (low, high) {
        (Some(low), Some(high)) => match (low.strip_prefix("≥ "), high.strip_prefix("≤ ")) {
            (Some(from), Some(to)) => Some(format!("{from} to {to}")),
            _ => Some(format!("{low}, {high}")),
        },
        (low, high) => low.or(high),
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

#[cfg(test)]
mod tests {
    use super::super::kinds::registry;
    use super::*;

    fn listed(only: Option<&str>, format: Format) -> String {
        let mut text = Vec::new();
        stages(&registry(), only, format, &mut text).unwrap();
        String::from_utf8(anstream::adapter::strip_bytes(&text).into_vec()).unwrap()
    }

    #[test]
    fn a_kind_is_listed_with_its_parameters() {
        let expected = "tone (source)  A source of silence.\n\
                        \u{20} rate   Samples per second. [integer, Hz, 1000 to 96000, default 16000]\n\
                        \u{20} block  Samples in a block. [integer, ≥ 0]\n";
        assert_eq!(listed(Some("tone"), Format::Text), expected);
    }

    #[test]
    fn the_keys_of_all_kinds_follow_the_kinds() {
        let text = listed(None, Format::Text);
        let (_, keys) = text.split_once("\nany stage  Keys that a stage of any kind may have.\n").unwrap();
        for key in ["name", "kind", "input", "inputs", "place", "lane", "on_full", "depth", "on_fault"] {
            assert!(keys.lines().any(|line| line.trim_start().starts_with(key)), "{key}: {keys}");
        }
    }

    #[test]
    fn json_says_the_same() {
        let all: Value = serde_json::from_str(&listed(Some("tone"), Format::Json)).unwrap();
        assert_eq!((&all[0]["kind"], &all[0]["inputs"]["max"]), (&json!("tone"), &json!(0)));
        assert_eq!(all[0]["params"][0]["maximum"], 96000);
    }

    #[test]
    fn an_unknown_kind_is_refused_with_the_nearest() {
        let failure = stages(&registry(), Some("tome"), Format::Text, &mut Vec::new()).unwrap_err();
        assert!(matches!(failure, CommandError::Usage(text) if text.contains("did you mean `tone`?")));
    }

    #[test]
    fn values_are_choices_or_types() {
        let found = |schema: Value| facts(&schema, false).join(", ");
        assert_eq!(found(json!({"anyOf": [{"type": "integer"}, {"const": "mix"}]})), "integer | \"mix\"");
        assert_eq!(found(json!({"type": ["array", "null"], "items": {"type": "string"}})), "list of string");
        assert_eq!(
            found(json!({"type": "number", "exclusiveMinimum": 0.0, "maximum": 10000.0})),
            "number, > 0, ≤ 10000"
        );
    }
}
