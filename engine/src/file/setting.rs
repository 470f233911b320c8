//! One value of a pipeline file, and where it was said.

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Origin, PlanError};

/// One value of a pipeline file, and where it was said.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Where.
    pub origin: Origin,
    /// What.
    pub(crate) value: SettingValue,
}

/// What a setting holds.
#[derive(Clone, Debug)]
pub(crate) enum SettingValue {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Setting>),
    Table(Vec<Entry>),
}

/// One key of a table, with the key's own place.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) origin: Origin,
    pub(crate) setting: Setting,
}

impl Setting {
    /// A table of settings that no file said.
    pub(crate) fn table(entries: Vec<Entry>, origin: Origin) -> Self {
        Setting { origin, value: SettingValue::Table(entries) }
    }

    pub(crate) fn read(value: &Spanned<DeValue<'_>>) -> Result<Self, PlanError> {
        let origin = Origin::File(value.span());
        let value = match value.get_ref() {
            DeValue::Boolean(flag) => SettingValue::Bool(*flag),
            DeValue::String(text) => SettingValue::Text(text.to_string()),
            DeValue::Integer(number) => {
                let digits = number.as_str();
                let parsed = i64::from_str_radix(digits, number.radix());
                SettingValue::Integer(parsed.map_err(|_| {
                    PlanError::at(&origin, format!("found {digits}, expected an integer of 64 bits"))
                })?)
            }
            DeValue::Float(number) => {
                let parsed = number.as_str().parse::<f64>().ok().filter(|number| number.is_finite());
                let message =
                    || PlanError::at(&origin, format!("found {}, expected a finite number", number.as_str()));
                SettingValue::Float(parsed.ok_or_else(message)?)
            }
            DeValue::Datetime(date) => {
                return Err(PlanError::at(
                    &origin,
                    format!("found the date {date}, but no parameter is a date"),
                ));
            }
            DeValue::Array(items) => {
                SettingValue::List(items.iter().map(Setting::read).collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => SettingValue::Table(entries(table)?),
        };
        Ok(Setting { origin, value })
    }

    /// What kind of value it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            SettingValue::Bool(_) => "boolean",
            SettingValue::Integer(_) => "integer",
            SettingValue::Float(_) => "number",
            SettingValue::Text(_) => "string",
            SettingValue::List(_) => "array",
            SettingValue::Table(_) => "table",
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        if let SettingValue::Table(entries) = &self.value { entries } else { &[] }
    }

    /// The value of a key, where this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.setting)
    }

    /// The innermost setting that a path such as `points.1.off` leads to, in which a number counts a list's items from 0:
    /// what is missing is at the last of what is there. None where not even the first key is there.
    pub(crate) fn nearest(&self, path: &str) -> Option<&Setting> {
        let mut keys = path.split('.');
        let mut found = self.get(keys.next()?)?;
        for key in keys {
            let inner = match &found.value {
                SettingValue::List(items) => key.parse().ok().and_then(|index: usize| items.get(index)),
                _ => found.get(key),
            };
            match inner {
                Some(inner) => found = inner,
                None => break,
            }
        }
        Some(found)
    }

    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        if let SettingValue::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The value without its places.
    pub fn to_json(&self) -> Value {
        match &self.value {
            SettingValue::Bool(flag) => Value::Bool(*flag),
            SettingValue::Integer(number) => Value::from(*number),
            SettingValue::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            SettingValue::Text(text) => Value::String(text.clone()),
            SettingValue::List(items) => Value::Array(items.iter().map(Setting::to_json).collect()),
            SettingValue::Table(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.setting.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// A setting from a value that no file said.
    pub fn from_json(value: &Value, origin: &Origin) -> Self {
        let value = match value {
            Value::Null => SettingValue::Text(String::new()),
            Value::Bool(flag) => SettingValue::Bool(*flag),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => SettingValue::Integer(integer),
                None => SettingValue::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => SettingValue::Text(text.clone()),
            Value::Array(items) => {
                SettingValue::List(items.iter().map(|item| Setting::from_json(item, origin)).collect())
            }
            Value::Object(pairs) => SettingValue::Table(
                pairs
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        origin: origin.clone(),
                        setting: Setting::from_json(value, origin),
                    })
                    .collect(),
            ),
        };
        Setting { origin: origin.clone(), value }
    }
}

pub(crate) fn entries(table: &DeTable<'_>) -> Result<Vec<Entry>, PlanError> {
    table
        .iter()
        .map(|(key, value)| {
            let origin = Origin::File(key.span());
            Ok(Entry { key: key.get_ref().to_string(), origin, setting: Setting::read(value)? })
        })
        .collect()
}
