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
use super::place::Place;
use crate::carry::News;
use crate::delivery::Delivery;
use crate::moving::{WINDOW, fill, hand_on, outbox, session};
use crate::server::Server;

/// How long an end that has all waits for the server to write that down.
const FAREWELL: Duration = Duration::from_secs(2);

/// Carries a link over a server that stores its blocks, until it is over, and tells what happens to it.
pub(crate) fn carry(mut end: LinkEnd, link: &LinkPlan, server: &Server, tell: impl FnMut(News)) {
    let (here, there) = (&link.here, &link.place);
    let direction = |from: &str, to: &str| Direction::new(link.pipeline, from, to);
    let streams = Streams {
        goes: (!end.outgoing.is_empty()).then(|| direction(here, there)),
        comes: (!end.incoming.is_empty()).then(|| direction(there, here)),
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
        place: Place::default(),
        written: Place::default(),
        passing: VecDeque::new(),
        tells_waiting: true,
        tell,
    };
    streamed.run(&mut end);
}

/// A message of which something waits for the run: done with when the run has taken so much of each edge.
struct Passing {
    place: Place,
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
    /// How far this end has come, and how much of that is written down.
    place: Place,
    written: Place,
    passing: VecDeque<Passing>,
    tells_waiting: bool,
    tell: F,
}

impl<F: FnMut(News)> Streamed<F> {
    fn run(mut self, end: &mut LinkEnd) {
        let mut done: Option<Instant> = None;
        loop {
            let moved = match self.step(end) {
                Ok(moved) => moved,
                Err(fault) => return end.fail(fault),
            };
            if moved {
                continue;
            }
            if self.is_done(end) {
                let since = *done.get_or_insert_with(Instant::now);
                if self.written == self.place || since.elapsed() > FAREWELL {
                    return;
                }
            }
            let longest = Duration::from_millis(if done.is_some() { 20 } else { 200 });
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
        for (outgoing, outbox) in end.outgoing.iter_mut().zip(&mut self.outboxes) {
            moved |= fill(outgoing, outbox);
        }
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
            Happened::Connected(frames) => {
                self.frames = Some(frames);
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
            Happened::Written(place) => self.written = place,
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
        if let Some(place) = &message.place {
            (self.place, self.written) = (place.clone(), place.clone());
            self.feed.begin(place.clone());
        }
        if self.feed.take(&message.frame) == Frames::Restarted {
            (self.tell)(News::Restarted(end.place.clone()));
        }
        if let Some(place) = self.feed.place(message.sequence) {
            let counts = self.feed.deliveries.iter().map(|delivery| delivery.counts().1).collect();
            self.passing.push_back(Passing { place, counts });
        }
    }

    /// Notes how far the run has come.
    fn pass(&mut self) {
        let mut passed = false;
        let deliveries = &self.feed.deliveries;
        let is_done = |passing: &mut Passing| {
            passing.counts.iter().zip(deliveries).all(|(count, delivery)| delivery.counts().0 >= *count)
        };
        while let Some(passing) = self.passing.pop_front_if(is_done) {
            self.place = passing.place;
            passed = true;
        }
        if passed {
            self.bus.write(self.place.clone());
        }
    }

    /// Whether nothing remains to be carried.
    fn is_done(&self, end: &LinkEnd) -> bool {
        let all_out = self.outboxes.iter().all(Outbox::is_done);
        let all_in = end.is_stopped() || self.feed.inboxes.iter().all(Inbox::is_over);
        all_out && all_in && self.feed.deliveries.iter().all(Delivery::is_empty)
    }
}
