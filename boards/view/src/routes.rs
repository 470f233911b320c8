//! What the page can ask for, and what it can change.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::feed::Feed;
use super::request::Request;

/// What an answer consists of.
#[derive(Debug)]
pub struct Answer {
    pub(super) status: &'static str,
    pub(super) kind: &'static str,
    /// Further header lines.
    pub(super) extra: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// That it is done, or why it is not.
    #[must_use]
    pub fn done(done: Result<String, String>) -> Answer {
        match done {
            Ok(text) => Answer::text("200 OK", text),
            Err(text) => Answer::text("400 Bad Request", text),
        }
    }

    /// A value.
    #[must_use]
    pub fn json(value: &Value) -> Answer {
        Answer::bytes("application/json", value.to_string().into())
    }

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

/// What a program shows on its page, and what its viewers may do. Only requests that may be answered come here.
pub trait Site: Send + Sync + 'static {
    /// The feed that a request is about. It lives as long as somebody holds it.
    fn feed(&self, request: &Request) -> Option<Arc<Feed>>;

    /// Turns a knob, and tells every viewer.
    ///
    /// # Errors
    /// When there is no such knob.
    fn turn(&self, request: &Request, turn: Turn) -> Result<(), String>;

    /// Where judged clips go.
    fn clips(&self) -> Option<&Path>;

    /// What the page offers beside all that every page does.
    fn offers(&self) -> Value;

    /// The answer to what only this program answers.
    fn answer(&self, request: &Request) -> Option<Answer>;
}

/// A knob, and where it is to stand.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Turn {
    /// Its index.
    pub knob: usize,
    /// From 0 to 1.
    pub value: f32,
}

/// A file of the page: its type and its text.
pub(super) fn page(path: &str) -> Option<(&'static str, &'static str)> {
    match path {
        "/" => Some(("text/html; charset=utf-8", include_str!("page/index.html"))),
        "/view.css" => Some(("text/css; charset=utf-8", include_str!("page/view.css"))),
        "/view.js" => Some(("text/javascript; charset=utf-8", include_str!("page/view.js"))),
        "/draw.js" => Some(("text/javascript; charset=utf-8", include_str!("page/draw.js"))),
        "/enrol.js" => Some(("text/javascript; charset=utf-8", include_str!("page/enrol.js"))),
        _ => None,
    }
}

/// Answers a request that may be answered.
pub(super) fn answer(request: &Request, site: &dyn Site) -> Answer {
    if let Some(answer) = site.answer(request) {
        return answer;
    }
    match request.target() {
        ("GET", "/sound.wav") => match site.feed(request) {
            Some(feed) => sound(request, &feed),
            None => Answer::text("404 Not Found", "nobody looks at this stream"),
        },
        ("GET", "/offers") => {
            let mut offers = site.offers();
            offers["judge"] = site.clips().is_some().into();
            Answer::json(&offers)
        }
        ("POST", "/knob") => {
            let turn = serde_json::from_slice(&request.body).map_err(|error| error.to_string());
            Answer::done(turn.and_then(|turn| site.turn(request, turn)).map(|()| String::new()))
        }
        ("POST", "/clip") => Answer::done(judge(request, site)),
        ("GET", path) => match page(path) {
            Some((kind, text)) => Answer::bytes(kind, text.into()),
            None => Answer::text("404 Not Found", "there is nothing here"),
        },
        _ => Answer::text("405 Method Not Allowed", "only GET and POST"),
    }
}

/// Seconds.
const LONGEST_CLIP: f64 = 10.0;

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

/// Writes the clip of an event that a viewer has judged; the name of its file.
fn judge(request: &Request, site: &dyn Site) -> Result<String, String> {
    let folder = site.clips().ok_or("start with --view-clips DIR to keep clips")?;
    let judged: Judged = serde_json::from_slice(&request.body).map_err(|error| error.to_string())?;
    if judged.to - judged.from > LONGEST_CLIP {
        return Err(format!("a clip lasts at most {LONGEST_CLIP} s"));
    }
    let feed = site.feed(request).ok_or("nobody looks at this stream")?;
    let label = feed.labels().iter().find(|label| **label == judged.label).ok_or("there is no such label")?;
    let wav = feed.kept().wav(judged.from, judged.to).map_err(|error| error.to_string())?;
    let verdict = match judged.verdict {
        Verdict::Right => "right",
        Verdict::Wrong => "wrong",
    };
    let plain = |letter: char| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' };
    let folder = folder.join(verdict).join(label.chars().map(plain).collect::<String>());
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let now = humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string().replace(':', "-");
    let file = folder.join(format!("{now}.wav"));
    fs::write(&file, wav).map_err(|error| error.to_string())?;
    Ok(file.display().to_string())
}

/// Part of the sound that is kept.
fn sound(request: &Request, feed: &Feed) -> Answer {
    let seconds = |key: &str, or: f64| match request.value(key) {
        None => Some(or),
        Some(text) => text.parse().ok().filter(|seconds: &f64| seconds.is_finite()),
    };
    let (Some(from), Some(to)) = (seconds("from", 0.0), seconds("to", 1e9)) else {
        return Answer::text("400 Bad Request", "`from` and `to` are seconds of the stream");
    };
    match feed.kept().wav(from, to) {
        Err(error) => Answer::text("404 Not Found", error.to_string()),
        Ok(wav) => {
            let name: String = feed
                .name()
                .chars()
                .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                .collect();
            let extra = format!("Content-Disposition: inline; filename=\"{name}.wav\"\r\n");
            Answer { extra, ..Answer::bytes("audio/wav", wav) }
        }
    }
}
