//! Rings and wakers under a model checker, which walks through every order in which two threads may meet:
//! `RUSTFLAGS="--cfg loom" cargo test -p kws-engine --lib --release run::model`

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(loom)]
use loom::thread;
#[cfg(not(loom))]
use std::thread;

use crate::buffer::Buffer;
use crate::file::Policy;
use crate::lane::ring::{Arrival, Lend, Receiver, Sender, ring};
use crate::lane::time::Stamp;
use crate::lane::wake::Waker;

/// Walks through all orders. Nobody joins the other thread: the checker waits for both by itself, and has a waking
/// meant for a parked thread disturb one that joins.
#[cfg(loom)]
fn model(run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}

/// Without the checker, whatever orders a few runs bring; under Miri these look for undefined behaviour:
/// `cargo +nightly miri test -p kws-engine --lib run::`
#[cfg(not(loom))]
fn model(run: impl Fn() + Sync + Send + 'static) {
    (0..if cfg!(miri) { 3 } else { 200 }).for_each(|_| run());
}

/// A ring of bytes and the wakers of its two ends.
fn bytes(depth: usize, policy: Policy) -> (Sender, Receiver, Arc<Waker>, Arc<Waker>) {
    let (before, after) = (Arc::new(Waker::default()), Arc::new(Waker::default()));
    let template = Buffer::U8(Box::new([0]));
    let (sender, receiver) = ring(depth, &template, policy, before.clone(), after.clone());
    (sender, receiver, before, after)
}

fn send(sender: &mut Sender, number: u8) -> bool {
    let mut block = Buffer::U8(Box::new([number]));
    sender.send(Stamp::only(number.into(), 1), 0, true, Lend::Swap(&mut block)).is_ok()
}

/// Waits as a lane does: parks until it is so, and looks once more between the announcement and the sleep.
fn wait_until(waker: &Waker, mut so: impl FnMut() -> bool) {
    while !so() {
        waker.announce();
        if so() {
            waker.retract();
        } else {
            waker.park(None);
        }
    }
}

/// Sends as a lane with [`Policy::Block`] does: parks while there is no room.
fn send_waiting(sender: &mut Sender, waker: &Waker, number: u8) {
    wait_until(waker, || sender.ready());
    assert!(send(sender, number));
}

/// Receives as a lane does: parks while there is nothing. `None` at the end, with what was lost there.
fn receive_waiting(receiver: &mut Receiver, waker: &Waker) -> Result<(Arrival, u8), u64> {
    let mut buffer = Buffer::U8(Box::new([0]));
    let mut look = |receiver: &mut Receiver| {
        let closed = receiver.closed();
        match receiver.receive(&mut buffer) {
            Some(arrival) => Some(Ok((arrival, number(&buffer)))),
            None => closed.then(|| Err(receiver.dropped_at_end())),
        }
    };
    loop {
        if let Some(found) = look(receiver) {
            return found;
        }
        receiver.settle();
        waker.announce();
        if let Some(found) = look(receiver) {
            waker.retract();
            return found;
        }
        waker.park(None);
    }
}

fn number(buffer: &Buffer) -> u8 {
    if let Buffer::U8(items) = buffer { items[0] } else { unreachable!("the ring carries bytes") }
}

/// Everything until the end: the numbers that came, and how many were lost in all.
fn drain(receiver: &mut Receiver, waker: &Waker) -> (Vec<u8>, u64) {
    let (mut numbers, mut lost) = (Vec::new(), 0);
    loop {
        match receive_waiting(receiver, waker) {
            Ok((arrival, number)) => {
                assert_eq!(arrival.stamp.tick, u64::from(number), "stamp and block belong together");
                lost += arrival.dropped;
                numbers.push(number);
            }
            Err(at_end) => return (numbers, lost + at_end),
        }
    }
}

#[test]
fn blocks_are_handed_over_and_boxes_returned() {
    model(|| {
        let (mut sender, mut receiver, before, after) = bytes(1, Policy::Block);
        thread::spawn(move || {
            before.adopt();
            for number in 1..=3 {
                send_waiting(&mut sender, &before, number);
            }
        });
        after.adopt();
        assert_eq!(drain(&mut receiver, &after), (vec![1, 2, 3], 0));
    });
}

#[test]
fn a_deeper_ring_tells_of_room_now_and_then() {
    model(|| {
        let (mut sender, mut receiver, before, after) = bytes(3, Policy::Block);
        thread::spawn(move || {
            before.adopt();
            for number in 1..=4 {
                send_waiting(&mut sender, &before, number);
            }
        });
        after.adopt();
        assert_eq!(drain(&mut receiver, &after), (vec![1, 2, 3, 4], 0));
    });
}

#[test]
fn a_receiver_that_leaves_wakes_the_sender() {
    model(|| {
        let (mut sender, mut receiver, before, after) = bytes(1, Policy::Block);
        thread::spawn(move || {
            before.adopt();
            for number in 1..=3 {
                send_waiting(&mut sender, &before, number);
            }
            assert!(sender.is_closed() || sender.ready());
        });
        after.adopt();
        assert!(receive_waiting(&mut receiver, &after).is_ok());
        drop(receiver);
    });
}

#[test]
fn a_sender_that_leaves_wakes_the_receiver() {
    model(|| {
        let (mut sender, mut receiver, _, after) = bytes(2, Policy::Block);
        thread::spawn(move || {
            assert!(send(&mut sender, 1));
            drop(sender);
        });
        after.adopt();
        assert_eq!(drain(&mut receiver, &after), (vec![1], 0));
    });
}

#[test]
fn drop_newest_loses_only_what_it_counts() {
    model(|| {
        let (mut sender, mut receiver, _, after) = bytes(1, Policy::DropNewest);
        thread::spawn(move || (1..=3).for_each(|number| assert!(send(&mut sender, number))));
        after.adopt();
        let (numbers, lost) = drain(&mut receiver, &after);
        assert_eq!(numbers[0], 1, "the first finds room");
        assert!(numbers.is_sorted());
        assert_eq!(numbers.len() as u64 + lost, 3);
    });
}

#[test]
fn drop_oldest_keeps_the_newest_and_counts_the_rest() {
    model(|| {
        let (mut sender, mut receiver, before, after) = bytes(1, Policy::DropOldest);
        thread::spawn(move || {
            before.adopt();
            (1..=3).for_each(|number| assert!(send(&mut sender, number)));
            // As a stage that has ended: it waits until what it kept has found room.
            wait_until(&before, || sender.flushed());
        });
        after.adopt();
        let (numbers, lost) = drain(&mut receiver, &after);
        assert_eq!(numbers.last(), Some(&3), "the newest arrives");
        assert!(numbers.is_sorted());
        assert_eq!(numbers.len() as u64 + lost, 3);
    });
}

#[test]
fn fail_says_so() {
    model(|| {
        let (mut sender, mut receiver, _, after) = bytes(1, Policy::Fail);
        let sent = Arc::new(AtomicU64::new(0));
        let counted = sent.clone();
        thread::spawn(move || {
            let found_room = (1..=2).filter(|&number| send(&mut sender, number)).count();
            counted.store(found_room as u64, Ordering::Relaxed);
        });
        after.adopt();
        let (numbers, lost) = drain(&mut receiver, &after);
        let sent = sent.load(Ordering::Relaxed);
        assert_eq!((numbers.len() as u64, lost), (sent, 2 - sent));
    });
}

#[test]
fn progress_that_is_owed_arrives() {
    model(|| {
        let (mut sender, mut receiver, before, after) = bytes(1, Policy::DropNewest);
        sender.owe_progress();
        thread::spawn(move || {
            before.adopt();
            (1..=2).for_each(|number| assert!(send(&mut sender, number)));
            wait_until(&before, || sender.settled());
        });
        after.adopt();
        let mut known = Stamp::START.known;
        while let Ok((arrival, _)) = receive_waiting(&mut receiver, &after) {
            known = arrival.stamp.known;
        }
        assert_eq!(known, Stamp::only(2, 1).known);
    });
}

/// Two lanes and the ring between them: a source that sends two blocks, then has nothing to say for a while and ends,
/// and a sink.
mod lanes {
    use std::path::PathBuf;
    use std::sync::{Mutex, OnceLock};

    use super::*;
    use crate::Block;
    use crate::design::{Cost, Design, Simple};
    use crate::item::Element;
    use crate::lane::assembly::Assembly;
    use crate::lane::driver::Driver;
    use crate::lane::intake::Intake;
    use crate::lane::sweep::Lane;
    use crate::node::{Node, node};
    use crate::plan::{Edge, Plan, PlannedStage, RingPlan};
    use crate::port::{Port, Role};
    use crate::stage::{Flow, Stage, StageFault};

    /// Blocks, and then turns without one.
    struct Source(u8);

    impl Stage for Source {
        type In = ();
        type Out = u8;
        fn process(&mut self, (): (), output: &mut [u8]) -> Result<Flow, StageFault> {
            self.0 += 1;
            output[0] = self.0;
            Ok(match self.0 {
                1 | 2 => Flow::Emit,
                3 => Flow::Skip,
                _ => Flow::End,
            })
        }
    }

    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Stage for Sink {
        type In = u8;
        type Out = ();
        fn process(&mut self, block: Block<'_, u8>, (): ()) -> Result<Flow, StageFault> {
            self.0.lock().unwrap_or_else(|broken| broken.into_inner()).push(block[0]);
            Ok(Flow::Skip)
        }
    }

    /// What a lane's ring lost, and whether a stage failed.
    #[derive(Default)]
    struct Noted {
        dropped: u64,
        failed: bool,
    }

    impl Driver for Noted {
        fn gap(&mut self, _: &str, _: u64, _: u64) {}
        fn dropped(&mut self, _: &Intake, blocks: u64, _: u64) {
            self.dropped += blocks;
        }
        fn fault(&mut self, _: &str, _: StageFault) {
            self.failed = true;
        }
    }

    fn plan(on_full: Policy) -> Plan {
        let stage = |name: &str, lane: usize, output: Option<Port>| {
            let design: Box<dyn Design> =
                Simple::boxed(output.clone(), Cost::default(), || Err(StageFault::new("not built")));
            let (name, kind, params) = (name.to_owned(), name.to_owned(), serde_json::Value::Null);
            PlannedStage {
                name,
                kind,
                params,
                lane,
                place: 0,
                output,
                cost: Cost::default(),
                on_fault: Default::default(),
                live: false,
                effect: crate::facts::Effect::None,
                files: Vec::new(),
                design: design.into(),
            }
        };
        let port = Port::source(Element::U8, vec![1], Role::SAMPLES, 1, 1);
        Plan {
            name: String::new(),
            dir: PathBuf::new(),
            stages: vec![stage("source", 0, Some(port)), stage("sink", 1, None)],
            edges: vec![Edge { from: 0, to: 1, input: 0, ring: Some(RingPlan { on_full, depth: 1 }) }],
            lanes: vec!["a".to_owned(), "b".to_owned()],
            notices: Vec::new(),
            noticed: Vec::new(),
            places: Vec::new(),
            cuts: Vec::new(),
            links: Vec::new(),
            knobs: Vec::new(),
            facts: OnceLock::new(),
        }
    }

    /// Runs as a thread does: sweeps, and parks when nothing moves.
    fn run(mut lane: Lane<Noted>, waker: &Waker) -> Noted {
        waker.adopt();
        while !lane.finished() {
            if lane.sweep() {
                continue;
            }
            lane.settle();
            waker.announce();
            if lane.sweep() || lane.finished() {
                waker.retract();
            } else {
                waker.park(None);
            }
        }
        lane.driver
    }

    #[test]
    fn an_idle_source_and_every_policy_end_and_add_up() {
        for policy in [Policy::Block, Policy::DropNewest, Policy::DropOldest, Policy::Fail] {
            model(move || {
                let wakers = vec![Arc::new(Waker::default()), Arc::new(Waker::default())];
                let seen = Arc::new(Mutex::new(Vec::new()));
                let nodes: Vec<Box<dyn Node>> = vec![node(Source(0)), node(Sink(seen.clone()))];
                let plan = plan(policy);
                let assembly = Assembly { plan: &plan, lanes: vec![0, 1], wakers: wakers.clone() };
                let mut parts =
                    assembly.lanes(nodes).0.into_iter().map(|parts| Lane::new(parts, Noted::default()));
                let (Some(first), Some(second)) = (parts.next(), parts.next()) else { unreachable!() };
                let waker = wakers[0].clone();
                thread::spawn(move || {
                    let failed = run(first, &waker).failed;
                    assert!(!failed || policy == Policy::Fail, "{policy:?}");
                });
                let Noted { dropped, .. } = run(second, &wakers[1]);
                let seen = seen.lock().unwrap_or_else(|broken| broken.into_inner());
                let sum = seen.len() as u64 + dropped;
                match policy {
                    Policy::Block => assert_eq!((&seen[..], dropped), (&[1, 2][..], 0)),
                    Policy::DropNewest => assert!(seen[0] == 1 && sum == 2, "{seen:?} {dropped}"),
                    Policy::DropOldest => assert!(seen.last() == Some(&2) && sum == 2, "{seen:?} {dropped}"),
                    Policy::Fail => assert!(seen[0] == 1 && sum == 2, "{seen:?} {dropped}"),
                }
            });
        }
    }
}
