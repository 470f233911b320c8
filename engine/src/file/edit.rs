//! What the command line changes in a pipeline before it is planned.

use serde_json::Value;
use toml::de::DeTable;

use super::document::DEFAULT_DEPTH;
use super::document::stage_keys;
use super::setting::{Entry, Setting, SettingValue};
use super::{OnFault, Origins, Pipeline, PlaceSpec, Policy, StageSpec};
use crate::error::{Origin, PlanError};
use crate::plan::memory::MEGABYTES;

impl Pipeline {
    /// Sets one parameter: `STAGE.KEY=VALUE`, where the key may go on into lists and tables
    /// (`trigger.points.0.on=0.9`) and the value is TOML, or else taken as a string.
    ///
    /// # Errors
    /// When the text is not of this form or there is no such stage. The value is checked when the pipeline is planned.
    pub fn set(&mut self, assignment: &str) -> Result<(), PlanError> {
        let origin = Origin::Override(format!("--set {assignment}"));
        let malformed = || {
            let error = PlanError::at(&origin, format!("`{assignment}` is not an assignment"));
            error.help("write STAGE.KEY=VALUE, for example `--set smooth.window_ms=500`")
        };
        let (target, value) = assignment.split_once('=').ok_or_else(malformed)?;
        let (stage, path) = target.trim().split_once('.').ok_or_else(malformed)?;
        let names: Vec<String> = self.stages.iter().map(|stage| stage.name.clone()).collect();
        if !names.iter().any(|name| name == stage)
            && let Some(place) = self.places.iter_mut().find(|place| place.name == stage)
        {
            return set_place(place, path, &parse(value.trim(), &origin));
        }
        let Some(spec) = self.stages.iter_mut().find(|spec| spec.name == stage) else {
            let error = PlanError::at(&origin, format!("no stage is named `{stage}`"));
            return Err(error.meant(stage, names.iter().map(String::as_str)));
        };
        let value = parse(value.trim(), &origin);
        match path {
            "place" | "lane" | "depth" | "on_full" | "on_fault" => set_shared(spec, path, &value),
            "name" | "kind" | "input" | "inputs" => {
                let error = PlanError::at(&origin, format!("`{path}` of a stage cannot be set"));
                Err(error
                    .help("only a stage's parameters, `place`, `lane`, `depth`, `on_full` and `on_fault` can be set"))
            }
            _ => assign(&mut spec.params, path, value, &origin),
        }
    }

    /// Puts another kind in the place of a stage; it keeps its name, lane, inputs and readers. `params` is an object.
    pub fn replace(&mut self, stage: &str, kind: &str, params: &Value, said: &str) {
        let origin = Origin::Override(said.to_owned());
        if let Some(spec) = self.stages.iter_mut().find(|spec| spec.name == stage) {
            spec.kind = kind.to_owned();
            spec.params = Setting::from_json(params, &origin);
            spec.origins.kind = origin;
        }
    }

    /// Adds a stage at the end, in a lane of its own, that reads `input`.
    pub fn attach(&mut self, name: &str, kind: &str, input: &str, params: &Value, said: &str) {
        let origin = Origin::Override(said.to_owned());
        self.stages.push(StageSpec {
            name: name.to_owned(),
            kind: kind.to_owned(),
            inputs: vec![input.to_owned()],
            place: None,
            lane: Some(name.to_owned()),
            on_full: Policy::Block,
            depth: DEFAULT_DEPTH,
            on_fault: None,
            params: Setting::from_json(params, &origin),
            origins: Origins {
                stage: origin.clone(),
                name: origin.clone(),
                kind: origin.clone(),
                on_fault: origin.clone(),
                place: origin.clone(),
                inputs: vec![origin],
            },
        });
    }

    /// The pipeline as a file: what it is now, overrides included.
    pub fn to_toml(&self) -> String {
        let mut text = format!("name = {}\n", quoted(&self.name));
        if !self.description.is_empty() {
            text += &format!("description = {}\n", quoted(&self.description));
        }
        if self.max_memory_mb != MEGABYTES {
            text += &format!("max_memory_mb = {}\n", self.max_memory_mb);
        }
        if self.on_fault != OnFault::End {
            text += &format!("on_fault = \"{}\"\n", self.on_fault.name());
        }
        for place in &self.places {
            text += &format!("\n[[place]]\nname = {}\n", quoted(&place.name));
            if let Some(board) = &place.board {
                text += &format!("board = {}\n", quoted(board));
            }
            if place.private {
                text += "private = true\n";
            }
        }
        for stage in &self.stages {
            text += &format!("\n[[stage]]\nname = {}\n", quoted(&stage.name));
            text += &format!("kind = {}\n", quoted(&stage.kind));
            if !stage.origins.inputs.is_empty() {
                let inputs: Vec<String> = stage.inputs.iter().map(|input| quoted(input)).collect();
                text += &format!("inputs = [{}]\n", inputs.join(", "));
            }
            if let Some(place) = &stage.place {
                text += &format!("place = {}\n", quoted(place));
            }
            if let Some(lane) = &stage.lane {
                text += &format!("lane = {}\n", quoted(lane));
            }
            if stage.on_full != Policy::Block {
                text += &format!("on_full = \"{}\"\n", stage.on_full.name());
            }
            if stage.depth != DEFAULT_DEPTH {
                text += &format!("depth = {}\n", stage.depth);
            }
            if let Some(on_fault) = stage.on_fault {
                text += &format!("on_fault = \"{}\"\n", on_fault.name());
            }
            for entry in stage.params.entries() {
                text += &format!("{} = {}\n", key(&entry.key), inline(&entry.setting));
            }
        }
        text
    }
}

fn parse(value: &str, origin: &Origin) -> Setting {
    let line = format!("value = {value}");
    let parsed = DeTable::parse(&line).ok().and_then(|table| {
        let value = table.get_ref().iter().next().map(|(_, value)| Setting::read(value))?;
        value.ok().map(|setting| Setting::from_json(&setting.to_json(), origin))
    });
    parsed.unwrap_or_else(|| Setting { origin: origin.clone(), value: SettingValue::Text(value.to_owned()) })
}

/// Sets what a place is.
fn set_place(place: &mut PlaceSpec, key: &str, value: &Setting) -> Result<(), PlanError> {
    match (key, &value.value, value.text()) {
        ("private", SettingValue::Bool(private), _) => place.private = *private,
        ("board", _, Some(board)) => {
            (place.board, place.board_origin) = (Some(board.to_owned()), value.origin.clone())
        }
        ("private" | "board", ..) => {
            let expected = if key == "private" { "true or false" } else { "a string" };
            let message =
                format!("`{key}` of the place `{}` is {}, expected {expected}", place.name, value.to_json());
            return Err(PlanError::at(&value.origin, message));
        }
        _ => {
            let error = PlanError::at(&value.origin, format!("`{key}` of a place cannot be set"));
            return Err(error.help("only `private` and `board` can be set"));
        }
    }
    Ok(())
}

/// Sets one of the keys that every stage has, checked as in a file.
fn set_shared(spec: &mut StageSpec, key: &str, value: &Setting) -> Result<(), PlanError> {
    super::check(value, &stage_keys()[key], &format!("`{key}` of `{}`", spec.name))?;
    match (&value.value, value.text()) {
        (SettingValue::Integer(depth), _) => spec.depth = *depth as usize,
        (_, Some(policy)) if key == "on_full" => spec.on_full = Policy::named(policy).unwrap_or_default(),
        (_, Some(name)) if key == "on_fault" => spec.on_fault = OnFault::named(name),
        (_, place) if key == "place" => {
            spec.place = place.map(str::to_owned);
            spec.origins.place = value.origin.clone();
        }
        (_, lane) => spec.lane = lane.map(str::to_owned),
    }
    Ok(())
}

fn assign(into: &mut Setting, path: &str, value: Setting, origin: &Origin) -> Result<(), PlanError> {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let kind = into.kind();
    let place = match &mut into.value {
        SettingValue::Table(entries) => match entries.iter().position(|entry| entry.key == key) {
            Some(index) => {
                entries[index].origin = origin.clone();
                &mut entries[index].setting
            }
            None => {
                let index = rest
                    .and_then(|rest| rest.split('.').next())
                    .is_some_and(|key| key.parse::<usize>().is_ok());
                let setting = if index { list(origin) } else { Setting::table(Vec::new(), origin.clone()) };
                entries.push(Entry { key: key.to_owned(), origin: origin.clone(), setting });
                &mut entries.last_mut().expect("an entry was just pushed").setting
            }
        },
        SettingValue::List(items) => {
            let count = items.len();
            let index = key.parse::<usize>().ok();
            if index == Some(count) {
                // The next one, as the file would list it.
                items.push(Setting::table(Vec::new(), origin.clone()));
            }
            let item = index.and_then(|index| items.get_mut(index));
            let missing = || {
                PlanError::at(
                    origin,
                    format!("`{key}` is not an index into an array of {count} items (the first is 0)"),
                )
            };
            item.ok_or_else(missing)?
        }
        _ => {
            return Err(PlanError::at(origin, format!("`{key}`: a {kind} has no keys")));
        }
    };
    match rest {
        Some(rest) => assign(place, rest, value, origin),
        None => {
            *place = value;
            Ok(())
        }
    }
}

/// An array without items.
fn list(origin: &Origin) -> Setting {
    Setting { origin: origin.clone(), value: SettingValue::List(Vec::new()) }
}

/// A string as TOML writes it, which escapes more than JSON does.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

fn inline(setting: &Setting) -> String {
    match &setting.value {
        SettingValue::Float(number) => format!("{number:?}"),
        SettingValue::Text(text) => quoted(text),
        SettingValue::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        SettingValue::Table(entries) => {
            let pairs: Vec<String> = entries
                .iter()
                .map(|entry| format!("{} = {}", key(&entry.key), inline(&entry.setting)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        _ => setting.to_json().to_string(),
    }
}
