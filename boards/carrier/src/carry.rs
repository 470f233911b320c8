//! Carries one link, on a thread of the run.

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use kws_engine::StageFault;
use kws_engine::run::LinkEnd;
use kws_link::{Link, MAX_FRAME, MAX_WRAPPED, Received, Timing, Unwrapped, Unwrapper, Wrapper};

use crate::again::{Bookmarks, Tails};
use crate::connection::{Connections, Happened};
use crate::delivery::{Delivery, later};
use crate::handover::Handover;
use crate::moving::{fill, hand_on, inbox, outbox, session};
use crate::warm::{Busy, WarmUp};
use crate::wire::Wire;

/// How long an end that has all waits for the other one to say the same: well beyond the longest pause before the other connects
/// again, or that would find nobody and wait for ever.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long text is waited for to be followed by something.
const LINE: Duration = Duration::from_millis(200);

/// What happens to a link.
#[derive(Debug)]
#[non_exhaustive]
pub enum News {
    /// Both ends have met.
    Connected(String),
    /// The connection has ended; another one is tried.
    Lost(String),
    /// There is no connection, and why.
    Waiting(String, io::Error),
    /// The other end has started again: what it had not sent is lost.
    Restarted(String),
    /// The run was stopped and there is no connection: so long it waits for one, to hand over what it holds.
    Leaving(String, Duration),
    /// How far this end had come with what this place sends is written down at a server, and damaged; whether an older note is not.
    Damaged(String, bool),
    /// The other end printed this between frames.
    Text(String, String),
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            News::Connected(place) => write!(f, "the link with `{place}` is connected"),
            News::Lost(place) => {
                write!(f, "the link with `{place}` has lost its connection; connecting again")
            }
            News::Waiting(place, error) => {
                write!(f, "no connection with `{place}` yet: {error}; trying again")
            }
            News::Restarted(place) => {
                write!(f, "`{place}` has started again; what it had not sent is a gap")
            }
            News::Leaving(place, patience) => write!(
                f,
                "`{place}` is not connected: waiting {} s for it to take what is left; Ctrl-C again ends at once",
                patience.as_secs()
            ),
            News::Damaged(place, true) => write!(
                f,
                "how far this place had come with what `{place}` sends is damaged at the server; going on from an older note"
            ),
            News::Damaged(place, false) => write!(
                f,
                "how far this place had come with what `{place}` sends is damaged at the server; reading all that is stored"
            ),
            News::Text(place, text) => write!(f, "{place}: {text}"),
        }
    }
}

/// Carries a link over a wire until it is over, and tells what happens to it.
pub fn carry(end: LinkEnd, wire: Box<dyn Wire>, tell: impl FnMut(News)) {
    carry_warm(end, wire, None, tell);
}

/// As [`carry`], for a place that warms up: it goes on where an earlier run had come to, as far as its neighbours know.
pub(crate) fn carry_warm(
    mut end: LinkEnd,
    wire: Box<dyn Wire>,
    warm_up: Option<WarmUp>,
    tell: impl FnMut(News),
) {
    let mut outboxes: Vec<_> = end.outgoing.iter().map(|outgoing| outbox(&outgoing.edge)).collect();
    let mut inboxes: Vec<_> = end.incoming.iter().map(|incoming| inbox(&incoming.edge)).collect();
    let deliveries = end.incoming.iter().map(|incoming| Delivery::new(&incoming.edge.port)).collect();
    let connections = match Connections::new(wire, end.waker()) {
        Ok(connections) => connections,
        Err(error) => return end.fail(StageFault::because(format!("cannot start its threads: {error}"))),
    };
    let mut link = Link::new(end.pipeline, session(), Timing::DEFAULT, &mut outboxes, &mut inboxes);
    let receives = warm_up.as_ref().filter(|_| !end.incoming.is_empty());
    let sends = warm_up.as_ref().filter(|_| !end.outgoing.is_empty());
    if receives.is_some() {
        link.go_over();
    }
    if sends.is_some() {
        link.wait_to_go_on();
    }
    let carried = Carried {
        link,
        deliveries,
        connections,
        unwrapper: Box::default(),
        began: Instant::now(),
        heard: Instant::now(),
        is_connected: false,
        tells_waiting: true,
        bookmarks: receives.map(Bookmarks::new),
        tails: Tails::new(),
        busy: sends.map(WarmUp::busy),
        warm_up,
        tell,
    };
    carried.run(&mut end);
}

struct Carried<'a, F> {
    link: Link<'a, Vec<u8>>,
    deliveries: Vec<Delivery>,
    connections: Connections,
    unwrapper: Box<Unwrapper<MAX_WRAPPED>>,
    began: Instant,
    /// When bytes last came.
    heard: Instant,
    /// Whether the program knows that both ends have met.
    is_connected: bool,
    tells_waiting: bool,
    warm_up: Option<WarmUp>,
    /// For a place that warms up: how far it has come, and what it had sent before.
    bookmarks: Option<Bookmarks>,
    tails: Tails,
    /// Until all that goes has come.
    busy: Option<Busy>,
    tell: F,
}

impl<F: FnMut(News)> Carried<'_, F> {
    fn run(mut self, end: &mut LinkEnd) {
        let mut done: Option<Instant> = None;
        let mut handover = Handover::default();
        loop {
            let moved = match self.step(end) {
                Ok(moved) => moved,
                Err(fault) => return end.fail(fault),
            };
            if moved {
                continue;
            }
            if self.is_done(end) {
                let since = done.get_or_insert_with(|| {
                    self.leave();
                    Instant::now()
                });
                if self.is_wanted(end) {
                    *since = Instant::now();
                }
                // A connection that broke just now may have lost the last acknowledgement: without it the peer would wait for
                // ever, so it gets the time to come back for it.
                if (self.link.peer_ended() && self.connections.is_written()) || since.elapsed() > FAREWELL {
                    return;
                }
            } else if handover.is_given_up(end.is_stopped(), self.is_connected, &end.place, &mut self.tell) {
                return;
            }
            let longest = self.longest(done);
            let connections = &self.connections;
            end.rest(longest, |end| connections.has_news() || end.outgoing.iter().any(|out| out.has_some()));
        }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// How long nothing need be looked at if nothing happens.
    fn longest(&self, done: Option<Instant>) -> Duration {
        let due = self.link.due().saturating_sub(self.now()).max(1);
        let is_ending = done.is_some() || self.warm_up.is_some() && self.busy.is_none();
        let most = if is_ending { 20 } else { 200 };
        Duration::from_millis(due.min(most))
    }

    /// Moves what can be moved. Whether anything was.
    fn step(&mut self, end: &mut LinkEnd) -> Result<bool, StageFault> {
        let mut moved = false;
        while let Some(happened) = self.connections.next() {
            self.happened(happened, end)?;
            moved = true;
        }
        moved |= self.send_on(end);
        moved |= self.hand_on(end)?;
        if let Some(bookmarks) = &mut self.bookmarks {
            bookmarks.pass(&self.deliveries);
            bookmarks.leave(&mut self.link);
        }
        moved |= self.write();
        if self.connections.is_connected() && self.link.is_silent(self.now()) {
            self.connections.give_up();
            self.lose(end);
        }
        if self.heard.elapsed() > LINE {
            self.flush_text(end);
        }
        Ok(moved)
    }

    fn happened(&mut self, happened: Happened, end: &LinkEnd) -> Result<(), StageFault> {
        match happened {
            Happened::Connected(_) => {
                self.unwrapper.reset();
                self.link.open(self.now());
            }
            Happened::Closed => self.lose(end),
            Happened::Failed(error) => {
                if std::mem::take(&mut self.tells_waiting) {
                    (self.tell)(News::Waiting(end.place.clone(), error));
                }
            }
            Happened::Bytes(bytes) => {
                self.heard = Instant::now();
                for byte in bytes {
                    self.push(byte, end)?;
                }
            }
        }
        Ok(())
    }

    fn lose(&mut self, end: &LinkEnd) {
        self.link.close();
        if std::mem::take(&mut self.is_connected) && !self.link.is_done() {
            (self.tell)(News::Lost(end.place.clone()));
        }
    }

    fn push(&mut self, byte: u8, end: &LinkEnd) -> Result<(), StageFault> {
        let now = self.began.elapsed().as_millis() as u64;
        match self.unwrapper.push(byte) {
            Some(Unwrapped::Frame(frame)) => {
                let received = self.link.receive(frame, now);
                match received.map_err(|error| StageFault::because(error.to_string()))? {
                    Received::Part { edge, part } => {
                        let at = end.incoming.iter().position(|incoming| incoming.edge.edge == edge);
                        if let Some(delivery) = at.and_then(|at| self.deliveries.get_mut(at)) {
                            delivery.take(part);
                        }
                        if let Some(bookmarks) = &mut self.bookmarks {
                            bookmarks.take(edge, &mut self.link, &self.deliveries, end);
                        }
                    }
                    Received::Resumed(bookmark) => {
                        if let Some(bookmarks) = &mut self.bookmarks {
                            bookmarks.resume(&bookmark, &mut self.deliveries, end);
                        }
                    }
                    Received::Begun => self.bookmarks.iter().for_each(Bookmarks::begin),
                    Received::Tail(tail) => self.tails.note(tail),
                    Received::Restarted => {
                        let reached = self.deliveries.iter().map(Delivery::reached).fold((0, 1), later);
                        self.deliveries.iter_mut().for_each(|delivery| delivery.begin_anew(reached));
                        if let Some(bookmarks) = &mut self.bookmarks {
                            bookmarks.begin_anew(reached);
                        }
                        (self.tell)(News::Restarted(end.place.clone()));
                    }
                    Received::Nothing | Received::End => {}
                }
            }
            Some(Unwrapped::Text(text)) => say(&mut self.tell, &end.place, text),
            Some(Unwrapped::Garbage(_)) | None => {}
        }
        if self.link.is_connected() && !std::mem::replace(&mut self.is_connected, true) {
            self.tells_waiting = true;
            (self.tell)(News::Connected(end.place.clone()));
        }
        Ok(())
    }

    fn flush_text(&mut self, end: &LinkEnd) {
        if let Some(Unwrapped::Text(text)) = self.unwrapper.flush() {
            say(&mut self.tell, &end.place, text);
        }
    }

    /// From the run to the outboxes, as long as these have room.
    fn send_on(&mut self, end: &mut LinkEnd) -> bool {
        let warm_up = self.warm_up.as_ref();
        if let Some(warm_up) = warm_up
            && self.link.is_waiting_to_go_on()
        {
            // Whether an earlier run's stream goes on is known when there is something to send.
            if !self.link.is_connected() || !end.outgoing.iter().any(|outgoing| outgoing.has_some()) {
                return false;
            }
            self.tails.join(&mut self.link, warm_up, self.began.elapsed().as_millis() as u64);
        }
        let mut moved = false;
        for outgoing in &mut end.outgoing {
            let edge = outgoing.edge.clone();
            if let Some(outbox) = self.link.outbox(edge.edge) {
                moved |= fill(outgoing, outbox, |arrival| {
                    let is_quiet = |warm_up: &WarmUp| warm_up.is_quiet(arrival.stamp.tick, edge.port.clock);
                    self.tails.has(&edge, arrival) || warm_up.is_some_and(is_quiet)
                });
            }
        }
        if let Some(warm_up) = warm_up {
            let clock = |edge: u8| end.outgoing.iter().find(|out| out.edge.edge == edge);
            let clock = |edge| clock(edge).map_or(1, |out| out.edge.port.clock);
            warm_up.hold(&end.place, self.link.outboxes().map(|outbox| (outbox, clock(outbox.edge()))));
        }
        moved
    }

    /// From the wire to the run, as long as the run's rings have room; the sender learns that they have none.
    fn hand_on(&mut self, end: &mut LinkEnd) -> Result<bool, StageFault> {
        let mut moved = false;
        for (at, delivery) in self.deliveries.iter_mut().enumerate() {
            moved |= hand_on(end, at, delivery)?;
            if let Some(inbox) = self.link.inbox(end.incoming[at].edge.edge) {
                if delivery.is_full() { inbox.hold() } else { inbox.resume() }
            }
        }
        Ok(moved)
    }

    fn write(&mut self) -> bool {
        let mut moved = false;
        let mut frame = [0; MAX_FRAME];
        while self.connections.has_room() {
            let Some(len) = self.link.poll(self.now(), &mut frame) else { break };
            self.put(&frame[..len]);
            moved = true;
        }
        moved
    }

    fn put(&self, frame: &[u8]) {
        let mut wrapped = vec![0; MAX_WRAPPED];
        if let Ok(len) = Wrapper::wrap(frame, &mut wrapped) {
            wrapped.truncate(len);
            self.connections.write(wrapped);
        }
    }

    fn leave(&mut self) {
        let mut frame = [0; MAX_FRAME];
        if let Some(len) = self.link.leave(&mut frame) {
            self.put(&frame[..len]);
        }
    }

    /// Whether nothing remains to be carried. A place that warms up reads again what it has not done all with.
    fn is_done(&mut self, end: &LinkEnd) -> bool {
        let all_out = self.link.has_sent_all();
        let all_in = end.is_stopped() || self.link.has_got_all();
        if !all_out || !all_in || !self.deliveries.iter().all(Delivery::is_empty) {
            return false;
        }
        self.busy = None;
        self.warm_up.as_ref().is_none_or(WarmUp::is_idle)
    }

    /// Whether the other end may come back for what it had: it has a bookmark here, or has started again and looks for where it was.
    fn is_wanted(&self, end: &LinkEnd) -> bool {
        let is_away = self.link.has_bookmark() && !self.link.peer_ended();
        !end.is_stopped() && (is_away || self.link.is_waited_for())
    }
}

/// Tells text line by line.
fn say(tell: &mut impl FnMut(News), place: &str, text: &str) {
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        tell(News::Text(place.to_owned(), line.trim_end().to_owned()));
    }
}
