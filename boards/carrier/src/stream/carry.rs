//! Carries one link over the streams of a server, on a thread of the run.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use kws_engine::run::LinkEnd;
use kws_engine::{LinkPlan, StageFault};
use kws_link::{Frame, Inbox, MAX_FRAME, Outbox};
use tokio::sync::mpsc;

use super::bus::{Bus, Happened, Message, Streams};
use super::feed::{Feed, Frames};
use super::names::Direction;
use super::place::{Place, Standing};
use super::standings::Standings;
use super::tail::Tail;
use crate::carry::News;
use crate::delivery::{Delivery, later};
use crate::handover::Handover;
use crate::moving::{WINDOW, fill, hand_on, outbox, session};
use crate::passed::Stood;
use crate::server::Server;
use crate::warm::{Busy, Unnoted, WarmUp};

/// How long an end that has all waits for the server to write that down.
const FAREWELL: Duration = Duration::from_secs(2);

/// Carries a link over a server that stores its blocks, until it is over, and tells what happens to it.
pub(crate) fn carry(
    mut end: LinkEnd,
    link: &LinkPlan,
    server: &Server,
    warm_up: Option<WarmUp>,
    tell: impl FnMut(News),
) {
    let (here, there) = (&link.here, &link.place);
    let direction = |from: &str, to: &str| Direction::new(link.pipeline, from, to);
    let streams = Streams {
        goes: (!end.outgoing.is_empty()).then(|| direction(here, there)),
        comes: (!end.incoming.is_empty()).then(|| direction(there, here)),
        goes_on: match warm_up {
            Some(_) => end.outgoing.iter().map(|outgoing| outgoing.edge.clone()).collect(),
            None => Vec::new(),
        },
    };
    let bus = match Bus::new(server, streams, end.waker()) {
        Ok(bus) => bus,
        Err(error) => return end.fail(StageFault::because(format!("cannot start its threads: {error}"))),
    };
    let streamed = Streamed {
        outboxes: end.outgoing.iter().map(|outgoing| outbox(&outgoing.edge)).collect(),
        feed: Feed::new(end.incoming.iter().map(|incoming| &incoming.edge), Place::default()),
        session: session(),
        bus,
        frames: None,
        under_way: VecDeque::new(),
        last: Place::default(),
        standings: Standings::new(warm_up.clone()),
        written: Standing::default(),
        unnoted: None,
        passing: VecDeque::new(),
        tail: None,
        has_joined: warm_up.is_none(),
        begins: None,
        tells_waiting: true,
        busy: warm_up.as_ref().filter(|_| !end.outgoing.is_empty()).map(WarmUp::busy),
        warm_up,
        tell,
    };
    streamed.run(&mut end);
}

/// A message of which something waits for the run: done with when the run has taken so much of each edge.
struct Passing {
    stood: Stood<Place>,
    counts: Vec<u64>,
}

struct Streamed<F> {
    outboxes: Vec<Outbox<Vec<u8>>>,
    feed: Feed,
    session: u32,
    bus: Bus,
    /// Where frames go while there is a connection.
    frames: Option<mpsc::Sender<Vec<u8>>>,
    /// Edges and numbers of the frames that are not yet stored.
    under_way: VecDeque<(usize, u64)>,
    /// Where the stream stands behind the last message that the run has taken.
    last: Place,
    /// From where another run would go on, and how much of that is written down.
    standings: Standings,
    written: Standing,
    /// Until it is written down that the first run here has begun.
    unnoted: Option<Unnoted>,
    passing: VecDeque<Passing>,
    /// What an earlier run has stored, and whether that is known and heeded.
    tail: Option<Tail>,
    has_joined: bool,
    /// Where this run goes on, until it is beyond what the last one was done with.
    begins: Option<Standing>,
    tells_waiting: bool,
    /// Until all is stored.
    busy: Option<Busy>,
    warm_up: Option<WarmUp>,
    tell: F,
}

impl<F: FnMut(News)> Streamed<F> {
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
                self.busy = None;
                if self.warm_up.as_ref().is_none_or(WarmUp::is_idle) {
                    let since = *done.get_or_insert_with(|| {
                        if let Some(Passing { stood, .. }) = self.passing.pop_back() {
                            self.last = stood.place;
                        }
                        self.standings.end(self.last.clone());
                        self.bus.write(self.standings.standing().clone());
                        Instant::now()
                    });
                    if self.written == *self.standings.standing() || since.elapsed() > FAREWELL {
                        return;
                    }
                }
            } else if handover.is_given_up(
                end.is_stopped(),
                self.frames.is_some(),
                &end.place,
                &mut self.tell,
            ) {
                return;
            }
            let longest = Duration::from_millis(if done.is_some() || self.busy.is_none() { 20 } else { 200 });
            let bus = &self.bus;
            end.rest(longest, |end| {
                let has_news = !bus.happens.is_empty() || !bus.messages.is_empty();
                has_news || end.outgoing.iter().any(|out| out.has_some())
            });
        }
    }

    /// Moves what can be moved. Whether anything was.
    fn step(&mut self, end: &mut LinkEnd) -> Result<bool, StageFault> {
        let mut moved = false;
        while let Ok(happened) = self.bus.happens.try_recv() {
            self.happened(happened, end);
            moved = true;
        }
        moved |= self.fill(end);
        moved |= self.send();
        while self.has_room() {
            let Ok(message) = self.bus.messages.try_recv() else { break };
            self.take(&message, end);
            moved = true;
        }
        for at in 0..self.feed.deliveries.len() {
            moved |= hand_on(end, at, &mut self.feed.deliveries[at])?;
        }
        self.pass();
        Ok(moved)
    }

    fn happened(&mut self, happened: Happened, end: &LinkEnd) {
        match happened {
            Happened::Connected(frames, tail) => {
                self.frames = Some(frames);
                self.tail = tail.or(self.tail.take());
                self.under_way.clear();
                self.outboxes.iter_mut().for_each(|outbox| outbox.open_log(WINDOW));
                self.tells_waiting = true;
                (self.tell)(News::Connected(end.place.clone()));
            }
            Happened::Failed(error) => {
                self.outboxes.iter_mut().for_each(Outbox::close);
                if self.frames.take().is_some() {
                    (self.tell)(News::Lost(end.place.clone()));
                } else if std::mem::take(&mut self.tells_waiting) {
                    (self.tell)(News::Waiting(end.place.clone(), error));
                }
            }
            Happened::Stored => {
                if let Some((at, sequence)) = self.under_way.pop_front() {
                    self.outboxes[at].stored(sequence + 1);
                }
            }
            Happened::Written(standing) => (self.written, self.unnoted) = (standing, None),
            Happened::Damaged(has_older) => (self.tell)(News::Damaged(end.place.clone(), has_older)),
        }
    }

    /// From the outboxes to the server, as long as it takes frames.
    fn send(&mut self) -> bool {
        let Some(frames) = &self.frames else { return false };
        let mut moved = false;
        let mut frame = [0; MAX_FRAME];
        for (at, outbox) in self.outboxes.iter_mut().enumerate() {
            while frames.capacity() > 0 {
                let Some(Ok(len)) = outbox.take(self.session, 0, &mut frame) else { break };
                let frame = &frame[..len];
                let Ok(Frame::Data(data)) = Frame::read(frame) else { break };
                self.under_way.push_back((at, data.sequence));
                // There is room, and a server that is gone is heard of.
                let _ = frames.try_send(frame.to_vec());
                moved = true;
            }
        }
        moved
    }

    /// Whether more may come. An edge of which nothing waits may be what the run waits for, however much waits of others.
    fn has_room(&self) -> bool {
        let open =
            || self.feed.deliveries.iter().zip(&self.feed.inboxes).filter(|(_, inbox)| !inbox.is_over());
        open().any(|(delivery, _)| delivery.is_empty()) || !open().any(|(delivery, _)| delivery.is_full())
    }

    /// Takes a message in.
    fn take(&mut self, message: &Message, end: &LinkEnd) {
        if let Some(standing) = &message.standing {
            self.begin(standing.clone());
        }
        self.meet(message);
        self.speak(message);
        if self.feed.take(&message.frame) == Frames::Restarted {
            (self.tell)(News::Restarted(end.place.clone()));
        }
        if let Some(place) = self.feed.place(message.sequence) {
            let (deliveries, warm_up) = (&self.feed.deliveries, &self.warm_up);
            let counts = deliveries.iter().map(|delivery| delivery.counts().1).collect();
            let moment = deliveries.iter().map(Delivery::reached).fold((0, 1), later);
            let cycle = warm_up.as_ref().map_or(1, WarmUp::cycle);
            let is_whole = deliveries.first().is_none_or(|first| first.unbroken().is_multiple_of(cycle));
            self.passing.push_back(Passing { stood: Stood { place, moment, is_whole }, counts });
        }
    }

    /// Notes how far the run has come.
    fn pass(&mut self) {
        let mut passed = false;
        let deliveries = &self.feed.deliveries;
        let is_done = |passing: &mut Passing| {
            passing.counts.iter().zip(deliveries).all(|(count, delivery)| delivery.counts().0 >= *count)
        };
        while let Some(Passing { stood, .. }) = self.passing.pop_front_if(is_done) {
            self.last.clone_from(&stood.place);
            self.standings.pass(stood);
            passed = true;
        }
        if passed {
            self.bus.write(self.standings.standing().clone());
        }
    }

    /// Goes on where an earlier run had come to.
    fn begin(&mut self, standing: Standing) {
        self.last.clone_from(&standing.from);
        self.standings.begin(standing.clone());
        self.written.clone_from(&standing);
        if self.warm_up.is_some() {
            self.feed.go_over(standing.from.clone());
            self.begins = Some(standing);
        } else {
            self.feed.begin(standing.from);
        }
    }

    /// Leaves a note with the first message of all, before anything comes of it: whoever starts again goes on in this run's
    /// stream, however soon this one is killed.
    fn meet(&mut self, message: &Message) {
        let Some(warm_up) = &self.warm_up else { return };
        if let Ok(Frame::Data(data)) = Frame::read(&message.frame)
            && self.standings.meet(data.session)
        {
            self.unnoted = Some(warm_up.unnoted());
            self.bus.write(self.standings.standing().clone());
        }
    }

    /// Lets what comes of messages be heard, from the first one on that the last run was not certainly done with.
    fn speak(&mut self, message: &Message) {
        let (Some(warm_up), Some(standing)) = (&self.warm_up, &self.begins) else { return };
        if let Ok(Frame::Data(data)) = Frame::read(&message.frame)
            && data.session == standing.from.session
        {
            warm_up.go_on();
        }
        if message.sequence > standing.done {
            let reached = self.feed.deliveries.iter().map(Delivery::reached).fold((0, 1), later);
            warm_up.speak(reached, reached);
            self.begins = None;
        }
    }

    /// From the run to the outboxes, as long as these have room.
    fn fill(&mut self, end: &mut LinkEnd) -> bool {
        if !self.has_joined {
            // Whether an earlier run's stream goes on is known when there is something to send.
            let is_noted = self.warm_up.as_ref().is_none_or(WarmUp::is_noted);
            if self.frames.is_none() || !is_noted || !end.outgoing.iter().any(|outgoing| outgoing.has_some())
            {
                return false;
            }
            self.join();
        }
        let mut moved = false;
        for (at, (outgoing, outbox)) in end.outgoing.iter_mut().zip(&mut self.outboxes).enumerate() {
            let (warm_up, clock) = (self.warm_up.as_ref(), outgoing.edge.port.clock);
            let stored = self.tail.as_ref().and_then(|tail| tail.edges.get(at));
            moved |= fill(outgoing, outbox, |arrival| {
                let is_stored = stored.is_some_and(|tail| {
                    tail.is_over || tail.time.is_some_and(|time| arrival.stamp.time <= time)
                });
                is_stored || warm_up.is_some_and(|warm_up| warm_up.is_quiet(arrival.stamp.tick, clock))
            });
        }
        if let Some(warm_up) = &self.warm_up {
            let clocks = end.outgoing.iter().map(|outgoing| outgoing.edge.port.clock);
            warm_up.hold(&end.place, self.outboxes.iter().zip(clocks));
        }
        moved
    }

    /// Goes on in the stream that an earlier run of this place has sent, if this one goes on in what that read.
    fn join(&mut self) {
        self.has_joined = true;
        self.tail = self.tail.take().filter(|_| self.warm_up.as_ref().is_some_and(WarmUp::is_again));
        let Some(tail) = &self.tail else { return };
        self.session = tail.session;
        for (outbox, tail) in self.outboxes.iter_mut().zip(&tail.edges) {
            outbox.go_on(tail.next, tail.blocks, tail.lost);
            outbox.open_log(WINDOW);
        }
    }

    /// Whether nothing remains to be carried.
    fn is_done(&self, end: &LinkEnd) -> bool {
        let all_out = self.outboxes.iter().all(Outbox::is_done);
        let all_in = end.is_stopped() || self.feed.inboxes.iter().all(Inbox::is_over);
        all_out && all_in && self.feed.deliveries.iter().all(Delivery::is_empty)
    }
}
