//! `model.toml`: what no `.tflite` says of a model.

use std::path::{Path, PathBuf};

use kws_engine::{Assets, OperatingPoint, Port, Step};
use serde::Deserialize;
use serde_json::Value;

/// What `model.toml` beside a `.tflite` states.
///
/// ```toml
/// labels = ["silence", "unknown", "yes", "no"]
/// clock = 16000
///
/// [[front_end]]
/// kind = "mfcc"
/// window_ms = 30
///
/// [[point]]
/// name = "default"
/// label = "yes"
/// on = 0.8
/// ```
///
/// Each `front_end` is a stage between the source and the classifier, in order. Of its parameters only those that
/// the model depends on need be stated; the others are left to the pipeline. Each `point` says when a label counts as
/// heard: what a `trigger` goes by where the pipeline gives it no points. Keys that are not named here, such as
/// how the model was trained, are for people and for other tools.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ModelInfo {
    /// Names of the outputs, in order.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Ticks per second of the source that the model was trained on.
    pub clock: Option<u32>,
    /// The stages between the source and the classifier.
    #[serde(default)]
    front_end: Vec<FrontEnd>,
    /// Operating points that were calibrated.
    #[serde(default, rename = "point")]
    pub points: Vec<OperatingPoint>,
}

#[derive(Clone, Debug, Deserialize)]
struct FrontEnd {
    kind: String,
    #[serde(flatten)]
    params: serde_json::Map<String, Value>,
}

/// The text of a file.
pub(super) fn text_of(path: &Path, assets: &Assets) -> Result<String, String> {
    let unread = |why: String| format!("cannot read `{}`: {why}", path.display());
    let bytes = assets.read(path).map_err(|error| unread(error.to_string()))?;
    String::from_utf8(bytes.into_owned()).map_err(|error| unread(error.to_string()))
}

impl ModelInfo {
    /// Where the card of a model lies: `NAME.toml` beside `NAME.tflite`, or else `model.toml` in the same folder.
    pub fn path(model: &Path, assets: &Assets) -> Option<PathBuf> {
        [model.with_extension("toml"), model.with_file_name("model.toml")]
            .into_iter()
            .find(|path| assets.has(path))
    }

    /// Reads the card of a model; an empty one where there is none.
    ///
    /// # Errors
    ///
    /// Says what in the card cannot be read.
    pub fn beside(model: &Path, assets: &Assets) -> Result<Self, String> {
        let Some(path) = Self::path(model, assets) else { return Ok(Self::default()) };
        let text = text_of(&path, assets)?;
        Self::parse(&text).map_err(|error| format!("in `{}`: {error}", path.display()))
    }

    /// Reads the text of a card.
    ///
    /// # Errors
    ///
    /// Says what cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Compares what the model expects with what a port carries.
    ///
    /// # Errors
    ///
    /// Says in what they differ. A card that states no front end accepts any.
    pub fn accepts(&self, port: &Port) -> Result<(), String> {
        self.clocked(port)?;
        Self::follows(&self.front_end, port)
    }

    /// As [`accepts`](ModelInfo::accepts), for a port that carries the single frames of a model that runs on `window` of
    /// them: the `stack` that the card may state last is the model's own.
    ///
    /// # Errors
    ///
    /// As [`accepts`](ModelInfo::accepts).
    pub fn accepts_frames(&self, port: &Port, window: usize) -> Result<(), String> {
        let stacked = |step: &FrontEnd| {
            step.kind == "stack" && step.params.get("frames").is_none_or(|frames| *frames == window)
        };
        match self.front_end.split_last() {
            Some((last, frames)) if stacked(last) => {
                self.clocked(port)?;
                Self::follows(frames, port)
            }
            _ => self.accepts(port),
        }
    }

    fn clocked(&self, port: &Port) -> Result<(), String> {
        match self.clock.filter(|clock| *clock != port.clock) {
            Some(clock) => Err(format!("found {} ticks per second, expected {clock}", port.clock)),
            None => Ok(()),
        }
    }

    /// Compares stages with those that made what a port carries; none accept any.
    fn follows(front_end: &[FrontEnd], port: &Port) -> Result<(), String> {
        if front_end.is_empty() {
            return Ok(());
        }
        let kinds = |kinds: Vec<&str>| match kinds.is_empty() {
            true => "no stage".to_owned(),
            false => format!("`{}`", kinds.join("` → `")),
        };
        let before = port.made_by.len().saturating_sub(front_end.len());
        let (before, own) = port.made_by.split_at(before);
        let made_by = if before.iter().all(|step| step.is_conditioning) { own } else { &port.made_by };
        let found: Vec<&str> = made_by.iter().map(|step| step.kind.as_str()).collect();
        let expected: Vec<&str> = front_end.iter().map(|step| step.kind.as_str()).collect();
        if found != expected {
            return Err(format!("found {}, expected {}", kinds(found), kinds(expected)));
        }
        front_end.iter().zip(made_by).try_for_each(|(expected, found)| expected.accepts(found))
    }
}

impl FrontEnd {
    fn accepts(&self, step: &Step) -> Result<(), String> {
        for (key, expected) in &self.params {
            let found = step.params.get(key).unwrap_or(&Value::Null);
            if !same(found, expected) {
                return Err(format!(
                    "found `{key} = {found}` in `{}`, expected `{key} = {expected}`",
                    self.kind
                ));
            }
        }
        Ok(())
    }
}

/// Whether two parameters say the same, `30` and `30.0` included.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws_engine::{Element, Role};

    fn port(window_ms: f64) -> Port {
        let mut port = Port::source(Element::F32, vec![10], Role::MFCC, 16_000, 320);
        let params = serde_json::json!({ "window_ms": window_ms, "bands": 40 });
        port.made_by.push(Step { kind: "mfcc".into(), params, is_conditioning: false });
        port
    }

    #[test]
    fn a_card_names_the_parameter_that_differs() {
        let card = ModelInfo::parse("clock = 16000\n[[front_end]]\nkind = \"mfcc\"\nwindow_ms = 30").unwrap();
        assert_eq!(card.accepts(&port(30.0)), Ok(()));
        let error = card.accepts(&port(25.0)).unwrap_err();
        assert_eq!(error, "found `window_ms = 25.0` in `mfcc`, expected `window_ms = 30`");
    }

    #[test]
    fn a_card_names_the_stages_and_the_clock_that_differ() {
        let card =
            ModelInfo::parse("[[front_end]]\nkind = \"mfcc\"\n[[front_end]]\nkind = \"stack\"").unwrap();
        assert_eq!(card.accepts(&port(30.0)).unwrap_err(), "found `mfcc`, expected `mfcc` → `stack`");
        let card = ModelInfo::parse("clock = 8000").unwrap();
        assert_eq!(card.accepts(&port(30.0)).unwrap_err(), "found 16000 ticks per second, expected 8000");
        assert_eq!(ModelInfo::default().accepts(&port(30.0)), Ok(()));
    }

    #[test]
    fn a_card_of_images_takes_any_cameras() {
        let card = ModelInfo::parse("[[front_end]]\nkind = \"resize\"\nwidth = 96").unwrap();
        let port = |kinds: &[&str]| {
            let mut port = Port::source(Element::U8, vec![96, 96, 3], Role::new("rgb"), 1_000_000, 1);
            let params = serde_json::json!({ "width": 96 });
            port.made_by.extend(kinds.iter().map(|kind| Step {
                kind: (*kind).into(),
                params: params.clone(),
                is_conditioning: ["colour", "crop"].contains(kind),
            }));
            port
        };
        assert_eq!(card.accepts(&port(&["colour", "crop", "resize"])), Ok(()));
        let error = card.accepts(&port(&["blur", "resize"])).unwrap_err();
        assert_eq!(error, "found `blur` → `resize`, expected `resize`");
    }
}
