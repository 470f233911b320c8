//! From where a place would go on that starts again: behind what it is certainly done with, and before that by its warm-up.

use std::collections::VecDeque;

use super::place::{Place, Standing};
use crate::warm::WarmUp;

/// Where a stream stood.
#[derive(Clone, Debug)]
pub(super) struct Stood {
    pub(super) place: Place,
    /// Seconds of the stream up to there.
    pub(super) seconds: f64,
    /// Whether all stages stand there as at the beginning.
    pub(super) is_whole: bool,
}

/// Places that the run has passed, as far back as it might go.
#[derive(Debug)]
pub(super) struct Standings {
    warm_up: Option<WarmUp>,
    passed: VecDeque<Stood>,
    standing: Standing,
}

impl Standings {
    pub(super) fn new(warm_up: Option<WarmUp>) -> Self {
        Standings { warm_up, passed: VecDeque::new(), standing: Standing::default() }
    }

    /// Goes on from where an earlier run had come to.
    pub(super) fn begin(&mut self, standing: Standing) {
        self.passed.clear();
        self.standing = standing;
    }

    /// The run has taken all up to here.
    pub(super) fn pass(&mut self, stood: Stood) {
        let Some(warm_up) = &self.warm_up else {
            self.standing = Standing::at(stood.place);
            return;
        };
        if self.passed.back().is_some_and(|last| last.seconds > stood.seconds) {
            // Another session of the sender, whose seconds count anew.
            self.passed.clear();
        }
        let margin = warm_up.margin.as_secs_f64();
        let (now, warm) = (stood.seconds, warm_up.time.as_secs_f64() + margin);
        self.passed.push_back(stood);
        // The last one of which all that came is certainly done with.
        let done = self.passed.iter().rev().find(|stood| stood.seconds + margin <= now);
        let Some(done) = done.map(|stood| stood.place.sequence) else { return };
        if done <= self.standing.done {
            return;
        }
        self.standing.done = done;
        if self.standing.from.sequence == 0 {
            // Not yet far enough to go on from anywhere but the beginning.
            self.standing.from.session = self.passed.back().map_or(0, |stood| stood.place.session);
        }
        let is_warm = |stood: &Stood| stood.is_whole && stood.seconds + warm <= now;
        if let Some(at) = self.passed.iter().rposition(is_warm) {
            self.passed.drain(..at);
            self.standing.from.clone_from(&self.passed[0].place);
        }
    }

    /// The run is done with all that has come.
    pub(super) fn end(&mut self, place: Place) {
        self.standing = Standing::at(place);
    }

    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }
}
