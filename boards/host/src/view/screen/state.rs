//! What the messages have shown so far.

use std::collections::VecDeque;

use serde_json::Value;

/// Seconds that are drawn.
pub(super) const SPAN: f64 = 10.0;
/// Lines that are kept of each list.
const LINES: usize = 100;
/// The highest magnitude of a sample.
const FULL: f64 = 32_768.0;

/// All that is drawn.
#[derive(Default)]
pub(super) struct State {
    pub(super) name: String,
    edges: Vec<Edge>,
    pub(super) stages: Vec<Stage>,
    pub(super) knobs: Vec<Knob>,
    /// Rings between lanes, each in a line.
    pub(super) rings: Vec<String>,
    pub(super) levels: VecDeque<Level>,
    /// The scores as the model gives them, and as they are decided on; the labels are those of the latter.
    pub(super) raw: VecDeque<Scores>,
    pub(super) scores: VecDeque<Scores>,
    pub(super) labels: Vec<String>,
    /// Newest last.
    pub(super) events: VecDeque<Found>,
    pub(super) notes: VecDeque<String>,
    /// Seconds of stream.
    pub(super) now: f64,
    pub(super) has_sound: bool,
    /// Share of a core that all stages take.
    pub(super) busy: f64,
    pub(super) missed: u64,
    pub(super) over: bool,
    chosen: usize,
}

struct Edge {
    what: What,
    labels: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Sound,
    Raw,
    Scores,
    Events,
    Other,
}

pub(super) struct Stage {
    pub(super) name: String,
    pub(super) lane: String,
    pub(super) busy: Option<f64>,
    pub(super) blocks: u64,
    pub(super) gaps: u64,
    pub(super) restarts: u64,
}

/// The sensitivity of a label.
pub(super) struct Knob {
    pub(super) label: String,
    pub(super) value: f64,
    /// Thresholds from value 0 to 1.
    scores: Vec<f64>,
}

/// A column of the level.
#[derive(Clone, Copy)]
pub(super) struct Level {
    pub(super) at: f64,
    pub(super) rms: f64,
    pub(super) peak: f64,
}

pub(super) struct Scores {
    pub(super) at: f64,
    pub(super) of: Vec<f64>,
}

pub(super) struct Found {
    pub(super) at: f64,
    pub(super) label: String,
    pub(super) score: f64,
    /// Seconds from the decision to its report, where it is known.
    pub(super) late: Option<f64>,
}

impl State {
    /// Takes a message in, as the page does.
    pub(super) fn take(&mut self, message: &str) {
        let Ok(message) = serde_json::from_str::<Value>(message) else { return };
        if !message["hello"].is_null() {
            self.begin(&message["hello"], list(&message["edges"]));
        }
        for (index, news) in list(&message["news"]).iter().enumerate().filter(|(_, news)| !news.is_null()) {
            self.hear(index, news);
        }
        if !message["stats"].is_null() {
            self.stats(&message["stats"]);
            self.missed = whole(&message["missed"]);
        }
        if let Some(knob) = message["knob"].as_u64().and_then(|index| self.knobs.get_mut(index as usize)) {
            knob.value = number(&message["value"]);
        }
        self.over |= message["over"] == true;
    }

    fn begin(&mut self, hello: &Value, edges: &[Value]) {
        self.name = text(&hello["name"]);
        let stage = |stage: &Value| Stage {
            name: text(&stage["name"]),
            lane: text(&stage["lane"]),
            busy: None,
            blocks: 0,
            gaps: 0,
            restarts: 0,
        };
        self.stages = list(&hello["stages"]).iter().map(stage).collect();
        let knob = |knob: &Value| Knob {
            label: text(&knob["label"]),
            value: number(&knob["value"]),
            scores: list(&knob["scores"]).iter().map(number).collect(),
        };
        self.knobs = list(&hello["knobs"]).iter().map(knob).collect();
        let deciding = edges.iter().rposition(|edge| edge["what"] == "scores");
        let edge = |(index, edge): (usize, &Value)| {
            let what = match edge["what"].as_str() {
                Some("audio") => What::Sound,
                Some("events") => What::Events,
                Some("scores") if Some(index) == deciding => What::Scores,
                Some("scores") => What::Raw,
                _ => What::Other,
            };
            Edge { what, labels: list(&edge["labels"]).iter().map(text).collect() }
        };
        self.edges = edges.iter().enumerate().map(edge).collect();
        self.labels = deciding.map(|index| self.edges[index].labels.clone()).unwrap_or_default();
        self.has_sound = self.edges.iter().any(|edge| edge.what == What::Sound);
    }

    /// What has come over an edge.
    fn hear(&mut self, index: usize, news: &Value) {
        let Some(edge) = self.edges.get(index) else { return };
        match edge.what {
            What::Sound => {
                let (at, step) = (number(&news["at"]), number(&news["step"]));
                let columns = list(&news["rms"]).iter().zip(list(&news["low"])).zip(list(&news["high"]));
                for (place, ((rms, low), high)) in columns.enumerate() {
                    let peak = number(high).max(-number(low));
                    let at = at + step * place as f64;
                    self.levels.push_back(Level { at, rms: number(rms) / FULL, peak: peak / FULL });
                }
                self.now = self.now.max(self.levels.back().map_or(0.0, |level| level.at));
                forget(&mut self.levels, |level| level.at);
            }
            What::Scores | What::Raw => {
                // Other classifiers have other labels, and no place in this plot.
                if edge.labels != self.labels {
                    return;
                }
                let kept = if edge.what == What::Scores { &mut self.scores } else { &mut self.raw };
                for (at, scores) in list(&news["at"]).iter().zip(list(&news["scores"])) {
                    let of = list(scores).iter().map(number).collect();
                    kept.push_back(Scores { at: number(at), of });
                }
                self.now = self.now.max(kept.back().map_or(0.0, |scores| scores.at));
                forget(kept, |scores| scores.at);
            }
            What::Events => list(&news["events"]).iter().for_each(|event| self.found(event)),
            What::Other => {}
        }
    }

    /// Several sinks may read the same events.
    fn found(&mut self, event: &Value) {
        let (at, label) = (number(&event["at"]), text(&event["label"]));
        if self.events.iter().any(|found| found.at == at && found.label == label) {
            return;
        }
        let late = event["heard"].as_f64().map(|heard| heard - at);
        push(&mut self.events, Found { at, label, score: number(&event["score"]), late });
    }

    fn stats(&mut self, stats: &Value) {
        for (stage, figures) in self.stages.iter_mut().zip(list(&stats["stages"])) {
            stage.busy = figures["busy"].as_f64();
            stage.blocks = whole(&figures["emitted"]);
            stage.gaps = whole(&figures["gaps"]);
            stage.restarts = whole(&figures["restarts"]);
        }
        self.busy = self.stages.iter().filter_map(|stage| stage.busy).sum();
        let ring = |ring: &Value| {
            let (from, to) = (text(&ring["from"]), text(&ring["to"]));
            let lost = match whole(&ring["dropped"]) {
                0 => String::new(),
                dropped => format!(", {dropped} lost"),
            };
            format!("{from} → {to}: at most {} of {}{lost}", whole(&ring["high"]), whole(&ring["depth"]))
        };
        self.rings = list(&stats["rings"]).iter().map(ring).collect();
    }

    /// A line beside the messages.
    pub(super) fn note(&mut self, line: String) {
        line.lines().for_each(|line| push(&mut self.notes, line.to_owned()));
    }

    /// Chooses another label.
    pub(super) fn choose(&mut self, by: isize) {
        let count = self.knobs.len().max(1) as isize;
        self.chosen = (self.chosen as isize + by).rem_euclid(count) as usize;
    }

    /// Index of the knob whose sensitivity the arrow keys change.
    pub(super) fn chosen(&self) -> Option<usize> {
        (self.chosen < self.knobs.len()).then_some(self.chosen)
    }

    /// The chosen knob has this value now.
    pub(super) fn turned(&mut self, value: f32) {
        if let Some(knob) = self.knobs.get_mut(self.chosen) {
            knob.value = f64::from(value);
        }
    }

    /// The threshold of a label, if a trigger watches for it.
    pub(super) fn threshold(&self, label: &str) -> Option<f64> {
        self.knobs.iter().find(|knob| knob.label == label)?.threshold()
    }

    /// The level below which one column in ten of those that are kept lies.
    pub(super) fn floor(&self) -> Option<f64> {
        let mut levels: Vec<f64> = self.levels.iter().map(|level| level.rms).collect();
        levels.sort_by(f64::total_cmp);
        levels.get(levels.len() / 10).copied()
    }
}

impl Knob {
    /// The score at this sensitivity.
    fn threshold(&self) -> Option<f64> {
        let last = self.scores.len().checked_sub(1)?;
        let place = self.value.clamp(0.0, 1.0) * last as f64;
        let (low, rest) = (place as usize, place.fract());
        let above = self.scores[(low + 1).min(last)];
        Some(self.scores[low] + rest * (above - self.scores[low]))
    }
}

fn push<T>(list: &mut VecDeque<T>, item: T) {
    list.push_back(item);
    while list.len() > LINES {
        list.pop_front();
    }
}

/// Drops what lies before the span of the newest.
fn forget<T>(list: &mut VecDeque<T>, at: impl Fn(&T) -> f64) {
    let newest = list.back().map_or(0.0, &at);
    while list.front().is_some_and(|first| at(first) < newest - SPAN) {
        list.pop_front();
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A run of a pipeline of two words, 12 seconds on.
    pub(in super::super) fn heard() -> State {
        let mut state = State::default();
        state.take(
            r#"{"hello": {"name": "yes_no", "stages": [
                {"name": "mic", "kind": "mic", "lane": "mic"}, {"name": "classifier", "kind": "classifier", "lane": "main"}],
              "knobs": [{"knob": 0, "stage": "trigger", "label": "yes", "value": 0.5, "scores": [0.9, 0.7, 0.1]}]},
              "edges": [{"what": "audio"}, {"what": "scores", "labels": ["silence", "yes"]},
                {"what": "scores", "labels": ["silence", "yes"]}, {"what": "events", "labels": ["silence", "yes"]}]}"#,
        );
        for second in 0..12 {
            state.take(&format!(
                r#"{{"news": [{{"at": {second}, "step": 0.5, "low": [-328, -3277], "high": [100, 200], "rms": [33, 328]}},
                    {{"at": [{second}], "scores": [[0.1, 0.9]]}}, {{"at": [{second}], "scores": [[0.2, 0.8]]}}, null]}}"#
            ));
        }
        state.take(
            r#"{"news": [null, null, null, {"events": [
                {"at": 11.5, "start": 11.2, "label": "yes", "score": 0.83, "heard": 11.53},
                {"at": 11.5, "start": 11.2, "label": "yes", "score": 0.83, "heard": 11.53}]}]}"#,
        );
        state.take(
            r#"{"stats": {"stages": [{"emitted": 1200, "gaps": 0, "busy": 0.01}, {"emitted": 300, "gaps": 2, "busy": 0.02, "restarts": 1}],
                "rings": [{"from": "mic", "to": "window", "depth": 8, "high": 3, "dropped": 1}]}, "missed": 4}"#,
        );
        state.note("gap: `mic` lost 0.100 s".to_owned());
        state
    }

    #[test]
    fn messages_become_what_is_drawn() {
        let state = heard();
        assert_eq!((state.name.as_str(), state.now, state.missed), ("yes_no", 11.5, 4));
        assert_eq!(state.labels, ["silence", "yes"]);
        assert_eq!(state.levels.front().map(|level| level.at), Some(1.5), "only the span is kept");
        assert_eq!(state.scores.back().map(|scores| scores.of.clone()), Some(vec![0.2, 0.8]));
        assert_eq!(state.raw.back().map(|scores| scores.of.clone()), Some(vec![0.1, 0.9]));
        assert_eq!(state.events.len(), 1, "two sinks read the same event");
        assert_eq!(state.rings, ["mic → window: at most 3 of 8, 1 lost"]);
        assert!((state.busy - 0.03).abs() < 1e-9 && !state.over);
        assert_eq!(state.floor(), Some(33.0 / FULL));
    }

    #[test]
    fn thresholds_lie_on_the_curve_of_their_label() {
        let mut state = heard();
        assert_eq!((state.threshold("yes"), state.threshold("silence")), (Some(0.7), None));
        state.choose(1);
        assert_eq!(state.chosen(), Some(0), "there is one knob only");
        state.turned(0.25);
        assert!((state.threshold("yes").unwrap() - 0.8).abs() < 1e-9);
        state.take(r#"{"knob": 0, "value": 1.0}"#);
        assert_eq!(state.threshold("yes"), Some(0.1));
    }

    #[test]
    fn what_is_no_message_is_ignored() {
        let mut state = heard();
        for message in
            ["", "{", "7", r#"{"news": [1, 2, {}]}"#, r#"{"knob": 9, "value": 1}"#, r#"{"stats": 1}"#]
        {
            state.take(message);
        }
        assert_eq!(state.events.len(), 1);
    }
}
