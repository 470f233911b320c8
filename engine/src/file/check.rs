//! A setting held against the JSON Schema of its kind, so that a message can point at the very value.

use serde_json::Value;

use super::setting::{Entry, Setting, SettingValue};
use crate::error::{Origin, PlanError};

/// Checks one setting. `what` names it in messages: `` `hop_ms` of `window` ``.
pub(crate) fn check(setting: &Setting, schema: &Value, what: &str) -> Result<(), PlanError> {
    if schema.get("secret") == Some(&Value::Bool(true)) && !matches!(setting.value, SettingValue::Table(_)) {
        // Without its place: the line would be shown.
        let error = PlanError::at(&Origin::Nowhere, format!("{what} is given in plain text"));
        return Err(error.help("name where it is: `{ env = \"VARIABLE\" }` or `{ file = \"PATH\" }`"));
    }
    if let Some(choices) = alternatives(schema) {
        return check_alternatives(setting, choices, what);
    }
    check_type(setting, schema, what)?;
    check_choice(setting, schema, what)?;
    match &setting.value {
        SettingValue::Integer(number) => check_range(setting, *number as f64, schema, what),
        SettingValue::Float(number) => check_range(setting, *number, schema, what),
        SettingValue::List(items) => check_items(setting, items, schema, what),
        SettingValue::Table(entries) => check_table(setting, entries, schema, what),
        SettingValue::Text(text) => check_length(setting, text, schema, what),
        SettingValue::Bool(_) => Ok(()),
    }
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array)
}

fn check_alternatives(setting: &Setting, choices: &[Value], what: &str) -> Result<(), PlanError> {
    let choices: Vec<&Value> =
        choices.iter().filter(|choice| choice.get("type") != Some(&"null".into())).collect();
    if let [only] = choices[..] {
        return check(setting, only, what);
    }
    if choices.iter().any(|choice| check(setting, choice, what).is_ok()) {
        return Ok(());
    }
    let names: Vec<String> = choices.iter().map(|choice| describe(choice)).collect();
    let found = setting.to_json();
    let error = PlanError::at(&setting.origin, format!("{what} is {found}, expected {}", names.join(" or ")));
    let words: Vec<&str> = choices.iter().filter_map(|choice| choice.get("const")?.as_str()).collect();
    Err(match (setting.text(), words.is_empty()) {
        (Some(text), false) => error.meant(text, words),
        _ => error,
    })
}

/// What a schema wants, in a few words.
pub(crate) fn describe(schema: &Value) -> String {
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let names: Vec<String> = choices.iter().filter(|c| !c.is_null()).map(Value::to_string).collect();
        return names.join(" or ");
    }
    if let Some(choices) = alternatives(schema) {
        let of_value = choices.iter().filter(|choice| choice.get("type") != Some(&"null".into()));
        return of_value.map(describe).collect::<Vec<_>>().join(" or ");
    }
    let names = types(schema);
    let range = range(schema);
    let unit = match schema.get("unit").and_then(Value::as_str) {
        Some(unit) if range.is_empty() => format!(" in {unit}"),
        Some(unit) => format!(" {unit}"),
        None => String::new(),
    };
    let articles: Vec<String> = names
        .iter()
        .map(|name| match *name {
            "integer" | "array" => format!("an {name}"),
            "object" => "a table".to_owned(),
            _ => format!("a {name}"),
        })
        .collect();
    format!("{}{range}{unit}", articles.join(" or "))
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect()
        }
        _ => Vec::new(),
    }
}

fn check_type(setting: &Setting, schema: &Value, what: &str) -> Result<(), PlanError> {
    let wanted = types(schema);
    let found = setting.kind();
    let fits = |name: &&str| match *name {
        "object" => found == "table",
        "number" => found == "number" || found == "integer",
        name => found == name,
    };
    if wanted.is_empty() || wanted.iter().any(fits) {
        return Ok(());
    }
    let value = setting.to_json();
    Err(PlanError::at(&setting.origin, format!("{what} is {value}, expected {}", describe(schema))))
}

fn check_choice(setting: &Setting, schema: &Value, what: &str) -> Result<(), PlanError> {
    let found = setting.to_json();
    let choices: Vec<&Value> = match (schema.get("enum").and_then(Value::as_array), schema.get("const")) {
        (Some(choices), _) => choices.iter().collect(),
        (None, Some(only)) => vec![only],
        (None, None) => return Ok(()),
    };
    if choices.contains(&&found) {
        return Ok(());
    }
    let error = PlanError::at(&setting.origin, format!("{what} is {found}, expected {}", describe(schema)));
    Err(error.meant(setting.text().unwrap_or(""), choices.iter().filter_map(|choice| choice.as_str())))
}

/// The limits of a number in words, with a space before them.
fn range(schema: &Value) -> String {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let width = width(schema);
    let (low, high) = (limit("minimum").or(width.map(|w| w.0)), limit("maximum").or(width.map(|w| w.1)));
    match (low, high, limit("exclusiveMinimum"), limit("exclusiveMaximum")) {
        (Some(low), Some(high), _, _) => format!(" from {low} to {high}"),
        (Some(low), None, _, Some(high)) => format!(" of at least {low} and less than {high}"),
        (Some(low), None, _, None) => format!(" of at least {low}"),
        (None, Some(high), Some(low), _) => format!(" greater than {low} and at most {high}"),
        (None, Some(high), None, _) => format!(" of at most {high}"),
        (None, None, Some(low), Some(high)) => format!(" greater than {low} and less than {high}"),
        (None, None, Some(low), None) => format!(" greater than {low}"),
        (None, None, None, Some(high)) => format!(" less than {high}"),
        (None, None, None, None) => String::new(),
    }
}

/// The limits of the integer type that the parameter has in Rust, where the schema states no closer ones.
fn width(schema: &Value) -> Option<(f64, f64)> {
    match schema.get("format").and_then(Value::as_str)? {
        "uint32" => Some((0.0, f64::from(u32::MAX))),
        "int32" => Some((f64::from(i32::MIN), f64::from(i32::MAX))),
        _ => None,
    }
}

fn check_range(setting: &Setting, number: f64, schema: &Value, what: &str) -> Result<(), PlanError> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let inside = limit("minimum").is_none_or(|low| number >= low)
        && limit("maximum").is_none_or(|high| number <= high)
        && limit("exclusiveMinimum").is_none_or(|low| number > low)
        && limit("exclusiveMaximum").is_none_or(|high| number < high)
        && width(schema).is_none_or(|(low, high)| number >= low && number <= high);
    if inside {
        return Ok(());
    }
    Err(PlanError::at(&setting.origin, format!("{what} is {number}, expected {}", describe(schema))))
}

fn check_length(setting: &Setting, text: &str, schema: &Value, what: &str) -> Result<(), PlanError> {
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
    if text.chars().count() as u64 >= least {
        return Ok(());
    }
    let expected = if least == 1 { "some text".to_owned() } else { format!("at least {least} characters") };
    Err(PlanError::at(&setting.origin, format!("{what} is \"{text}\", expected {expected}")))
}

fn check_items(setting: &Setting, items: &[Setting], schema: &Value, what: &str) -> Result<(), PlanError> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_u64).map(|n| n as usize);
    let (low, high) = (limit("minItems").unwrap_or(0), limit("maxItems").unwrap_or(usize::MAX));
    if items.len() < low || items.len() > high {
        let expected = if items.len() < low { format!("at least {low}") } else { format!("at most {high}") };
        return Err(PlanError::at(
            &setting.origin,
            format!("{what} has {} items, expected {expected}", items.len()),
        ));
    }
    let Some(of) = schema.get("items") else { return Ok(()) };
    items
        .iter()
        .enumerate()
        .try_for_each(|(index, item)| check(item, of, &format!("item {} of {what}", index + 1)))
}

fn check_table(setting: &Setting, entries: &[Entry], schema: &Value, what: &str) -> Result<(), PlanError> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(()) };
    for entry in entries {
        match properties.get(&entry.key) {
            Some(of) => check(&entry.setting, of, &format!("`{}` of {what}", entry.key))?,
            None => {
                let error = PlanError::at(&entry.origin, format!("unknown key `{}` in {what}", entry.key));
                return Err(error.meant(&entry.key, properties.keys().map(String::as_str)));
            }
        }
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !entries.iter().any(|entry| entry.key == name) {
            let wants = properties.get(name).map(describe).unwrap_or_default();
            return Err(PlanError::at(&setting.origin, format!("{what} lacks `{name}`, {wants}")));
        }
    }
    Ok(())
}
