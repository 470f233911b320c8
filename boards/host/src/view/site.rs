//! What the page of a run can ask for, and what it can change.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kws_engine::Knob;
use kws_view::{Answer, Feed, Request, Site, Turn};
use serde_json::{Value, json};

use super::enrolling::Enrolling;

/// A run with a page.
pub(super) struct Run {
    pub(super) feed: Arc<Feed>,
    pub(super) knobs: Vec<Knob>,
    /// Where judged clips go.
    pub(super) clips: Option<PathBuf>,
    /// Where speakers enrol.
    pub(super) speakers: Option<Enrolling>,
}

impl Run {
    fn speakers(&self) -> Result<&Enrolling, String> {
        self.speakers.as_ref().ok_or_else(|| "start with --view-enrol DIR to enrol speakers".to_owned())
    }
}

impl Site for Run {
    fn feed(&self, _: &Request) -> Option<Arc<Feed>> {
        Some(self.feed.clone())
    }

    fn turn(&self, _: &Request, turn: Turn) -> Result<(), String> {
        let knob = self.knobs.get(turn.knob).ok_or("there is no such knob")?;
        knob.turn(turn.value);
        let stands = json!({ "knob": turn.knob, "value": knob.value() });
        self.feed.stand(&format!("knob {}", turn.knob), &stands);
        Ok(())
    }

    fn clips(&self) -> Option<&Path> {
        self.clips.as_deref()
    }

    fn offers(&self) -> Value {
        json!({ "enrol": self.speakers.is_some() })
    }

    fn answer(&self, request: &Request) -> Option<Answer> {
        let done = match request.target() {
            ("POST", "/enrol") => {
                self.speakers().and_then(|speakers| speakers.begin(&self.feed, request.body()))
            }
            ("POST", "/enrol/end") => self.speakers().map(Enrolling::end),
            _ => return None,
        };
        Some(Answer::done(done.map(|()| String::new())))
    }
}
