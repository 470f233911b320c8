//! Ends that are killed and go on where they were: a receiver from its bookmark, a sender where its receiver had come to.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod wire;

use kws_link::{
    Bookmark, Inbox, Link, MAX_FRAME, MAX_WRAPPED, Mark, Outbox, Part, Received, Timing, Unwrapped,
    Unwrapper, Wrapper,
};
use wire::{Harm, Random, Wire};

const PIPELINE: u64 = 77;
const PERIOD: u64 = 160;
const CLOCK: u32 = 16_000;
const WINDOW: u64 = 8;
/// Bytes of a block: several parts.
const BLOCK: usize = 2500;

/// The bytes of a block.
fn content(number: u64) -> impl Iterator<Item = u8> {
    let mut random = Random::new(number);
    (0..BLOCK).map(move |_| random.bits() as u8)
}

/// What a test lets happen.
struct Story {
    harm: Harm,
    /// Of a thousand steps how many start the sender and the receiver again.
    restarts: [u64; 2],
    /// Blocks that the sender's outbox holds, and how many of them are not yet acknowledged at most.
    capacity: usize,
    blocks: u64,
}

/// What came of it.
#[derive(Debug, Default)]
struct Outcome {
    /// Blocks that came to some receiver, by their numbers.
    came: Vec<bool>,
    /// Blocks that receivers counted as lost.
    lost: u64,
    /// Receivers that went on from a bookmark, and those that found none.
    resumed: u64,
    begun: u64,
    /// Senders that went on, and those whose receiver saw another stream begin.
    went_on: u64,
    restarted: u64,
}

/// The receiver's side of the program.
#[derive(Default)]
struct Got {
    /// Blocks of the stream up to here.
    seen: u64,
    mark: Option<Mark>,
    block: Vec<u8>,
    over: bool,
    /// Where the stream stood behind each block: the next part, and blocks up to there.
    places: Vec<(u64, u64)>,
}

impl Got {
    fn take(&mut self, part: Part<'_>, next: u64, outcome: &mut Outcome) {
        match part {
            Part::Block { begins, at, bytes, completes } => {
                if let Some(mark) = begins {
                    self.block.clear();
                    self.mark = Some(mark);
                }
                assert_eq!(at, self.block.len(), "bytes follow each other");
                self.block.extend(bytes);
                if completes {
                    let mark = self.mark.take().expect("a block begins before it is complete");
                    let number = mark.tick / PERIOD;
                    let missing = mark.blocks;
                    assert_eq!(number, self.seen + missing + 1, "what is missing is counted");
                    assert!(self.block.iter().copied().eq(content(number)), "its bytes");
                    outcome.lost += missing;
                    outcome.came[number as usize - 1] = true;
                    self.seen = number;
                    self.places.push((next, number));
                }
            }
            Part::Over { blocks, .. } => {
                outcome.lost += blocks;
                self.over = true;
            }
        }
    }
}

type OwnLink = Link<'static, Vec<u8>>;

fn sender(session: u32, story: &Story) -> OwnLink {
    let outbox = Outbox::new(3, BLOCK as u32, vec![0; Outbox::room_for(story.capacity, BLOCK)]);
    // As in firmware, where an end is there for ever.
    Link::new(PIPELINE, session, Timing::DEFAULT, Box::leak(Box::new([outbox])), &mut [])
}

fn receiver(session: u32) -> OwnLink {
    let inbox = Inbox::new(3, BLOCK as u32, WINDOW);
    let mut link = Link::new(PIPELINE, session, Timing::DEFAULT, &mut [], Box::leak(Box::new([inbox])));
    link.go_over();
    link
}

/// Runs a story until the receiver has the end.
fn tell(story: &Story, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut outcome = Outcome { came: vec![false; story.blocks as usize], ..Outcome::default() };
    let (mut a, mut b) = (sender(1, story), receiver(2));
    let (mut sent, mut over, mut got) = (0, false, Got::default());
    let mut sessions = 2;
    let mut unwrappers: [Box<Unwrapper<MAX_WRAPPED>>; 2] = Default::default();
    let mut wires = [Wire::default(), Wire::default()];
    let mut now = 0;
    let (mut frame, mut wrapped) = ([0; MAX_FRAME], [0; MAX_WRAPPED]);
    let (mut tail, mut marked, mut again) = (None, 0, None::<(u64, u64)>);
    [&mut a, &mut b].into_iter().for_each(|link| link.open(now));
    loop {
        now += random.below(20);
        assert!(now < 40_000_000, "seed {seed}: it never ends");
        let calm = over && a.has_sent_all();
        if a.is_waiting_to_go_on()
            && a.is_connected()
            && let Some(kws_link::Tail { session, next, blocks, lost, last, .. }) = tail
        {
            if session == 0 {
                a.begin(now);
            } else {
                assert_eq!(last.map_or(0, |(tick, _)| tick), blocks * PERIOD);
                a.outbox(3).unwrap().go_on(next, blocks, lost);
                a.go_on(session, now);
                outcome.went_on += 1;
                sent = blocks;
            }
        }
        if !a.is_waiting_to_go_on() && random.below(4) == 0 && !over {
            let outbox = a.outbox(3).unwrap();
            if sent == story.blocks {
                over = outbox.end();
            } else if outbox.has_room(BLOCK) {
                sent += 1;
                let mark = Mark { block: true, tick: sent * PERIOD, blocks: 1, lost: 0, order: None };
                outbox.push(mark, BLOCK, content(sent)).unwrap();
            }
        }
        if b.is_connected() && b.peer_session() != marked {
            marked = b.peer_session();
            b.leave_bookmark(Bookmark::new(marked, (0, 1), (0, CLOCK), (0, CLOCK), [(3, 0)]));
        }
        if marked != 0 && !got.places.is_empty() && random.below(20) == 0 {
            let (next, seen) = got.places[random.below(got.places.len() as u64) as usize];
            let done = (seen * PERIOD, CLOCK);
            b.leave_bookmark(Bookmark::new(marked, (0, 1), done, done, [(3, next)]));
        }
        for which in 0..2 {
            let link = [&mut a, &mut b].into_iter().nth(which).unwrap();
            while let Some(len) = link.poll(now, &mut frame) {
                let len = Wrapper::wrap(&frame[..len], &mut wrapped).unwrap();
                wires[which].send(&wrapped[..len], now, &story.harm, calm, &mut random);
            }
            for byte in wires[which].receive(now) {
                let Some(Unwrapped::Frame(frame)) = unwrappers[which].push(byte) else { continue };
                let link = [&mut b, &mut a].into_iter().nth(which).unwrap();
                match link.receive(frame, now).unwrap() {
                    Received::Part { part, .. } => {
                        let next = link.inbox(3).unwrap().known().next;
                        if let Some((_, seen)) = again.take().filter(|(from, _)| from + 1 == next) {
                            got.seen = seen;
                        }
                        got.take(part, next, &mut outcome);
                    }
                    Received::Resumed(bookmark) => {
                        outcome.resumed += 1;
                        // Where that is forgotten, all before what comes is missing.
                        again = Some((bookmark.from(3), bookmark.done.0 / PERIOD));
                    }
                    Received::Begun => outcome.begun += 1,
                    Received::Restarted => outcome.restarted += 1,
                    Received::Tail(known) => tail = Some(known),
                    Received::Nothing | Received::End => {}
                }
            }
        }
        if got.over && calm {
            return outcome;
        }
        let which = random.below(2) as usize;
        // A receiver whose first bookmark was lost begins after a gap, as one without.
        let is_ready = a.has_bookmark() && !a.is_waiting_to_go_on();
        if calm || !is_ready || random.below(1000) >= story.restarts[which] {
            continue;
        }
        sessions += 1;
        wires.iter_mut().for_each(Wire::cut);
        if which == 0 {
            (a, over, tail) = (sender(sessions, story), false, None);
            a.wait_to_go_on();
        } else {
            (b, got, marked) = (receiver(sessions), Got::default(), 0);
        }
        [&mut a, &mut b].into_iter().for_each(|link| link.open(now));
    }
}

const HARM: Harm = Harm { lose: 50, double: 50, delay: 100, flip: 30, garbage: 20 };

#[test]
fn a_receiver_that_starts_again_misses_nothing_that_is_still_held() {
    let story = Story { harm: HARM, restarts: [0, 6], capacity: 60, blocks: 60 };
    let mut resumed = 0;
    for seed in 0..60 {
        let outcome = tell(&story, seed);
        assert!(outcome.came.iter().all(|came| *came), "seed {seed}: {outcome:?}");
        assert_eq!(outcome.lost, 0, "seed {seed}");
        resumed += outcome.resumed;
    }
    assert!(resumed > 60, "receivers never went on: {resumed}");
}

#[test]
fn what_is_forgotten_before_a_receiver_starts_again_is_a_counted_gap() {
    let story = Story { harm: HARM, restarts: [0, 6], capacity: 3, blocks: 60 };
    let mut lost = 0;
    for seed in 0..60 {
        lost += tell(&story, seed).lost;
    }
    assert!(lost > 100, "nothing was ever forgotten: {lost}");
}

#[test]
fn a_sender_that_starts_again_goes_on_unseen() {
    let story = Story { harm: HARM, restarts: [6, 0], capacity: 6, blocks: 60 };
    let mut went_on = 0;
    for seed in 0..60 {
        let outcome = tell(&story, seed);
        assert!(outcome.came.iter().all(|came| *came), "seed {seed}: {outcome:?}");
        assert_eq!((outcome.lost, outcome.restarted), (0, 0), "seed {seed}");
        went_on += outcome.went_on;
    }
    assert!(went_on > 60, "senders never went on: {went_on}");
}
