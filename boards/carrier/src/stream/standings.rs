//! What a place writes down at the server: from where it would go on if it started again.

use super::place::{Place, Standing};
use crate::passed::{Passed, Stood};
use crate::warm::WarmUp;

/// From where a place would go on that starts again.
#[derive(Debug)]
pub(super) struct Standings {
    /// For a place that warms up.
    passed: Option<Passed<Place>>,
    standing: Standing,
}

impl Standings {
    pub(super) fn new(warm_up: Option<WarmUp>) -> Self {
        Standings { passed: warm_up.map(Passed::new), standing: Standing::default() }
    }

    /// Goes on from where an earlier run had come to.
    pub(super) fn begin(&mut self, standing: Standing) {
        self.passed.iter_mut().for_each(Passed::clear);
        self.standing = standing;
    }

    /// The first run here has begun to read a session. Whether that is new for a place that warms up.
    pub(super) fn meet(&mut self, session: u32) -> bool {
        let is_first = self.passed.is_some() && self.standing == Standing::default();
        if is_first {
            self.standing.from.session = session;
        }
        is_first
    }

    /// The run has taken all up to here.
    pub(super) fn pass(&mut self, stood: Stood<Place>) {
        let Some(passed) = &mut self.passed else {
            self.standing = Standing::at(stood.place);
            return;
        };
        let Some(reached) = passed.pass(stood) else { return };
        let Some(done) = reached.done.map(|done| done.place.sequence) else { return };
        if done <= self.standing.done {
            return;
        }
        self.standing.done = done;
        // If not yet far enough to go on from anywhere but the beginning, from there.
        if let Some(from) = reached.from {
            self.standing.from.clone_from(from);
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
