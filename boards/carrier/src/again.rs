//! A place that starts again and whose neighbours remember it: a bookmark that it leaves with whoever sends to it, and what
//! whoever receives from it has.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use kws_engine::LinkEdge;
use kws_engine::run::{Arrival, LinkEnd, Stamp, Time};
use kws_link::{Bookmark, Link, Tail};

use crate::delivery::{Delivery, later};
use crate::passed::{Passed, Stood};
use crate::warm::WarmUp;

/// How often a bookmark is left at most.
const PAUSE: Duration = Duration::from_millis(200);

/// For each edge the first part that has not come.
type Place = Vec<(u8, u64)>;

/// Before anything of a stream.
const START: (u64, u32) = (0, 1);

/// Where a stream stands of which something waits for the run: passed when the run has taken so much of each edge.
struct Passing {
    stood: Stood<Place>,
    counts: Vec<u64>,
}

/// From where a place would go on in what comes by a link, left with the sender.
pub(crate) struct Bookmarks {
    warm_up: WarmUp,
    passed: Passed<Place>,
    passing: VecDeque<Passing>,
    base: (u64, u32),
    done: (u64, u32),
    heard: (u64, u32),
    /// None before the first part.
    from: Option<Place>,
    /// With which session one was left, and when; whether there is a newer one.
    left: (u32, Instant),
    is_new: bool,
}

impl Bookmarks {
    pub(crate) fn new(warm_up: &WarmUp) -> Self {
        Bookmarks {
            warm_up: warm_up.clone(),
            passed: Passed::new(warm_up.clone()),
            passing: VecDeque::new(),
            base: START,
            done: START,
            heard: START,
            from: None,
            left: (0, Instant::now()),
            is_new: false,
        }
    }

    /// An earlier run was here, and had come to this.
    pub(crate) fn resume(&mut self, bookmark: &Bookmark, deliveries: &mut [Delivery], end: &LinkEnd) {
        (self.base, self.done, self.heard) = (bookmark.base, bookmark.done, bookmark.heard);
        deliveries.iter_mut().for_each(|delivery| delivery.count_from(bookmark.base));
        if let Some(first) = deliveries.first_mut() {
            first.go_over(self.warm_up.cycle());
        }
        let edges = end.incoming.iter().map(|incoming| incoming.edge.edge);
        self.from = Some(edges.map(|edge| (edge, bookmark.from(edge))).collect());
        self.warm_up.go_on();
        self.warm_up.speak(bookmark.done, bookmark.heard);
    }

    /// Nobody was here before.
    pub(crate) fn begin(&self) {
        self.warm_up.speak(START, START);
    }

    /// The sender has started again: its stream counts from `base`.
    pub(crate) fn begin_anew(&mut self, base: (u64, u32)) {
        self.passed.clear();
        self.passing.clear();
        (self.base, self.done, self.heard, self.from) = (base, base, base, None);
    }

    /// A part has come of an edge.
    pub(crate) fn take(
        &mut self,
        edge: u8,
        link: &mut Link<'_, Vec<u8>>,
        deliveries: &[Delivery],
        end: &LinkEnd,
    ) {
        let edges = end.incoming.iter().map(|incoming| incoming.edge.edge);
        let place: Place =
            edges.map(|edge| (edge, link.inbox(edge).map_or(0, |inbox| inbox.known().next))).collect();
        if self.from.is_none() {
            // Before this part: what the sender has not heard to be here, it keeps without a bookmark.
            let before = |(of, next): (u8, u64)| (of, next.saturating_sub(u64::from(of == edge)));
            self.from = Some(place.iter().copied().map(before).collect());
            self.is_new = true;
        }
        if deliveries.iter().any(Delivery::is_within) {
            return;
        }
        let moment = deliveries.iter().map(Delivery::reached).fold(START, later);
        let cycle = self.warm_up.cycle();
        let is_whole = deliveries.first().is_none_or(|first| first.unbroken().is_multiple_of(cycle));
        let counts = deliveries.iter().map(|delivery| delivery.counts().1).collect();
        self.passing.push_back(Passing { stood: Stood { place, moment, is_whole }, counts });
    }

    /// Notes how far the run has come.
    pub(crate) fn pass(&mut self, deliveries: &[Delivery]) {
        let is_done = |passing: &mut Passing| {
            passing.counts.iter().zip(deliveries).all(|(count, delivery)| delivery.counts().0 >= *count)
        };
        while let Some(Passing { stood, .. }) = self.passing.pop_front_if(is_done) {
            let Some(reached) = self.passed.pass(stood) else { continue };
            if later(self.heard, reached.heard) != self.heard {
                (self.heard, self.is_new) = (reached.heard, true);
            }
            let Some(done) = reached.done.map(|done| done.moment) else { continue };
            if later(self.done, done) == self.done {
                continue;
            }
            (self.done, self.is_new) = (done, true);
            if let Some(from) = reached.from {
                self.from = Some(from.clone());
            }
        }
    }

    /// Leaves a bookmark with the sender, where there is a newer one, or where the sender has started again.
    pub(crate) fn leave(&mut self, link: &mut Link<'_, Vec<u8>>) {
        let (session, (known, at)) = (link.peer_session(), self.left);
        let Some(from) = self.from.as_ref().filter(|_| link.is_connected()) else { return };
        if session != known || self.is_new && at.elapsed() >= PAUSE {
            let places = from.iter().copied();
            link.leave_bookmark(Bookmark::new(session, self.base, self.done, self.heard, places));
            (self.left, self.is_new) = ((session, Instant::now()), false);
        }
    }
}

/// What the receiver has of what an earlier run has sent.
pub(crate) struct Tails(Vec<Tail>);

impl Tails {
    pub(crate) const fn new() -> Self {
        Tails(Vec::new())
    }

    /// The receiver says what it has of an edge.
    pub(crate) fn note(&mut self, tail: Tail) {
        self.0.retain(|known| known.edge != tail.edge);
        self.0.push(tail);
    }

    /// Goes on in the stream that an earlier run has sent, if this one goes on in what that read; else begins another one.
    pub(crate) fn join(&mut self, link: &mut Link<'_, Vec<u8>>, warm_up: &WarmUp, now: u64) {
        let session = self.0.first().map_or(0, |tail| tail.session);
        if session == 0 || !warm_up.is_again() || self.0.iter().any(|tail| tail.session != session) {
            self.0.clear();
            return link.begin(now);
        }
        for tail in &self.0 {
            if let Some(outbox) = link.outbox(tail.edge) {
                outbox.go_on(tail.next, tail.blocks, tail.lost);
            }
        }
        link.go_on(session, now);
    }

    /// Whether the receiver has this of an edge.
    pub(crate) fn has(&self, edge: &LinkEdge, arrival: &Arrival) -> bool {
        let Some(tail) = self.0.iter().find(|tail| tail.edge == edge.edge) else { return false };
        let time = tail.last.map(|(tick, time)| match time {
            Some(time) => Time { tick: time.tick, clock: time.clock, nth: time.nth },
            None => Stamp::only(tick, edge.port.clock).time,
        });
        tail.over || time.is_some_and(|time| arrival.stamp.time <= time)
    }
}
