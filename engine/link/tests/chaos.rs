//! Two ends over a wire that loses, doubles, reorders and changes what passes, and breaks at any moment: what comes out is what
//! went in, each block once, in order and unchanged, and what is missing is counted.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod wire;

use kws_link::{
    Inbox, Link, MAX_FRAME, MAX_WRAPPED, Mark, Outbox, Part, Received, Timing, Unwrapped, Unwrapper, Wrapper,
};
use wire::{Harm, Random, Wire};

const PIPELINE: u64 = 0x1234_5678_9ABC_DEF0;
const PERIOD: u64 = 160;
const WINDOW: u64 = 8;

/// Bytes of a block of each edge: less than a part, and several.
const BLOCKS: [u32; 2] = [40, 3000];

/// The bytes of a block.
fn content(session: u32, edge: u8, number: u64) -> impl Iterator<Item = u8> {
    let mut random = Random::new(u64::from(session) << 32 | u64::from(edge) << 24 | number);
    let len = BLOCKS[usize::from(edge)];
    (0..len).map(move |_| random.bits() as u8)
}

/// What one end has put into an edge: the number of the stream's last block.
#[derive(Default)]
struct Sent {
    blocks: u64,
    over: bool,
}

/// What one end has got of an edge.
#[derive(Default)]
struct Got {
    session: u32,
    /// Blocks of this session that came or are known to be lost.
    seen: u64,
    /// Blocks that came, of all sessions, and that are known to be lost.
    came: u64,
    lost: u64,
    block: Vec<u8>,
    mark: Option<Mark>,
    over: bool,
}

/// A program with one end of a link.
struct End {
    session: u32,
    outboxes: Vec<Outbox<Vec<u8>>>,
    inboxes: Vec<Inbox>,
    sent: Vec<Sent>,
    unwrapper: Box<Unwrapper<MAX_WRAPPED>>,
}

impl End {
    fn new(session: u32, sends: &[u8], gets: &[u8], capacity: usize) -> Self {
        let outbox = |&edge: &u8| {
            let bytes = BLOCKS[usize::from(edge)];
            let room = Outbox::room_for(capacity, bytes as usize);
            Outbox::new(edge, bytes, vec![0; room])
        };
        let inbox = |&edge: &u8| Inbox::new(edge, BLOCKS[usize::from(edge)], WINDOW);
        End {
            session,
            outboxes: sends.iter().map(outbox).collect(),
            inboxes: gets.iter().map(inbox).collect(),
            sent: sends.iter().map(|_| Sent::default()).collect(),
            unwrapper: Box::default(),
        }
    }
}

impl Got {
    /// Takes a part of the session `from`, and holds it against what that has sent.
    fn take(&mut self, edge: u8, part: Part<'_>, from: u32) {
        if self.session != from {
            *self = Got { session: from, came: self.came, lost: self.lost, ..Got::default() };
        }
        assert!(!self.over, "nothing follows the end");
        match part {
            Part::Block { begins, at, bytes, completes } => {
                if let Some(mark) = begins {
                    assert_eq!(at, 0);
                    self.block.clear();
                    self.mark = Some(mark);
                }
                assert_eq!(at, self.block.len(), "bytes follow each other");
                self.block.extend(bytes);
                if completes {
                    let mark = self.mark.take().expect("a block begins before it is complete");
                    self.seen += mark.blocks + 1;
                    self.lost += mark.blocks;
                    self.came += 1;
                    assert_eq!(mark.tick, self.seen * PERIOD, "edge {edge}: the block of this number");
                    assert!(
                        self.block.iter().copied().eq(content(from, edge, self.seen)),
                        "edge {edge}: its bytes"
                    );
                }
            }
            Part::Over { blocks, .. } => {
                self.seen += blocks;
                self.lost += blocks;
                self.over = true;
            }
        }
    }
}

/// What a test lets happen.
struct Story {
    harm: Harm,
    /// Of a thousand steps how many break the connection, and start each end again.
    breaks: u64,
    restarts: [u64; 2],
    /// Blocks that an outbox holds.
    capacity: usize,
    /// Whether an end waits for room, or drops what has none.
    waits: bool,
    blocks: u64,
}

/// Runs a story; what each end got: two edges one way, one back.
fn tell(story: &Story, seed: u64) -> [Vec<Got>; 2] {
    let mut random = Random::new(seed);
    let edges: [&[u8]; 2] = [&[0, 1], &[0]];
    let make = |which: usize, session| End::new(session, edges[which], edges[1 - which], story.capacity);
    let mut sessions = 2;
    let mut ends = [make(0, 1), make(1, 2)];
    let mut got = [vec![Got::default()], vec![Got::default(), Got::default()]];
    let mut wires = [Wire::default(), Wire::default()];
    let mut now = 0;
    // Each end restarts by leaving the inner loop: a link borrows what its end has.
    loop {
        let [a, b] = &mut ends;
        let (sa, sb) = (a.session, b.session);
        let mut links = [
            Link::new(PIPELINE, sa, Timing::DEFAULT, &mut a.outboxes, &mut a.inboxes),
            Link::new(PIPELINE, sb, Timing::DEFAULT, &mut b.outboxes, &mut b.inboxes),
        ];
        let sent = [&mut a.sent, &mut b.sent];
        let unwrappers = [&mut a.unwrapper, &mut b.unwrapper];
        links.iter_mut().for_each(|link| link.open(now));
        let mut restart = None;
        let mut buffers = ([0; MAX_FRAME], [0; MAX_WRAPPED]);
        while restart.is_none() {
            now += random.below(20);
            assert!(now < 40_000_000, "seed {seed}: it never ends");
            let calm = sent.iter().flat_map(|sent| sent.iter()).all(|sent| sent.over);
            for which in 0..2 {
                for (index, &edge) in edges[which].iter().enumerate() {
                    let bytes = BLOCKS[usize::from(edge)] as usize;
                    let (sent, outbox) = (&mut sent[which][index], links[which].outbox(edge).unwrap());
                    if sent.over || random.below(4) > 0 {
                        continue;
                    }
                    if sent.blocks == story.blocks {
                        sent.over = outbox.end();
                    } else if outbox.has_room(bytes) {
                        sent.blocks += 1;
                        let mark =
                            Mark { block: true, tick: sent.blocks * PERIOD, blocks: 1, lost: 0, order: None };
                        outbox.push(mark, bytes, content([sa, sb][which], edge, sent.blocks)).unwrap();
                    } else if !story.waits {
                        sent.blocks += 1;
                        outbox.drop_block(0);
                    }
                }
                while let Some(len) = links[which].poll(now, &mut buffers.0) {
                    let len = Wrapper::wrap(&buffers.0[..len], &mut buffers.1).unwrap();
                    wires[which].send(&buffers.1[..len], now, &story.harm, calm, &mut random);
                }
                let (peer, from) = (1 - which, [sa, sb][which]);
                for byte in wires[which].receive(now) {
                    if let Some(Unwrapped::Frame(frame)) = unwrappers[peer].push(byte)
                        && let Received::Part { edge, part } = links[peer].receive(frame, now).unwrap()
                    {
                        got[peer][usize::from(edge)].take(edge, part, from);
                    }
                }
            }
            if !calm && random.below(1000) < story.breaks {
                wires.iter_mut().for_each(Wire::cut);
                links.iter_mut().for_each(|link| link.open(now));
            }
            let which = random.below(2) as usize;
            if !calm && random.below(1000) < story.restarts[which] {
                restart = Some(which);
            }
            if links.iter().all(Link::is_done) {
                return got;
            }
        }
        if let Some(which) = restart {
            sessions += 1;
            ends[which] = make(which, sessions);
            wires.iter_mut().for_each(Wire::cut);
            // Whoever starts again has nothing of what came before.
            for got in &mut got[which] {
                (got.seen, got.block, got.mark, got.over) = (0, Vec::new(), None, false);
            }
        }
    }
}

#[test]
fn a_good_wire_passes_everything() {
    let harm = Harm::NONE;
    let story = Story { harm, breaks: 0, restarts: [0; 2], capacity: 4, waits: true, blocks: 100 };
    for seed in 0..20 {
        for got in tell(&story, seed).iter().flatten() {
            assert_eq!((got.came, got.lost, got.over), (100, 0, true), "seed {seed}");
        }
    }
}

#[test]
fn loss_doubles_reordering_and_changed_bytes_harm_no_block() {
    let harm = Harm { lose: 50, double: 50, delay: 100, flip: 30, garbage: 20 };
    let story = Story { harm, breaks: 0, restarts: [0; 2], capacity: 6, waits: true, blocks: 100 };
    for seed in 0..60 {
        for got in tell(&story, seed).iter().flatten() {
            assert_eq!((got.came, got.lost, got.over), (100, 0, true), "seed {seed}");
        }
    }
}

#[test]
fn connections_that_break_at_any_moment_lose_nothing_while_the_outbox_waits() {
    let harm = Harm { lose: 20, double: 20, delay: 50, flip: 10, garbage: 10 };
    let story = Story { harm, breaks: 20, restarts: [0; 2], capacity: 6, waits: true, blocks: 100 };
    for seed in 0..60 {
        for got in tell(&story, seed).iter().flatten() {
            assert_eq!((got.came, got.lost, got.over), (100, 0, true), "seed {seed}");
        }
    }
}

#[test]
fn what_the_outbox_cannot_hold_is_a_counted_gap() {
    let harm = Harm { lose: 100, double: 20, delay: 50, flip: 50, garbage: 10 };
    let story = Story { harm, breaks: 20, restarts: [0; 2], capacity: 2, waits: false, blocks: 200 };
    let mut lost = 0;
    for seed in 0..60 {
        for got in tell(&story, seed).iter().flatten() {
            assert_eq!((got.came + got.lost, got.over), (200, true), "seed {seed}");
            lost += got.lost;
        }
    }
    assert!(lost > 1000, "the outboxes never ran over: {lost}");
}

#[test]
fn ends_that_start_again_get_no_wrong_block() {
    let harm = Harm { lose: 20, double: 20, delay: 50, flip: 10, garbage: 10 };
    let story = Story { harm, breaks: 5, restarts: [3, 3], capacity: 6, waits: true, blocks: 60 };
    let mut missing = 0;
    for seed in 0..150 {
        for got in tell(&story, seed).iter().flatten() {
            assert!(got.over, "seed {seed}");
            missing += got.lost;
        }
    }
    assert!(missing > 0, "a receiver that starts again misses what it had");
}
