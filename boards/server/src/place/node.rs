//! One node's session.

use std::collections::VecDeque;

use kws::{Output, Session};
use kws_carrier::stream::{Fed, Feed, Frames, Place};

use super::part::Part;

/// One node's session, and how far its stream has come.
pub(super) struct Node {
    feed: Feed,
    session: Session,
    /// Places at which a session could begin, with their ticks, the oldest first: the one before the warm-up, and those since.
    begins: VecDeque<(u64, Place)>,
    /// Blocks of the first edge since a beginning or a gap.
    blocks: u64,
    /// Nothing has come yet.
    is_fresh: bool,
    /// The last message that is not for it, and whether its stream was over by then.
    after: u64,
    was_over: bool,
}

/// From where a node's stream is to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) place: Place,
    /// Whether it is over, so that nothing of it need be read.
    pub(super) is_over: bool,
}

impl Node {
    /// A node whose stream begins.
    pub(super) fn new(part: &Part) -> Result<Self, String> {
        Node::at(part, Standing { place: Place::default(), is_over: false })
    }

    /// A node whose stream is read on from where it stands.
    pub(super) fn at(part: &Part, Standing { place, is_over }: Standing) -> Result<Self, String> {
        Ok(Node {
            after: place.sequence,
            was_over: is_over,
            feed: Feed::new(part.edges.iter(), place.clone()),
            session: session(part)?,
            begins: VecDeque::from([(0, place)]),
            blocks: 0,
            is_fresh: true,
        })
    }

    /// Takes the message of this number in the stream, and tells the lines of the detections that come of it.
    pub(super) fn take(
        &mut self,
        part: &Part,
        name: &str,
        sequence: u64,
        frame: &[u8],
        tell: &mut impl FnMut(String),
    ) -> Result<(), String> {
        if sequence <= self.after {
            return Ok(());
        }
        if self.feed.is_another(frame) && (self.was_over || self.feed.is_over()) {
            *self = Node::new(part)?;
        }
        if self.feed.take(frame) == Frames::Restarted {
            log::warn!("`{name}` has started again; what it had not sent is a gap");
        }
        loop {
            let mut moved = false;
            for edge in 0..part.edges.len() {
                moved |= self.hand_on(part, name, edge, tell);
            }
            if !moved {
                break;
            }
        }
        self.note(part, sequence);
        Ok(())
    }

    /// Hands the next of an edge to the session. Whether there was anything that it took.
    fn hand_on(&mut self, part: &Part, name: &str, edge: usize, tell: &mut impl FnMut(String)) -> bool {
        let source = &part.sources[edge];
        let is_shown = |output: &Output<'_>| {
            part.shown.iter().any(|(stage, reader)| output.stage == stage && output.reader == reader)
        };
        let mut see = |output: Output<'_>| {
            if is_shown(&output) {
                output.detections().for_each(|detection| tell(detection.json().to_string()));
            }
        };
        let (session, is_fresh) = (&mut self.session, self.is_fresh);
        let taken = self.feed.next(edge, |fed| match fed {
            Fed::Arrival(arrival, bytes) => {
                let mut arrival = *arrival;
                if is_fresh {
                    // What was before it was another session's.
                    (arrival.lost, arrival.dropped) = (0, 0);
                }
                session.arrive(source, &arrival, bytes, &mut see)
            }
            Fed::Over(_) => session.end(source, &mut see).map(|()| true),
        });
        match taken {
            Ok(None) => false,
            Ok(Some(Fed::Arrival(arrival, _))) => {
                let has_gap = !std::mem::take(&mut self.is_fresh) && arrival.lost > 0;
                if arrival.dropped > 0 && has_gap {
                    log::warn!("`{name}`: {} blocks of `{source}` are lost", arrival.dropped);
                }
                if edge == 0 {
                    self.blocks = if has_gap { 0 } else { self.blocks } + u64::from(arrival.block);
                }
                true
            }
            Ok(Some(Fed::Over(_))) => true,
            Err(error) => {
                log::error!("`{name}`: {error}; its session starts over");
                self.session.reset();
                true
            }
        }
    }

    /// Notes where a session could begin after this message.
    fn note(&mut self, part: &Part, sequence: u64) {
        if !self.blocks.is_multiple_of(part.cycle) && !self.feed.is_over() {
            return;
        }
        let Some(place) = self.feed.place(sequence) else { return };
        let tick = self.feed.reached(0);
        if self.begins.back().is_some_and(|(last, _)| *last == tick) {
            self.begins.pop_back();
        }
        self.begins.push_back((tick, place));
        let is_past = |begin: &(u64, Place)| begin.0 + part.warm_up <= tick;
        while self.begins.get(1).is_some_and(is_past) {
            self.begins.pop_front();
        }
    }

    /// From where its stream is to be read so that a session is warm when it reaches what comes next.
    pub(super) fn standing(&self) -> Option<Standing> {
        let is_over = self.was_over && self.is_fresh || self.feed.is_over();
        let begin = if is_over { self.begins.back() } else { self.begins.front() };
        Some(Standing { place: begin?.1.clone(), is_over })
    }
}

fn session(part: &Part) -> Result<Session, String> {
    let mut session = part.plan.session().map_err(|fault| fault.to_string())?;
    for (stage, _) in part.shown.iter().filter(|_| part.taps) {
        session.tap(stage).map_err(|error| error.to_string())?;
    }
    Ok(session)
}
