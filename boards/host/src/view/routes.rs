//! What the page can ask for, and what it can change.

use std::fs;
use std::path::PathBuf;

use kws_engine::{Knob, Plan};
use serde::Deserialize;
use serde_json::json;

use super::feed::Shared;
use super::request::Request;

/// What an answer consists of.
pub(super) struct Answer {
    pub(super) status: &'static str,
    pub(super) kind: &'static str,
    /// Further header lines.
    pub(super) extra: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(status: &'static str, text: impl Into<String>) -> Answer {
        Answer {
            status,
            kind: "text/plain; charset=utf-8",
            extra: String::new(),
            body: text.into().into_bytes(),
        }
    }

    fn bytes(kind: &'static str, body: Vec<u8>) -> Answer {
        Answer { status: "200 OK", kind, extra: String::new(), body }
    }
}

/// A file of the page: its type and its text.
pub(super) fn page(path: &str) -> Option<(&'static str, &'static str)> {
    match path {
        "/" => Some(("text/html; charset=utf-8", include_str!("page/index.html"))),
        "/view.css" => Some(("text/css; charset=utf-8", include_str!("page/view.css"))),
        "/view.js" => Some(("text/javascript; charset=utf-8", include_str!("page/view.js"))),
        "/draw.js" => Some(("text/javascript; charset=utf-8", include_str!("page/draw.js"))),
        _ => None,
    }
}

/// What a viewer may change.
pub(super) struct Changes {
    name: String,
    knobs: Vec<Knob>,
    /// Where judged clips go.
    clips: Option<PathBuf>,
}

impl Changes {
    pub(super) fn new(plan: &Plan, clips: Option<PathBuf>) -> Changes {
        Changes { name: plan.name.clone(), knobs: plan.knobs.clone(), clips }
    }

    /// Turns a knob, and tells every viewer.
    fn turn(&self, body: &[u8], shared: &Shared) -> Result<(), String> {
        let turn: Turn = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let knob = self.knobs.get(turn.knob).ok_or("there is no such knob")?;
        knob.turn(turn.value);
        shared.stand(format!("knob {}", turn.knob), &json!({ "knob": turn.knob, "value": knob.value() }));
        Ok(())
    }

    /// Writes the clip of an event that a viewer has judged; the name of its file.
    fn judge(&self, body: &[u8], shared: &Shared) -> Result<String, String> {
        let folder = self.clips.as_ref().ok_or("start with --view-clips DIR to keep clips")?;
        let judged: Judged = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if judged.to - judged.from > LONGEST_CLIP {
            return Err(format!("a clip lasts at most {LONGEST_CLIP} s"));
        }
        let label = self.knobs.iter().map(|knob| knob.label.as_str()).find(|label| *label == judged.label);
        let label = label.ok_or("there is no such label")?;
        let wav = shared.kept().wav(judged.from, judged.to).map_err(|error| error.to_string())?;
        let verdict = match judged.verdict {
            Verdict::Right => "right",
            Verdict::Wrong => "wrong",
        };
        let plain = |letter: char| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' };
        let folder = folder.join(verdict).join(label.chars().map(plain).collect::<String>());
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let now =
            humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string().replace(':', "-");
        let file = folder.join(format!("{now}.wav"));
        fs::write(&file, wav).map_err(|error| error.to_string())?;
        Ok(file.display().to_string())
    }
}

/// Seconds.
const LONGEST_CLIP: f64 = 10.0;

#[derive(Deserialize)]
struct Turn {
    knob: usize,
    value: f32,
}

#[derive(Deserialize)]
struct Judged {
    label: String,
    from: f64,
    to: f64,
    verdict: Verdict,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Right,
    Wrong,
}

/// Answers a request that may be answered.
pub(super) fn answer(request: &Request, shared: &Shared, changes: &Changes) -> Answer {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/sound.wav") => sound(request, shared, &changes.name),
        ("GET", "/clips") => {
            Answer::bytes("application/json", json!(changes.clips.is_some()).to_string().into())
        }
        ("POST", "/knob") => match changes.turn(&request.body, shared) {
            Ok(()) => Answer::text("200 OK", ""),
            Err(text) => Answer::text("400 Bad Request", text),
        },
        ("POST", "/clip") => match changes.judge(&request.body, shared) {
            Ok(file) => Answer::text("200 OK", file),
            Err(text) => Answer::text("400 Bad Request", text),
        },
        ("GET", path) => match page(path) {
            Some((kind, text)) => Answer::bytes(kind, text.into()),
            None => Answer::text("404 Not Found", "there is nothing here"),
        },
        _ => Answer::text("405 Method Not Allowed", "only GET and POST"),
    }
}

/// Part of the sound that is kept.
fn sound(request: &Request, shared: &Shared, name: &str) -> Answer {
    let seconds = |key: &str, or: f64| match request.value(key) {
        None => Some(or),
        Some(text) => text.parse().ok().filter(|seconds: &f64| seconds.is_finite()),
    };
    let (Some(from), Some(to)) = (seconds("from", 0.0), seconds("to", 1e9)) else {
        return Answer::text("400 Bad Request", "`from` and `to` are seconds of the stream");
    };
    match shared.kept().wav(from, to) {
        Err(error) => Answer::text("404 Not Found", error.to_string()),
        Ok(wav) => {
            let name: String =
                name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
            let extra = format!("Content-Disposition: inline; filename=\"{name}.wav\"\r\n");
            Answer { extra, ..Answer::bytes("audio/wav", wav) }
        }
    }
}
