//! `[[place]]`: the machines that run a pipeline's parts.

use serde_json::{Value, json};

use super::PlaceSpec;
use super::setting::{Entry, Setting, SettingValue};
use crate::error::PlanError;

/// The keys of a place: their JSON Schemas by name.
pub(super) fn keys() -> Value {
    json!({
        "name": {"type": "string", "minLength": 1, "description": "Its name, unique in the file."},
        "board": {"type": "string", "minLength": 1,
            "description": "The board that it is, a name of boards.toml or a path; without it, a computer."},
        "private": {"type": "boolean", "default": false,
            "description": "Samples and images must not leave it: an edge that carries them out is an error."},
    })
}

/// The places of a file.
pub(super) fn places(entry: &Entry) -> Result<Vec<PlaceSpec>, PlanError> {
    let SettingValue::List(items) = &entry.setting.value else {
        let message = format!("`place` is a {}, expected an array", entry.setting.kind());
        return Err(
            PlanError::at(&entry.origin, message).help("write `[[place]]` with two brackets on each side")
        );
    };
    let mut places: Vec<PlaceSpec> = Vec::with_capacity(items.len());
    for item in items {
        let place = place(item)?;
        if places.iter().any(|other| other.name == place.name) {
            let error = PlanError::at(&place.origin, format!("two places are named `{}`", place.name));
            return Err(error.help("give one of them another `name`"));
        }
        places.push(place);
    }
    Ok(places)
}

fn place(item: &Setting) -> Result<PlaceSpec, PlanError> {
    if !matches!(item.value, SettingValue::Table(_)) {
        return Err(PlanError::at(&item.origin, format!("a place is {}, expected a table", item.to_json())));
    }
    let keys = keys();
    for entry in item.entries() {
        let Some(schema) = keys.get(&entry.key) else {
            let error = PlanError::at(&entry.origin, format!("unknown key `{}` in the place", entry.key));
            return Err(error.meant(&entry.key, ["name", "board", "private"]));
        };
        super::check(&entry.setting, schema, &format!("`{}` of the place", entry.key))?;
    }
    let text = |key: &str| item.get(key).and_then(Setting::text).map(str::to_owned);
    let origin = |key: &str| item.get(key).map_or(item.origin.clone(), |setting| setting.origin.clone());
    let Some(name) = text("name") else {
        let error = PlanError::at(&item.origin, "this place lacks `name`, a string");
        return Err(error.help("stages name it: `place = \"hub\"`"));
    };
    let private =
        item.get("private").is_some_and(|setting| matches!(setting.value, SettingValue::Bool(true)));
    let (origin, board_origin) = (origin("name"), origin("board"));
    Ok(PlaceSpec { name, board: text("board"), private, origin, board_origin })
}
