//! What comes of one node's stream, in its order, each part once.

use std::collections::VecDeque;

use kws_engine::LinkEdge;
use kws_engine::run::Arrival;
use kws_link::{Frame, Inbox};

use super::place::Place;
use crate::delivery::{Delivery, Item, later};
use crate::moving::inbox;

/// Sessions of which something may still be on its way.
const KNOWN: usize = 8;

/// What comes of one node's stream, in its order, each part once.
pub struct Feed {
    pub(super) inboxes: Vec<Inbox>,
    pub(super) deliveries: Vec<Delivery>,
    /// Sessions of the sender, the latest first.
    peers: VecDeque<u32>,
    /// Where it goes on, before the first frame.
    begins: Place,
    /// Whether it was read from there on before, so that nothing is missing there.
    goes_over: bool,
}

/// What a frame was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// A part of the stream, or one that is known already.
    Part,
    /// The first of a sender that started again: what the one before had not sent is lost.
    Restarted,
    /// None of the stream's.
    None,
}

/// What comes of an edge.
#[derive(Debug)]
pub enum Fed {
    /// A block, as bytes, or mere progress.
    Arrival(Arrival, Vec<u8>),
    /// The edge is over; so many blocks are missing at its end.
    Over(u64),
}

impl Feed {
    /// What comes by these edges, from a place on.
    pub fn new<'a>(edges: impl Iterator<Item = &'a LinkEdge> + Clone, place: Place) -> Self {
        Feed {
            inboxes: edges.clone().map(inbox).collect(),
            deliveries: edges.map(|edge| Delivery::new(&edge.port)).collect(),
            peers: VecDeque::new(),
            begins: place,
            goes_over: false,
        }
    }

    /// Goes on from a place, before the first frame.
    pub(super) fn begin(&mut self, place: Place) {
        self.begins = place;
    }

    /// Goes over what comes from a place on again, as far as that is still stored.
    pub(super) fn go_over(&mut self, place: Place) {
        (self.begins, self.goes_over) = (place, true);
    }

    /// The session of the sender; 0 before the first frame.
    pub(super) fn session(&self) -> u32 {
        self.peers.front().copied().unwrap_or(0)
    }

    /// Takes a frame.
    pub fn take(&mut self, frame: &[u8]) -> Frames {
        let Ok(Frame::Data(data)) = Frame::read(frame) else { return Frames::None };
        let mut said = Frames::Part;
        if self.peers.front() != Some(&data.session) {
            if self.peers.contains(&data.session) {
                return Frames::None;
            }
            if self.meet(data.session) {
                said = Frames::Restarted;
            }
        }
        let Some(at) = self.inboxes.iter().position(|inbox| inbox.edge() == data.edge) else {
            return Frames::None;
        };
        let from = self.begins.next(data.edge);
        if self.goes_over && data.session == self.begins.session && from > 0 && data.sequence == from {
            self.deliveries[at].again();
        }
        if let Some(part) = self.inboxes[at].take(&data) {
            self.deliveries[at].take(part);
        }
        said
    }

    /// The frames that come are of another session than those before. Whether the one before had not ended.
    fn meet(&mut self, session: u32) -> bool {
        let is_first = self.peers.is_empty();
        self.peers.push_front(session);
        self.peers.truncate(KNOWN);
        if is_first && self.begins.session == session {
            // This end has started again within a session.
            for inbox in &mut self.inboxes {
                inbox.begin(session, self.begins.next(inbox.edge()));
            }
            return false;
        }
        let had = self.inboxes.iter_mut().fold(false, |some, inbox| inbox.meet(session) | some);
        if had {
            let reached = self.deliveries.iter().map(Delivery::reached).fold((0, 1), later);
            self.deliveries.iter_mut().for_each(|delivery| delivery.begin_anew(reached));
        }
        had
    }

    /// Where the stream stands after the message of this number, if no block is incomplete there.
    pub fn place(&self, sequence: u64) -> Option<Place> {
        if self.deliveries.iter().any(Delivery::is_within) {
            return None;
        }
        let next = self.inboxes.iter().map(|inbox| (inbox.edge(), inbox.known().next)).collect();
        Some(Place { sequence, session: self.session(), next })
    }

    /// Whether a frame is the first of a session that has not been met.
    pub fn is_another(&self, frame: &[u8]) -> bool {
        let Ok(Frame::Data(data)) = Frame::read(frame) else { return false };
        !self.peers.contains(&data.session) && (!self.peers.is_empty() || data.session != self.begins.session)
    }

    /// The tick up to which the edge of this index has come.
    pub fn reached(&self, edge: usize) -> u64 {
        self.deliveries.get(edge).map_or(0, |delivery| delivery.reached().0)
    }

    /// What comes next of the edge of this index, if `take` takes it.
    pub fn next<E>(
        &mut self,
        edge: usize,
        take: impl FnOnce(&Fed) -> Result<bool, E>,
    ) -> Result<Option<Fed>, E> {
        let Some(item) = self.deliveries[edge].pop() else { return Ok(None) };
        let fed = match item {
            Item::Arrival(arrival, bytes) => Fed::Arrival(arrival, bytes),
            Item::Over(blocks) => Fed::Over(blocks),
        };
        if take(&fed)? {
            return Ok(Some(fed));
        }
        self.deliveries[edge].put_back(match fed {
            Fed::Arrival(arrival, bytes) => Item::Arrival(arrival, bytes),
            Fed::Over(blocks) => Item::Over(blocks),
        });
        Ok(None)
    }

    /// Whether all edges are over, and nothing waits.
    pub fn is_over(&self) -> bool {
        self.inboxes.iter().all(Inbox::is_over) && self.deliveries.iter().all(Delivery::is_empty)
    }
}
