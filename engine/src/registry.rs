//! The kinds that a pipeline may name.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::design::{Design, DesignError, Kind, Site};
use crate::facts::{Devices, Effect, Scheme, Trace};

/// The kinds that a pipeline may name: an explicit value, filled by whoever makes the program.
///
/// ```
/// # use kws_engine::Registry;
/// let registry = Registry::new();
/// assert!(registry.kind("mfcc").is_none());
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Entry>,
}

/// What the registry knows of one kind.
#[derive(Clone)]
pub struct Entry {
    /// The name that files use.
    pub name: &'static str,
    /// How many inputs it takes.
    pub inputs: RangeInclusive<usize>,
    /// JSON Schema of its parameters, from which come the checks, `--stages`, `--schema` and the editor's help.
    pub schema: Value,
    /// What it leaves in the history of the stream that it writes.
    pub trace: Trace,
    /// What it does beside writing blocks.
    pub effect: Effect,
    /// How a command line names what it reads.
    pub scheme: Option<Scheme>,
    pub(crate) whole_clips: bool,
    devices: fn() -> Option<Devices>,
    design: DesignFn,
}

/// A design and the parameters it was made from, defaults filled in.
pub(crate) type Designed = (Box<dyn Design>, Value);
type DesignFn = fn(Value, &Site<'_>) -> Result<Designed, DesignError>;

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Registry::default()
    }

    /// Adds a kind. A later one of the same name takes the place of the former: a board binds `mic` so.
    pub fn add<K: Kind>(&mut self) -> &mut Self {
        let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
        let schema = settings.into_generator().into_root_schema_for::<K>().to_value();
        let entry = Entry {
            name: K::NAME,
            inputs: K::INPUTS,
            schema,
            trace: K::TRACE,
            effect: K::EFFECT,
            scheme: K::SCHEME,
            whole_clips: K::WHOLE_CLIPS,
            devices: K::devices,
            design: design::<K>,
        };
        self.kinds.insert(K::NAME, entry);
        self
    }

    /// One kind.
    pub fn kind(&self, name: &str) -> Option<&Entry> {
        self.kinds.get(name)
    }

    /// All kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &Entry> {
        self.kinds.values()
    }
}

fn design<K: Kind>(params: Value, site: &Site<'_>) -> Result<Designed, DesignError> {
    let params: K = serde_json::from_value(params).map_err(|error| DesignError::new(error.to_string()))?;
    let resolved = serde_json::to_value(&params).map_err(|error| DesignError::new(error.to_string()))?;
    Ok((params.design(site)?, resolved))
}

impl Entry {
    /// The devices that it may read, of a kind that reads one: those that are there now.
    pub fn devices(&self) -> Option<Devices> {
        (self.devices)()
    }

    /// Whether it is a source: a kind that reads nothing.
    pub fn is_source(&self) -> bool {
        *self.inputs.end() == 0
    }

    /// The kind's one-line description.
    pub fn doc(&self) -> &str {
        self.schema.get("description").and_then(Value::as_str).unwrap_or("")
    }

    /// Its parameters with their schemas, in the order of declaration where the schema keeps it.
    pub fn params(&self) -> impl Iterator<Item = (&str, &Value)> {
        let properties = self.schema.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// Whether a file must give this parameter.
    pub fn requires(&self, param: &str) -> bool {
        let required = self.schema.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|name| name == param))
    }

    pub(crate) fn design(&self, params: Value, site: &Site<'_>) -> Result<Designed, DesignError> {
        (self.design)(params, site)
    }
}
