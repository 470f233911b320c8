//! From where a place would go on that starts again: behind what it is certainly done with, and before that by its warm-up.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::warm::WarmUp;

/// How long what the run has taken may be on its way through lanes that the machine does not get round to.
const PAUSE: Duration = Duration::from_secs(1);

/// How many places are remembered at most, while another place does not take what comes of them.
const MOST: usize = 1 << 16;

/// Where a stream stood.
#[derive(Clone, Debug)]
pub(crate) struct Stood<P> {
    pub(crate) place: P,
    /// The moment up to which it had come, as a tick of a clock.
    pub(crate) moment: (u64, u32),
    /// Whether all stages stand there as at the beginning.
    pub(crate) is_whole: bool,
}

impl<P> Stood<P> {
    fn seconds(&self) -> f64 {
        self.moment.0 as f64 / f64::from(self.moment.1.max(1))
    }
}

/// Places that the run has passed, as far back as it might go.
#[derive(Debug)]
pub(crate) struct Passed<P> {
    warm_up: WarmUp,
    all: VecDeque<(Stood<P>, Instant)>,
    /// How many of them the run is done with, of how many the other places have all that goes there, and how many lie before these by
    /// the warm-up.
    heard: usize,
    done: usize,
    warm: usize,
    /// Whether the first of all is one to begin at.
    begins: bool,
}

/// How far the run has come.
pub(crate) struct Reached<'a, P> {
    /// All up to here is certainly done with.
    pub(crate) done: Option<&'a Stood<P>>,
    /// All up to here is done with but for what some other place does not have yet.
    pub(crate) heard: (u64, u32),
    /// From here on another run would read again; from the beginning where that is not far enough.
    pub(crate) from: Option<&'a P>,
}

impl<P> Passed<P> {
    pub(crate) fn new(warm_up: WarmUp) -> Self {
        Passed { warm_up, all: VecDeque::new(), heard: 0, done: 0, warm: 0, begins: false }
    }

    /// Forgets all: the stream is another one.
    pub(crate) fn clear(&mut self) {
        *self = Passed::new(self.warm_up.clone());
    }

    /// The run has taken all up to here; how far it has come, if that is any further.
    pub(crate) fn pass(&mut self, stood: Stood<P>) -> Option<Reached<'_, P>> {
        if self.all.back().is_some_and(|(last, _)| last.seconds() > stood.seconds()) {
            // Another session of the sender, whose seconds count anew.
            self.clear();
        }
        let now = stood.seconds();
        self.all.push_back((stood, Instant::now()));
        self.forget();
        let (margin, held) = (self.warm_up.margin.as_secs_f64(), self.warm_up.held());
        let before = (self.heard, self.done);
        while let Some((stood, at)) = self.all.get(self.heard)
            && stood.seconds() + margin <= now
            && at.elapsed() >= PAUSE
        {
            self.heard += 1;
        }
        while self.done < self.heard && held.is_none_or(|held| self.all[self.done].0.seconds() < held) {
            self.done += 1;
        }
        if (self.heard, self.done) == before {
            return None;
        }
        self.begin();
        let up_to = |count: usize| self.all.get(count.checked_sub(1)?).map(|(stood, _)| stood);
        let from = self.all.front().filter(|_| self.begins).map(|(stood, _)| &stood.place);
        up_to(self.heard).map(|heard| Reached { done: up_to(self.done), heard: heard.moment, from })
    }

    /// Forgets the oldest ones of too many: the bookmark stays where it is until those behind them are done with.
    fn forget(&mut self) {
        while self.all.len() > MOST {
            self.all.pop_front();
            self.begins = false;
            for count in [&mut self.heard, &mut self.done, &mut self.warm] {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// Moves the place to begin at as near to what is done with as it may be.
    fn begin(&mut self) {
        let last = self.done.checked_sub(1).and_then(|last| self.all.get(last));
        let Some(limit) = last.map(|(done, _)| done.seconds()) else { return };
        let time = self.warm_up.time.as_secs_f64();
        let mut begins = None;
        while let Some((stood, _)) = self.all.get(self.warm)
            && stood.seconds() + time <= limit
        {
            if stood.is_whole {
                begins = Some(self.warm);
            }
            self.warm += 1;
        }
        if let Some(at) = begins {
            self.all.drain(..at);
            (self.heard, self.done, self.warm) = (self.heard - at, self.done - at, self.warm - at);
            self.begins = true;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "this is test code")]
mod tests {
    use super::*;

    /// A second a place, and the run has had time to be done with all.
    fn pass(passed: &mut Passed<u64>, second: u64) -> Option<(Option<u64>, u64, Option<u64>)> {
        let long_ago = Instant::now().checked_sub(2 * PAUSE).unwrap();
        passed.all.iter_mut().for_each(|(_, at)| *at = long_ago);
        let stood = Stood { place: second, moment: (second, 1), is_whole: true };
        let reached = passed.pass(stood)?;
        Some((reached.done.map(|done| done.place), reached.heard.0, reached.from.copied()))
    }

    #[test]
    fn sinks_hear_on_while_another_place_takes_nothing() {
        let warm_up = WarmUp::for_test(Duration::from_secs(5), "cloud");
        let mut passed = Passed::new(warm_up.clone());
        warm_up.hold_from("cloud", Some(0));
        let reached: Vec<_> = (0..20).filter_map(|second| pass(&mut passed, second)).collect();
        assert!(reached.iter().all(|(done, _, from)| (*done, *from) == (None, None)), "{reached:?}");
        assert_eq!(reached.last().unwrap().1, 18);
        warm_up.hold_from("cloud", None);
        assert_eq!(pass(&mut passed, 20), Some((Some(19), 19, Some(14))));
    }

    #[test]
    fn it_remembers_so_many_places_at_most() {
        let warm_up = WarmUp::for_test(Duration::from_secs(5), "cloud");
        let mut passed = Passed::new(warm_up.clone());
        warm_up.hold_from("cloud", Some(0));
        let stood = |second| Stood { place: second, moment: (second, 1), is_whole: true };
        for second in 0..MOST as u64 + 10 {
            passed.pass(stood(second));
        }
        assert_eq!(passed.all.len(), MOST);
        warm_up.hold_from("cloud", None);
        let last = MOST as u64 + 10;
        assert_eq!(pass(&mut passed, last), Some((Some(last - 1), last - 1, Some(last - 6))));
    }
}
