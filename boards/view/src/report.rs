//! `--report`: the page as one file, with all that the run has reported and its sound.

use std::io;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::feed::Feed;
use super::kept::Kept;

/// Seconds of a recording that a report holds as a whole. Of a longer one it holds features, images and sound around detections
/// only.
const LONG: f64 = 600.0;
/// Seconds that it holds before the beginning of a detection, and after its end.
const AROUND: (f64, f64) = (6.0, 4.0);

const INDEX: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/view.css");
const VIEW: &str = include_str!("page/view.js");
const DRAW: &str = include_str!("page/draw.js");
const ENROL: &str = include_str!("page/enrol.js");

/// A stretch of the stream, in seconds.
type Span = (f64, f64);

/// Writes all that a feed has reported as a page in one file. The stream is over.
///
/// # Errors
/// When the file cannot be written.
pub fn write(feed: &Feed, path: &Path) -> io::Result<()> {
    let (messages, _) = feed.join();
    std::fs::write(path, page(&messages, &feed.kept()))
}

/// The page as one file.
fn page(messages: &[Arc<str>], kept: &Kept) -> String {
    let mut messages: Vec<Value> =
        messages.iter().filter_map(|message| serde_json::from_str(message).ok()).collect();
    let heard = kept.heard().unwrap_or(0.0);
    let spans = if heard > LONG { around(&messages) } else { vec![(0.0, heard)] };
    if heard > LONG {
        thin(&mut messages, &spans);
    }
    let piece = |(from, to): &Span| {
        let wav = kept.wav(*from, *to).ok()?;
        Some(json!({"from": from, "to": to, "wav": STANDARD.encode(wav)}))
    };
    let sound: Vec<Value> = spans.iter().filter_map(piece).collect();
    let module = |text: &str| format!("data:text/javascript;base64,{}", STANDARD.encode(text));
    let script = format!(
        "<script type=\"application/json\" id=\"recorded\">{}</script>\n\
         <script type=\"application/json\" id=\"sound\">{}</script>\n\
         <script type=\"module\">\n{}</script>",
        embedded(&json!(messages)),
        embedded(&json!(sound)),
        VIEW.replace("/draw.js", &module(DRAW)).replace("/enrol.js", &module(ENROL))
    );
    INDEX
        .replace("<link rel=\"stylesheet\" href=\"/view.css\">", &format!("<style>\n{STYLE}</style>"))
        .replace("<script type=\"module\" src=\"/view.js\"></script>", &script)
}

/// JSON that cannot end the element that holds it.
fn embedded(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// What lies around the detections, from the first on, without overlaps.
fn around(messages: &[Value]) -> Vec<Span> {
    let news = messages.iter().filter_map(|message| message["news"].as_array()).flatten();
    let events = news.filter_map(|news| news["events"].as_array()).flatten();
    let span = |event: &Value| Some((event["start"].as_f64()? - AROUND.0, event["at"].as_f64()? + AROUND.1));
    let mut spans: Vec<Span> = events.filter_map(span).map(|(from, to)| (from.max(0.0), to)).collect();
    spans.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut joined: Vec<Span> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Leaves features and images outside the spans out.
fn thin(messages: &mut [Value], spans: &[Span]) {
    let is_kept =
        |at: &Value| at.as_f64().is_some_and(|at| spans.iter().any(|(from, to)| (*from..=*to).contains(&at)));
    for news in messages.iter_mut().filter_map(|message| message["news"].as_array_mut()).flatten() {
        if let (Some(times), Some(columns)) = (news["at"].as_array(), news["columns"].as_array()) {
            let pairs = times.iter().zip(columns).filter(|(at, _)| is_kept(at));
            let (times, columns): (Vec<Value>, Vec<Value>) =
                pairs.map(|(at, column)| (at.clone(), column.clone())).unzip();
            *news = json!({"at": times, "columns": columns});
        } else if !news["pixels"].is_null() && !is_kept(&news["at"]) {
            *news = Value::Null;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Keeps;
    use super::*;

    fn messages() -> Vec<Arc<str>> {
        let event =
            |at: f64| json!({"news": [{"events": [{"start": at - 0.5, "at": at, "label": "</script>"}]}]});
        let columns = json!({"news": [{"at": [1.0, 99.0, 200.0], "columns": ["00", "11", "22"]}]});
        let all = [json!({"hello": {"name": "yes_no"}}), event(100.0), event(103.0), event(900.0), columns];
        all.iter().map(|message| Arc::from(message.to_string())).collect()
    }

    fn part<'a>(page: &'a str, id: &str) -> &'a str {
        let (_, after) = page.split_once(&format!("id=\"{id}\">")).unwrap();
        after.split_once("</script>").unwrap().0
    }

    #[test]
    fn a_short_run_is_held_as_a_whole_and_needs_nothing_else() {
        let mut kept = Kept::new(Keeps::Everything);
        kept.hear(10, 0, &[1; 50]);
        let page = page(&messages(), &kept);
        assert!(!page.contains("src=\"/") && !page.contains("href=\"/") && !page.contains("from '/"));
        let found: Vec<Value> = serde_json::from_str(part(&page, "recorded")).unwrap();
        assert_eq!(found.len(), 5);
        assert_eq!(found[4]["news"][0]["columns"].as_array().unwrap().len(), 3);
        let sound: Vec<Value> = serde_json::from_str(part(&page, "sound")).unwrap();
        assert_eq!((sound.len(), &sound[0]["to"]), (1, &json!(5.0)));
    }

    #[test]
    fn of_a_long_run_only_what_lies_around_detections_is_held() {
        let mut kept = Kept::new(Keeps::Everything);
        kept.hear(10, 0, &[1; 10_000]);
        let page = page(&messages(), &kept);
        let sound: Vec<Value> = serde_json::from_str(part(&page, "sound")).unwrap();
        let spans: Vec<_> = sound.iter().map(|piece| (piece["from"].clone(), piece["to"].clone())).collect();
        assert_eq!(spans, [(json!(93.5), json!(107.0)), (json!(893.5), json!(904.0))]);
        let found: Vec<Value> = serde_json::from_str(part(&page, "recorded")).unwrap();
        assert_eq!(found[4]["news"][0], json!({"at": [99.0], "columns": ["11"]}));
    }
}
